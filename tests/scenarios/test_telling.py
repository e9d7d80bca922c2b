# ruff: noqa: E501  (story text and tables of faults stay on one line each)
"""A story is told to the end, or up to the first step that does not hold, and the report says what was found."""

import io
import json
from pathlib import Path

import pytest

from tests.scenarios.fake_suite import OPERATOR, FakeSuite
from tests.scenarios.stories import STORY, planted, story_of
from tests.scenarios.test_reading import TOGETHER
from tools.scenarios.pack import tell_all
from tools.scenarios.reports import print_story, write_json
from tools.scenarios.suite import Patience
from tools.scenarios.telling import Outcome, tell

QUICK = Patience(0.3, crash=False)
CRASHING = Patience(2.0, crash=True)


async def told(directory: Path, text: str, suite: FakeSuite, patience: Patience = QUICK) -> Outcome:
    return await tell(story_of(directory, text), suite.suite(patience), "run", OPERATOR)


def problem_of(outcome: Outcome) -> str:
    assert not outcome.passed
    return "\n".join(outcome.told[-1].lines)


async def test_a_story_that_holds_passes_with_a_line_per_step(tmp_path: Path) -> None:
    outcome = await told(tmp_path, STORY + TOGETHER, FakeSuite())
    printed = io.StringIO()
    print_story(outcome, printed)
    assert outcome.passed, printed.getvalue()
    assert "2026-03-04 12:00:00Z  step 3  mia time.log c1 t1 … ok" in printed.getvalue()
    assert "2026-03-09 12:00:00Z  step 6  expect invoice c1#1, balance mia" in printed.getvalue()


