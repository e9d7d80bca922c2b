# ruff: noqa: E501  (story text and tables of faults stay on one line each)
"""A seed changes only what leaves every expectation true."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.kernel.money import Money
from tests.scenarios.stories import planted, story_of
from tools.scenarios.pack import read_pack
from tools.scenarios.shifting import amounts_may_grow, dates_may_move, shift_of, shifted
from tools.scenarios.stories import PartyRef, Story

PACK = Path(__file__).parents[2] / "scenarios"
SEEDS = range(1, 30)


def in_pack(name: str) -> Story:
    return next(story for story in read_pack([PACK]).stories if story.path.name.startswith(name))


def test_the_same_seed_tells_the_same_and_another_seed_another(tmp_path: Path) -> None:
    story = story_of(tmp_path)
    assert shifted(story, 7) == shifted(story, 7)
    assert len({str(shift_of(story, seed)) for seed in SEEDS}) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_dates_move_later_by_whole_pairs_of_weeks(tmp_path: Path, seed: int) -> None:
    story = story_of(tmp_path)
    other, shift = shifted(story, seed)
    assert shift.later >= timedelta(days=14)
    assert shift.later % timedelta(days=14) == timedelta(0)
    assert other.start - story.start == shift.later
    assert other.steps[2].at == story.steps[2].at + shift.later  # type: ignore[operator]
    assert other.steps[5].expectations[2].fields["due_at"] == (
        story.steps[5].expectations[2].fields["due_at"] + shift.later)  # type: ignore[operator]


@pytest.mark.parametrize("seed", SEEDS)
def test_all_amounts_grow_by_one_factor_and_change_to_one_currency(tmp_path: Path, seed: int) -> None:
    other, shift = shifted(story_of(tmp_path), seed)
    offer, invoice = other.steps[0].acts[0], other.steps[5].expectations[0]
    assert 2 <= shift.factor <= 9
    assert offer.fields["currency"] == other.currency == shift.currencies["USD"] != "USD"
    assert offer.fields["hourly_rate"] == Money(4500 * shift.factor, shift.currencies["USD"])
    assert invoice.fields["gross"] == Money(4500 * shift.factor, shift.currencies["USD"])
    assert invoice.fields["number"] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_every_party_has_one_new_name_everywhere(tmp_path: Path, seed: int) -> None:
    story = story_of(tmp_path)
    other, shift = shifted(story, seed)
    names = {party.name for party in other.parties}
    assert len(names) == len(story.parties)
    assert not names & {party.name for party in story.parties}
    assert other.steps[0].acts[0].fields["freelancer"] == PartyRef(shift.names["mia"]) == other.steps[1].acts[0].party


@pytest.mark.parametrize(("old", "new"), [
    ('hourly_rate: "45.00"', 'hourly_rate: "45.01"'),
    ("refused: INSUFFICIENT_AVAILABLE", "refused: PAYOUT_BELOW_MINIMUM"),
    ("profile: any_hire, kind: hourly, cadence: weekly", "profile: marketplace, kind: hourly"),
    ('kind: hourly, cadence: weekly, currency: USD, hourly_rate: "45.00"',
     'kind: fixed_rate, cadence: bi_weekly, currency: USD, rate: "45.01"'),
    ("  - {do: contract.accept", "  - {do: payout.method, as: mia, with: {kind: wire}}\n  - {do: contract.accept"),
    ("  - {do: contract.accept",
     '  - {do: payout.schedule, as: mia, with: {every: weekly, threshold: "9.00"}}\n  - {do: contract.accept'),
])
def test_amounts_stay_where_a_rule_rounds_or_knows_a_constant(tmp_path: Path, old: str, new: str) -> None:
    story = story_of(tmp_path, planted(old, new))
    assert not amounts_may_grow(story)
    assert shift_of(story, 3).factor == 1


def test_dates_stay_where_wednesdays_of_the_month_are_counted(tmp_path: Path) -> None:
    text = planted("  - {do: contract.accept",
                   '  - {do: payout.schedule, as: mia, with: {every: monthly, threshold: "9.00"}}\n  - {do: contract.accept')
    story = story_of(tmp_path, text)
    assert not dates_may_move(story)
    assert shift_of(story, 3).later == timedelta(0)


def test_the_golden_pack_grows_only_without_fees() -> None:
    assert amounts_may_grow(in_pack("01"))
    assert amounts_may_grow(in_pack("09"))
    assert not amounts_may_grow(in_pack("03"))
    assert not amounts_may_grow(in_pack("07"))
