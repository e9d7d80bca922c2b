"""Two people who edit the same contract: whoever says what it has seen is told when that is no longer so."""

from typing import Any

import pytest

from tests.api.in_process import InProcessSuite
from tests.api.seeds import Seeds, sow, usd

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def seeds(suite: InProcessSuite) -> Seeds:
    """Parties and contracts of this module's own."""
    return sow(suite)


def ask(suite: InProcessSuite, seeds: Seeds, who: str, method: str, path: str, tag: str | None, **body: Any) -> Any:
    """Send a change that is meant for the revision that `tag` names."""
    headers = {} if tag is None else {"If-Match": tag}
    return suite.ask("contracts", method, path, seeds.callers[who], json=body, headers=headers)


def tag_of(suite: InProcessSuite, seeds: Seeds, contract: str) -> str:
    """Read the contract; return what names its revision."""
    answer = suite.ask("contracts", "GET", f"/v1/contracts/{seeds.ids[contract]}", seeds.callers["acme"])
    tag = str(answer.headers["etag"])
    assert tag == f'"{answer.json()["revision"]}"'
    return tag


def test_a_change_of_what_was_seen_passes_and_the_next_one_is_told(suite: InProcessSuite, seeds: Seeds) -> None:
    milestone = f"/v1/contracts/{seeds.ids['stages']}/milestones/{seeds.ids['stages.2']}"
    seen = tag_of(suite, seeds, "stages")
    assert ask(suite, seeds, "acme", "PATCH", milestone, seen, amount=usd(70_000)).status_code == 200
    late = ask(suite, seeds, "acme", "PATCH", milestone, seen, amount=usd(90_000))
    assert (late.status_code, late.json()["code"]) == (412, "REVISION_CHANGED")
    assert ask(suite, seeds, "acme", "PATCH", milestone, tag_of(suite, seeds, "stages"), title="b").status_code == 200
    assert ask(suite, seeds, "acme", "PATCH", milestone, None, title="build").status_code == 200
    assert ask(suite, seeds, "acme", "PATCH", milestone, "*", title="build it").status_code == 200


def test_an_offer_is_accepted_as_it_was_read(suite: InProcessSuite, seeds: Seeds) -> None:
    path = f"/v1/contracts/{seeds.ids['offered']}/accept"
    other = ask(suite, seeds, "mia", "POST", path, '"99"')
    assert (other.status_code, other.json()["code"]) == (412, "REVISION_CHANGED")
    assert ask(suite, seeds, "mia", "POST", path, tag_of(suite, seeds, "offered")).status_code == 200


@pytest.mark.parametrize("tag", ["7", 'W/"7"', '"seven"', '"1", "2"', ""])
def test_what_is_no_tag_of_ours_matches_nothing(suite: InProcessSuite, seeds: Seeds, tag: str) -> None:
    answer = ask(suite, seeds, "acme", "PUT", f"/v1/contracts/{seeds.ids['hours']}/weekly_limit", tag,
                 weekly_limit_hours=10)
    assert (answer.status_code, answer.json()["code"]) == (412, "REVISION_CHANGED")


def test_a_stranger_learns_no_revision(suite: InProcessSuite, seeds: Seeds) -> None:
    answer = ask(suite, seeds, "other", "PUT", f"/v1/contracts/{seeds.ids['hours']}/weekly_limit", '"99"',
                 weekly_limit_hours=10)
    assert answer.status_code == 404


@pytest.mark.parametrize(("query", "names"), [
    ("", {"hours", "single", "stages", "offered"}), ("kind=milestones", {"stages"}),
    ("profile=any_hire", {"hours", "single"}), ("profile=any_hire&kind=single", {"single"}),
    ("until=2026-02-23T00:00:00Z", set()), ("from=2026-02-23T00:00:00Z", {"hours", "single", "stages", "offered"}),
    ("status=declined", set()),
])
def test_contracts_are_filtered(suite: InProcessSuite, seeds: Seeds, query: str, names: set[str]) -> None:
    listed = suite.ask("contracts", "GET", f"/v1/contracts?{query}", seeds.callers["mia"]).json()["items"]
    assert {item["id"] for item in listed} == {seeds.ids[name] for name in names}


@pytest.mark.parametrize("query", ["status=happy", "kind=any", "from=yesterday", "from=2026-02-23T00:00:00"])
def test_a_filter_that_says_nothing_is_refused(suite: InProcessSuite, seeds: Seeds, query: str) -> None:
    answer = suite.ask("contracts", "GET", f"/v1/contracts?{query}", seeds.callers["mia"])
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")