async def test_a_difference_names_field_line_expected_and_found(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.gross = 4501
    problem = problem_of(await told(tmp_path, STORY, suite))
    assert "story.yaml:17: invoice c1#1" in problem
    assert "gross: expected 45.00 USD, found 45.01 USD" in problem
    assert "expected some hold with amount 45.00 USD" in problem
    assert "status" not in problem.split("hold")[0]


async def test_a_missing_invoice_is_a_difference(tmp_path: Path) -> None:
    problem = problem_of(await told(tmp_path, planted("number: 1", "number: 2"), FakeSuite()))
    assert "expected an invoice with this number, found 1 invoices" in problem


async def test_events_are_counted_once_however_often_delivered(tmp_path: Path) -> None:
    problem = problem_of(await told(tmp_path, planted("{invoice.paid: 1}", "{invoice.paid: 2}"), FakeSuite()))
    assert "count: expected invoice.paid 2 times, found 1 times" in problem


async def test_books_out_of_balance_name_their_differences(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.books = {"balanced": False, "differences": ["USD off by 1"]}
    assert "USD off by 1" in problem_of(await told(tmp_path, STORY, suite))


async def test_another_refusal_than_expected_fails_the_step(tmp_path: Path) -> None:
    outcome = await told(tmp_path, planted("refused: INSUFFICIENT_AVAILABLE", "refused: PAYOUTS_BLOCKED"), FakeSuite())
    assert "expected refused with PAYOUTS_BLOCKED, found refused with INSUFFICIENT_AVAILABLE" in problem_of(outcome)
    assert outcome.told[-1].step == 4


async def test_an_act_that_should_be_refused_and_is_granted_fails_the_step(tmp_path: Path) -> None:
    text = planted('{ref: p0, amount: "100.01"}', '{ref: p0, amount: "100.00"}')
    assert "expected refused with INSUFFICIENT_AVAILABLE, found granted" in problem_of(
        await told(tmp_path, text, FakeSuite()))


async def test_an_act_that_should_be_granted_and_is_refused_fails_the_step(tmp_path: Path) -> None:
    problem = problem_of(await told(tmp_path, planted('p1, amount: "60.00"', 'p1, amount: "100.01"'), FakeSuite()))
    assert "story.yaml:14: mia payout.request: expected granted, found refused with INSUFFICIENT" in problem


async def test_of_acts_at_the_same_time_exactly_one_is_refused(tmp_path: Path) -> None:
    both = STORY + TOGETHER.replace("30.00", "20.00")
    problem = problem_of(await told(tmp_path, both, FakeSuite()))
    assert "expected exactly one refused with INSUFFICIENT_AVAILABLE, found mia payout.request granted" in problem
    neither = STORY + TOGETHER.replace("30.00", "50.00")
    assert "payout.request INSUFFICIENT_AVAILABLE, mia" in problem_of(await told(tmp_path, neither, FakeSuite()))


async def test_the_name_of_the_refused_one_of_two_names_nothing(tmp_path: Path) -> None:
    text = STORY + TOGETHER + "  - expect: [{payout: {ref: p2, status: settled}}, {payout: {ref: p3, status: settled}}]\n"
    assert "nothing was made that is called p3" in problem_of(await told(tmp_path, text, FakeSuite()))


async def test_a_clock_that_does_not_become_quiet_names_who_blocks_it(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.stuck, suite.blocked = True, ["payouts", "holds:2"]
    problem = problem_of(await told(tmp_path, STORY, suite))
    assert "not quiet within 0.3 s" in problem
    assert "blocked: payouts, holds:2" in problem


async def test_what_is_not_known_yet_is_asked_again_with_the_same_key(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.unknown["/v1/payouts"] = 2
    assert (await told(tmp_path, STORY, suite)).passed
    keys = [key for method, path, key in suite.asked if (method, path) == ("POST", "/v1/payouts")]
    assert keys == ["run-4-0", "run-4-0", "run-4-0", "run-5-0"]


async def test_what_stays_unknown_is_refused_at_the_deadline_or_at_once_where_expected(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.unknown["/v1/payouts"] = 1000
    assert "found refused with NOT_FOUND" in problem_of(await told(tmp_path, STORY, suite))
    suite = FakeSuite()
    suite.unknown["/v1/payouts"] = 1000
    await told(tmp_path, planted("refused: INSUFFICIENT_AVAILABLE", "refused: NOT_FOUND"), suite)
    assert [key for _, path, key in suite.asked if path == "/v1/payouts"].count("run-4-0") == 1


async def test_a_lost_answer_ends_a_story_unless_crashes_are_expected(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.lost["/v1/payouts"] = 1
    assert "connection lost" in problem_of(await told(tmp_path, STORY, suite))


async def test_under_crashes_an_act_is_tried_again_and_happens_once(tmp_path: Path) -> None:
    suite = FakeSuite()
    suite.lost.update({"/v1/payouts": 3, "/v1/test_clocks/clk_1": 1, "/v1/invoices": 1, "/v1/parties": 1})
    outcome = await told(tmp_path, STORY, suite, CRASHING)
    assert outcome.passed, problem_of(outcome)
    assert suite.paid_out == 6000


async def test_the_parties_are_registered_three_days_before_the_start(tmp_path: Path) -> None:
    suite = FakeSuite()
    text = planted("{role: freelancer}", "{role: freelancer, payout_method: none}")
    await told(tmp_path, text, suite)
    assert suite.first_asked["/v1/parties"] == "2026-02-27T00:00:00.000Z"
    assert suite.first_asked["/v1/billing_methods"] == "2026-02-27T00:00:00.000Z"
    assert suite.first_asked["/v1/contracts"] == "2026-03-02T00:00:00.000Z"
    assert "/v1/payout_methods" not in suite.first_asked


async def test_many_stories_are_told_and_reported(tmp_path: Path) -> None:
    wrong = planted("number: 1", "number: 3", planted("name: small", "name: wrong"))
    (tmp_path / "wrong").mkdir()
    stories = [(story_of(tmp_path), ("a note",)), (story_of(tmp_path / "wrong", wrong), ())]
    seen: list[str] = []
    outcomes = await tell_all(stories, FakeSuite().suite(QUICK), run_id="run", operator=OPERATOR, parallel=1,
                              when_told=lambda outcome: seen.append(outcome.story.name))
    assert seen == ["small", "wrong"]
    report = tmp_path / "out" / "report.json"
    write_json(report, outcomes, ["x.yaml:1: no"], 1.5)
    written = json.loads(report.read_text())
    assert (written["passed"], written["failed"]) == (1, 2)
    assert written["scenarios"][0]["steps"][3]["duration_s"] >= 0


@pytest.mark.parametrize("wrong", [{}, {"balanced": "yes"}])
async def test_an_answer_that_does_not_fit_the_interface_fails_the_step(tmp_path: Path, wrong: dict[str, str]) -> None:
    suite = FakeSuite()
    suite.books = wrong
    assert problem_of(await told(tmp_path, STORY, suite))
