"""The operator's desk for policies: list, compare, and a draft told through a story on a platform of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.contracts.adapters.policy_files import SHIPPED, read_policies
from tools.policies.__main__ import main
from tools.policies.dry_runs import DryRun, world_with
from tools.scenarios.pack import read_pack
from tools.scenarios.suite import Answer, Caller, Patience, Question, Suite
from tools.scenarios.telling import Outcome, Told

BOOK = read_policies([SHIPPED])
ANY_HIRE = BOOK.of("any_hire")[-1]
STORY = read_pack([Path("scenarios/01-any-hire-hourly-weekly.yaml")]).stories[0]


def draft_file(folder: Path, said: str, instead: str) -> Path:
    """Write a draft of any_hire in which one line says something else."""
    text = (SHIPPED / "any_hire" / "2015-01-01.yaml").read_text(encoding="utf-8")
    assert said in text
    text = text.replace(said, instead)
    file = folder / "any_hire" / "2027-01-01.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_list_and_compare_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "marketplace:2015-01-01  from 2015-01-01" in capsys.readouterr().out
    draft = draft_file(tmp_path, "client_basis_points: 0", "client_basis_points: 250")
    assert main(["compare", "any_hire:2015-01-01", str(draft)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["client_fee_basis_points", "0", "->", "250"]
    assert out[1] == "1 differences between any_hire:2015-01-01 and any_hire:2027-01-01"


@pytest.mark.parametrize("asked", ["any_hire:1999-01-01", "any_hire", "nowhere/any_hire/2027-01-01.yaml"])
def test_what_is_no_version_is_told_in_one_line(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "any_hire:2015-01-01", asked]) == 2
    err = capsys.readouterr().err
    assert err.startswith("policies: ")
    assert len(err.splitlines()) == 1


def test_a_draft_that_is_wrong_is_refused_with_its_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = draft_file(tmp_path, "client_basis_points: 0", "client_basis_points: 2.5")
    assert main(["dry-run", str(draft), "scenarios/01-any-hire-hourly-weekly.yaml"]) == 2
    assert "fees.client_basis_points" in capsys.readouterr().err


class Heard(Suite):
    """A suite that remembers what it was asked."""

    def __init__(self) -> None:
        self.patience, self.questions = Patience.normal(), list[Question]()

    async def ask(
        self, caller: Caller, question: Question, *, key: str | None = None, final: str | None = None
    ) -> Answer:
        self.questions.append(question)
        return Answer(201, {})


async def test_the_draft_is_named_in_the_offers_of_its_profile_alone() -> None:
    suite, draft = Heard(), replace(ANY_HIRE, version="2027-01-01.dry-run")
    world = world_with(draft)(suite, STORY, "run", Caller("op", "operator"), STORY.start)
    for path, body in (("/v1/contracts", {"profile": "any_hire"}), ("/v1/contracts", {"profile": "byo"}),
                       ("/v1/contracts/con_1/accept", None)):
        await world.ask_act(Caller("cli", "client"), Question("contracts", "POST", path, body), "key", None)
    assert [question.body for question in suite.questions] == [
        {"profile": "any_hire", "profile_version": "2027-01-01.dry-run"}, {"profile": "byo"}, None]


def told(step: int, *lines: str) -> Told:
    """One step that found `lines`."""
    return Told(step, step, "2026-03-02 12:00:00Z", f"step {step}", not lines, 0.0, lines)


def test_what_both_tellings_found_is_no_difference() -> None:
    today = Outcome(STORY, "today", [told(0), told(1, "odd before"), told(2)])
    drafted = Outcome(STORY, "draft", [told(0), told(1, "odd before"), told(2, "fee: expected 0, found 25")])
    assert DryRun(today, drafted).differences == [
        "2026-03-02 12:00:00Z  step 2  step 2", "    fee: expected 0, found 25"]


@pytest.mark.real
@pytest.mark.timeout(300)
def test_a_draft_with_another_fee_is_told_through_a_story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLICIES_DIR", "PROFILE_VERSIONS_BY_NAME", "HOLDFAST_RUN_DIR", "HOLDFAST_PORT_OFFSET"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    draft = draft_file(tmp_path, "freelancer_basis_points: 0", "freelancer_basis_points: 500")
    assert main(["dry-run", str(draft), "scenarios/01-any-hire-hourly-weekly.yaml"]) == 0
    out = capsys.readouterr().out
    assert "fee: expected 0.00 USD, found 72.38 USD" in out
