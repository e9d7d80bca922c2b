"""Cadences: which lock ends the cadence of a week (T2, T6)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.cadences import cadence_lock, cadence_start, last_week_of, next_cadence_lock
from services.invoicing.domain.contracts import Cadence
from shared.kernel.instants import WEEK, Instant, week_of
from tests.unit.invoicing.builders import MONDAY, at

weeks = st.integers(-600, 600).map(lambda number: MONDAY + number * WEEK)
instants = st.datetimes(min_value=at("2015-01-05").replace(tzinfo=None), max_value=at("2035-01-01").replace(
    tzinfo=None)).map(lambda value: value.replace(tzinfo=MONDAY.tzinfo))
cadences = st.sampled_from(Cadence)


@pytest.mark.parametrize(("week", "lock"), [
    ("2026-02-16", "2026-03-02T12:00:00"), ("2026-02-23", "2026-03-02T12:00:00"),
    ("2026-03-02", "2026-03-16T12:00:00"), ("2026-02-09", "2026-02-16T12:00:00"),
    ("2018-01-01", "2018-01-15T12:00:00"),
])
def test_pairs_are_anchored_at_a_monday_of_2026(week: str, lock: str) -> None:
    """Proves T6."""
    assert cadence_lock(at(week), Cadence.BI_WEEKLY) == at(lock)


@given(week=weeks)
def test_a_week_locks_at_monday_noon(week: Instant) -> None:
    """Proves T2."""
    assert cadence_lock(week, Cadence.WEEKLY) == week + WEEK + timedelta(hours=12)


@given(week=weeks, cadence=cadences)
def test_a_lock_ends_the_cadence_of_its_last_week(week: Instant, cadence: Cadence) -> None:
    """Proves T6 and I3."""
    lock = cadence_lock(week, cadence)
    assert cadence_lock(last_week_of(lock), cadence) == lock
    assert cadence_start(last_week_of(lock), cadence) <= week <= last_week_of(lock)


@given(now=instants, cadence=cadences)
def test_the_next_lock_is_the_first_one_after_now(now: Instant, cadence: Cadence) -> None:
    """Proves I4 and I7."""
    lock = next_cadence_lock(now, cadence, began_at=MONDAY - 600 * WEEK)
    length = WEEK if cadence is Cadence.WEEKLY else 2 * WEEK
    assert lock - length <= now < lock
    assert cadence_lock(last_week_of(lock), cadence) == lock


@given(began=instants, cadence=cadences)
def test_no_lock_before_the_first_cadence_is_a_contracts_own(began: Instant, cadence: Cadence) -> None:
    """Proves T6."""
    lock = next_cadence_lock(began, cadence, began_at=began)
    assert lock == cadence_lock(week_of(began), cadence)
