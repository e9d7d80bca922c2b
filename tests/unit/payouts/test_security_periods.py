"""P1 and I5: when held money becomes available."""

from datetime import timedelta

import pytest

from services.payouts.domain.security_periods import (
    HoldFloor,
    IncompleteLine,
    SecurityPeriod,
    friday_after,
    wednesday_16_days,
)
from tests.unit.payouts.words import MILLISECOND, at

LOCK = at("2026-03-02T12:00:00Z")
WEEK = at("2026-02-23T00:00:00Z")


def test_the_hold_runs_from_the_instant_of_payment() -> None:
    """Proves P1 and P7."""
    period = SecurityPeriod(at("2026-03-11T10:00:00Z"), timedelta(days=4))
    assert (period.due_at, period.rule) == (at("2026-03-15T10:00:00Z"), "P1:hold")


def test_any_hire_hours_wait_for_the_friday_after_the_lock() -> None:
    """Proves P1 and P7."""
    period = SecurityPeriod(LOCK, timedelta(days=3), HoldFloor.FRIDAY_AFTER_LOCK, locked_at=LOCK)
    assert (period.due_at, period.rule) == (at("2026-03-06T12:00:00Z"), "P1:friday_after_lock")


def test_marketplace_hours_wait_for_the_wednesday_16_days_after_the_monday() -> None:
    """Proves P1 and P7."""
    period = SecurityPeriod(LOCK, timedelta(days=5), HoldFloor.WEDNESDAY_16_DAYS, week_start=WEEK)
    assert (period.due_at, period.rule) == (at("2026-03-11T23:59:00Z"), "P1:wednesday_16_days")


def test_a_hold_that_ends_after_its_floor_decides_alone() -> None:
    """Proves P1 and P7."""
    paid = at("2026-03-10T00:00:00Z")
    period = SecurityPeriod(paid, timedelta(days=5), HoldFloor.WEDNESDAY_16_DAYS, week_start=WEEK)
    assert (period.due_at, period.rule) == (at("2026-03-15T00:00:00Z"), "P1:hold")


def test_a_late_charge_delays_the_floor_as_well() -> None:
    """Proves I5 and P1."""
    paid = LOCK + timedelta(days=2)
    period = SecurityPeriod(paid, timedelta(days=1), HoldFloor.FRIDAY_AFTER_LOCK, locked_at=LOCK,
                            delay=timedelta(days=2))
    assert period.due_at == at("2026-03-08T12:00:00Z")


def test_no_hold_is_due_at_the_payment_itself() -> None:
    """Proves P1."""
    assert SecurityPeriod(LOCK, timedelta(0)).due_at == LOCK


@pytest.mark.parametrize(("locked_at", "friday"), [
    (LOCK, at("2026-03-06T12:00:00Z")),
    (at("2026-03-06T12:00:00Z") - MILLISECOND, at("2026-03-06T12:00:00Z")),
    (at("2026-03-06T12:00:00Z"), at("2026-03-13T12:00:00Z")),
    (at("2026-03-07T00:00:00Z"), at("2026-03-13T12:00:00Z")),
])
def test_the_friday_lies_after_the_lock(locked_at, friday) -> None:  # type: ignore[no-untyped-def]
    """Proves P1."""
    assert friday_after(locked_at) == friday


def test_a_published_2359_is_that_instant() -> None:
    """Proves I4 and P1."""
    assert wednesday_16_days(WEEK) == at("2026-03-11T23:59:00Z")


def test_a_floor_without_the_instant_that_it_counts_from_is_a_fault() -> None:
    """Proves P1."""
    with pytest.raises(IncompleteLine):
        _ = SecurityPeriod(LOCK, timedelta(days=5), HoldFloor.WEDNESDAY_16_DAYS).due_at
