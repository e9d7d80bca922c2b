# ruff: noqa: E501  (story text and tables of faults stay on one line each)
"""The reader refuses every planted fault with its line, and reads everything the language allows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from shared.kernel.money import Money
from tests.scenarios.stories import STORY, planted, story_of, write_story
from tools.scenarios.acts import ASKING
from tools.scenarios.findings import FINDING
from tools.scenarios.language import ACTS, BOOKS, EXPECTATIONS
from tools.scenarios.marks import RefusedFile
from tools.scenarios.pack import read_pack
from tools.scenarios.reading import read_story
from tools.scenarios.stories import PartyRef, Ref

PACK = Path(__file__).parents[2] / "scenarios"
OFFER = 10
FAULTS = [
    # what is planted, where it stands, its line, a part of the message
    ("an unknown key of the story", "rules: [P3]", "rulez: [P3]", 3, "no key 'rulez'"),
    ("a story without a start", "start: 2026-03-02T00:00:00Z\n", "", 1, "needs 'start'"),
    ("a key twice", "title: A small story", "name: other", 2, "'name' stands there twice"),
    ("a naive start", "start: 2026-03-02T00:00:00Z", "start: 2026-03-02T00:00:00", 4, "has no offset"),
    ("a date for an instant", "start: 2026-03-02T00:00:00Z", "start: 2026-03-02", 4, "must be an instant"),
    ("an unknown role", "role: operator", "role: boss", 8, "role must be one of"),
    ("an unknown field of a party", "ops: {role: operator}", "ops: {role: operator, age: 3}", 8, "no key 'age'"),
    ("an unknown payout method of a party", "mia: {role: freelancer}", "mia: {role: freelancer, payout_method: gold}", 7,
     "payout_method must be one of"),
    ("a payout method of a client", "acme: {role: client}", "acme: {role: client, payout_method: none}", 6,
     "only a freelancer"),
    ("an unknown key of a step", "  - {do: contract.accept,", "  - {when: now, do: contract.accept,", 11, "no key 'when'"),
    ("a step that does nothing", "  - {do: contract.accept, as: mia, with: {contract: c1}}", "  - {at: 2026-03-02T01:00:00Z}",
     11, "needs do, together or expect"),
    ("a naive at", "at: 2026-03-04T12:00:00Z", "at: 2026-03-04T12:00:00", 12, "has no offset"),
    ("an at before the start", "at: 2026-03-04T12:00:00Z", "at: 2026-03-01T23:59:59Z", 12, "earlier than"),
    ("an at that goes back", "at: 2026-03-09T12:00:00Z", "at: 2026-03-04T11:59:59Z", 15, "earlier than"),
    ("an at finer than milliseconds", "at: 2026-03-09T12:00:00Z", "at: 2026-03-09T12:00:00.0001Z", 15, "finer"),
    ("an unknown act", "do: contract.accept", "do: contract.sign", 11, "no act called 'contract.sign'"),
    ("an act without a party", "contract.accept, as: mia, with", "contract.accept, with", 11, "needs 'as'"),
    ("an act without fields", "as: mia, with: {contract: c1}}", "as: mia}", 11, "needs 'with'"),
    ("an unknown party", "as: mia, with: {contract: c1}}", "as: tom, with: {contract: c1}}", 11, "no party is called 'tom'"),
    ("a party in the wrong role", "do: time.log, as: mia", "do: time.log, as: acme", 12, "acme is a client"),
    ("an unknown field of an act", "with: {contract: c1}}", "with: {contract: c1, soon: true}}", 11, "no field 'soon'"),
    ("a missing field of an act", 'hourly_rate: "45.00"', 'weekly_limit_hours: 40', OFFER, "needs 'hourly_rate'"),
    ("a field of another kind", 'hourly_rate: "45.00"', 'hourly_rate: "45.00", amount: "5.00"', OFFER, "no field 'amount'"),
    ("an any_hire offer without cadence", "cadence: weekly, ", "", OFFER, "needs 'cadence'"),
    ("a cadence that is not offered", "profile: any_hire", "profile: marketplace", OFFER, "no field 'cadence'"),
    ("an unknown profile", "profile: any_hire", "profile: any_fire", OFFER, "must be one of"),
    ("an unknown kind", "kind: hourly", "kind: daily", OFFER, "must be one of"),
    ("an unknown currency", "currency: USD", "currency: USX", OFFER, "not an ISO 4217 currency"),
    ("a number for an amount", 'hourly_rate: "45.00"', "hourly_rate: 45.00", OFFER, "in quotes"),
    ("an integer for an amount", 'hourly_rate: "45.00"', "hourly_rate: 45", OFFER, "in quotes"),
    ("words for an amount", 'hourly_rate: "45.00"', 'hourly_rate: "much"', OFFER, "not a decimal amount"),
    ("a fraction of a cent", 'hourly_rate: "45.00"', 'hourly_rate: "45.001"', OFFER, "more than 2 decimal digits"),
    ("a string for a number", "segments: 6", 'segments: "6"', 12, "must be a whole number"),
    ("no segments", "segments: 6", "segments: 0", 12, "at least 1"),
    ("segments and a start", "segments: 6", "segments: 6, started_at: 2026-03-04T11:00:00Z", 12, "exactly one of"),
    ("a start without an end", "segments: 6", "started_at: 2026-03-04T11:00:00Z", 12, "exactly one of"),
    ("an unknown source", "source: tracker", "source: memory", 12, "must be one of"),
    ("a number for a text", "memo: api", "memo: 12", 12, "must be a string"),
    ("an unknown contract", "with: {contract: c1}}", "with: {contract: c2}}", 11, "no earlier act makes a contract called 'c2'"),
    ("a name of another kind", "invoice: {contract: c1", "invoice: {contract: t1", 17, "t1 is a time entry"),
    ("a name that only a refused act makes", "payout: {ref: p1", "payout: {ref: p0", 20, "no earlier act makes a payout"),
    ("a name made twice", "with: {ref: p0, amount: \"100.01\"}, refused: INSUFFICIENT_AVAILABLE", "with: {ref: p1, amount: \"1.00\"}",
     14, "was made before, on line 13"),
    ("a code that is no code", "refused: INSUFFICIENT_AVAILABLE", "refused: too much", 13, "refused must be"),
    ("an unknown expectation", "- invoice: {", "- bill: {", 17, "no expectation called 'bill'"),
    ("an unknown field of an expectation", 'gross: "45.00"', 'total: "45.00"', 17, "no field 'total'"),
    ("an unknown status", "status: paid", "status: payed", 17, "must be one of"),
    ("an amount of an expectation that is a number", 'gross: "45.00"', "gross: 45.00", 17, "in quotes"),
    ("a balance of a client", "balance: {of: mia", "balance: {of: acme", 18, "acme is a client"),
    ("a balance that compares nothing", 'mia, available: "40.00", paid_out: "60.00"}', "mia}", 18, "compares nothing"),
    ("a naive instant of an expectation", "due_at: 2026-03-13T12:00:00Z", "due_at: 2026-03-13T12:00:00", 19, "has no offset"),
    ("two expectations in one", "- books: balanced", '- {books: balanced, escrow: {contract: c1, amount: "0.00"}}', 22,
     "has one name"),
    ("an unknown event", "include: [invoice.paid]", "include: [invoice.payed]", 21, "no event called 'invoice.payed'"),
    ("an unknown counted event", "count: {invoice.paid: 1}", "count: {invoice.payed: 1}", 21, "no event called"),
    ("a count that is no number", "count: {invoice.paid: 1}", "count: {invoice.paid: one}", 21, "whole number"),
    ("books that are anything else", "books: balanced", "books: closed", 22, "must be balanced"),
    ("two documents", "      - books: balanced\n", "      - books: balanced\n---\n{}\n", 1, "one scenario per file"),
    ("no YAML", "steps:", "steps: [", 10, "not YAML"),
]
TOGETHER = """\
  - together:
      - {do: payout.request, as: mia, with: {ref: p2, amount: "30.00"}}
      - {do: payout.request, as: mia, with: {ref: p3, amount: "30.00"}}
    exactly_one_refused: INSUFFICIENT_AVAILABLE
