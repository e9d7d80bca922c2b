"""P4: which Wednesdays run, and what a run pays."""

from datetime import timedelta

import pytest

from services.payouts.domain.payout_schedules import Every, Schedule, amount_to_pay, next_run
from shared.kernel.instants import Instant, format_instant
from shared.kernel.money import Money
from tests.unit.payouts.words import MILLISECOND, at, usd

WEDNESDAY = at("2026-03-04T12:00:00Z")


def runs(every: Every, after: str, count: int) -> list[str]:
    """Return the days of the next runs."""
    found: list[str] = []
    moment: Instant = at(after)
    for _ in range(count):
        run = next_run(every, moment)
        assert run is not None
        found.append(format_instant(run))
        moment = run
    return [one.removesuffix("T12:00:00.000Z") for one in found]


def test_weekly_is_every_wednesday_at_noon() -> None:
    assert runs(Every.WEEKLY, "2026-03-02T00:00:00Z", 3) == ["2026-03-04", "2026-03-11", "2026-03-18"]


def test_twice_a_month_is_the_first_and_the_third_wednesday() -> None:
    assert runs(Every.TWICE_MONTHLY, "2026-04-01T12:00:00Z", 4) == [
        "2026-04-15", "2026-05-06", "2026-05-20", "2026-06-03"]
    assert runs(Every.TWICE_MONTHLY, "2026-03-31T00:00:00Z", 1) == ["2026-04-01"]


def test_monthly_is_the_last_wednesday() -> None:
    assert runs(Every.MONTHLY, "2026-02-24T00:00:00Z", 4) == ["2026-02-25", "2026-03-25", "2026-04-29", "2026-05-27"]


def test_quarterly_is_the_last_wednesday_of_the_last_month() -> None:
    assert runs(Every.QUARTERLY, "2026-01-01T00:00:00Z", 5) == [
        "2026-03-25", "2026-06-24", "2026-09-30", "2026-12-30", "2027-03-31"]


def test_on_demand_never_runs() -> None:
    assert next_run(Every.NONE, WEDNESDAY) is None


@pytest.mark.parametrize(("now", "run"), [
    (WEDNESDAY - MILLISECOND, WEDNESDAY),
    (WEDNESDAY, WEDNESDAY + timedelta(days=7)),
    (WEDNESDAY + MILLISECOND, WEDNESDAY + timedelta(days=7)),
])
def test_a_choice_at_the_instant_of_a_run_comes_after_it(now: Instant, run: Instant) -> None:
    """Proves I4 and P4."""
    assert next_run(Every.WEEKLY, now) == run


@pytest.mark.parametrize(("available", "paid"), [("99.99", "0.00"), ("100.00", "100.00"), ("100.01", "100.01")])
def test_below_the_threshold_a_run_skips(available: str, paid: str) -> None:
    schedule = Schedule(Every.WEEKLY, usd("100.00"))
    assert amount_to_pay(schedule, usd(available), run_at=WEDNESDAY, moved_at=WEDNESDAY) == usd(paid)


@pytest.mark.parametrize(("moved_at", "paid"), [
    (WEDNESDAY - timedelta(days=180) + MILLISECOND, "0.00"),
    (WEDNESDAY - timedelta(days=180), "20.00"),
    (WEDNESDAY - timedelta(days=180) - MILLISECOND, "20.00"),
])
def test_180_days_after_the_last_movement_the_threshold_is_ignored(moved_at: Instant, paid: str) -> None:
    schedule = Schedule(Every.QUARTERLY, usd("100.00"))
    assert amount_to_pay(schedule, usd("20.00"), run_at=WEDNESDAY, moved_at=moved_at) == usd(paid)


def test_a_threshold_holds_for_its_own_currency() -> None:
    schedule = Schedule(Every.WEEKLY, usd("100.00"))
    assert amount_to_pay(schedule, Money(500, "EUR"), run_at=WEDNESDAY, moved_at=WEDNESDAY) == Money(500, "EUR")