"""
TOGETHER_FAULTS = [
    ("one act alone", '      - {do: payout.request, as: mia, with: {ref: p3, amount: "30.00"}}\n', "", 24, "at least two"),
    ("refused inside", 'amount: "30.00"}}', 'amount: "30.00"}, refused: X}', 24, "no key 'refused'"),
    ("at inside", "{do: payout.request, as: mia, with: {ref: p2", "{at: 2026-03-10T00:00:00Z, do: payout.request, as: mia, "
     "with: {ref: p2", 24, "no key 'at'"),
    ("do beside", "  - together:", "  - do: contract.end\n    together:", 24, "both do and together"),
    ("a code without together", "exactly_one_refused: INSUFFICIENT_AVAILABLE", "exactly_one_refused: none at all", 26,
     "must be a string of the form"),
]


@pytest.mark.parametrize(("what", "old", "new", "line", "message"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_refused_with_its_line(
    tmp_path: Path, what: str, old: str, new: str, line: int, message: str
) -> None:
    path = write_story(tmp_path, planted(old, new))
    with pytest.raises(RefusedFile) as refused:
        read_story(path)
    assert [fault for fault in refused.value.faults if fault.line == line and message in fault.message], what
    assert f"{path}:{line}: " in str(refused.value)


@pytest.mark.parametrize(("what", "old", "new", "line", "message"), TOGETHER_FAULTS,
                         ids=[fault[0] for fault in TOGETHER_FAULTS])
def test_a_fault_in_acts_at_the_same_time_is_refused(
    tmp_path: Path, what: str, old: str, new: str, line: int, message: str
) -> None:
    with pytest.raises(RefusedFile) as refused:
        story_of(tmp_path, planted(old, new, STORY + TOGETHER))
    assert [fault for fault in refused.value.faults if fault.line == line and message in fault.message], what


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = planted("segments: 6", "segments: six", planted("currency: USD", "currency: USX"))
    with pytest.raises(RefusedFile) as refused:
        story_of(tmp_path, text)
    assert [fault.line for fault in refused.value.faults] == [10, 12]


def test_amounts_of_two_currencies_need_to_say_theirs(tmp_path: Path) -> None:
    two = STORY.replace("  - {do: contract.accept", '  - {do: contract.offer, as: acme, with: {ref: c2, freelancer: mia, '
                        'profile: any_hire, kind: single, cadence: weekly, currency: EUR, amount: "7.00"}}\n'
                        "  - {do: contract.accept", 1)
    with pytest.raises(RefusedFile, match="say the `currency`"):
        story_of(tmp_path, two)


def test_values_are_read_with_their_types(tmp_path: Path) -> None:
    story = story_of(tmp_path, STORY + TOGETHER)
    offer, logged, asked = story.steps[0].acts[0], story.steps[2], story.steps[3].acts[0]
    assert offer.fields["hourly_rate"] == Money(4500, "USD")
    assert offer.fields["freelancer"] == PartyRef("mia")
    assert logged.at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert logged.acts[0].fields["contract"] == Ref("contract", "c1")
    assert asked.refused == "INSUFFICIENT_AVAILABLE"
    assert story.steps[5].expectations[0].line == 17
    assert story.steps[6].exactly_one_refused == "INSUFFICIENT_AVAILABLE"


def test_a_refused_act_may_try_what_is_not_offered(tmp_path: Path) -> None:
    text = planted("  - {do: contract.accept", '  - {do: contract.offer, as: acme, with: {ref: c9, freelancer: mia, '
                   'profile: marketplace, kind: hourly, cadence: weekly, currency: USD, hourly_rate: "1.00"}, '
                   "refused: NOT_OFFERED}\n  - {do: time.log, as: acme, with: {contract: c1, ref: t0, segments: 1, "
                   "source: tracker}, refused: NOT_A_PARTY}\n  - {do: contract.accept")
    assert story_of(tmp_path, text).steps[1].acts[0].refused == "NOT_OFFERED"


def test_the_winner_of_two_has_the_name_that_both_carry(tmp_path: Path) -> None:
    text = STORY + TOGETHER.replace("p3", "p2") + "  - expect: [{payout: {ref: p2, status: settled}}]\n"
    assert len(story_of(tmp_path, text).steps) == 8


def test_offsets_mean_the_same_instant(tmp_path: Path) -> None:
    text = planted("at: 2026-03-04T12:00:00Z", 'at: "2026-03-04T20:00:00+08:00"')
    assert story_of(tmp_path, text).steps[2].at == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_folder_is_read_with_what_is_in_it_and_refusals_do_not_hide_the_rest(tmp_path: Path) -> None:
    write_story(tmp_path, STORY, "a.yaml")
    write_story(tmp_path, planted("do: contract.accept", "do: contract.sign"), "b.yml")
    (tmp_path / "deep").mkdir()
    write_story(tmp_path / "deep", STORY, "c.yaml")
    pack = read_pack([tmp_path, tmp_path / "nowhere"])
    assert [story.path.name for story in pack.stories] == ["a.yaml", "c.yaml"]
    assert [refusal.faults[0].path.name for refusal in pack.refused] == ["b.yml", "nowhere"]


def test_the_whole_pack_reads() -> None:
    pack = read_pack([PACK])
    assert [str(refusal) for refusal in pack.refused] == []
    assert len({story.name for story in pack.stories}) == len(pack.stories) >= 10


def test_every_word_of_the_language_reaches_the_suite() -> None:
    assert ASKING.keys() == ACTS.keys()
    assert FINDING.keys() == {*EXPECTATIONS, BOOKS}


def test_a_story_is_yaml_that_anyone_can_read(tmp_path: Path) -> None:
    assert yaml.safe_load(STORY)["name"] == story_of(tmp_path).name
