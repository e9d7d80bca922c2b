"""Cadences: which lock ends the billing cadence of a week (T2, T6). Must never read a clock."""

from datetime import UTC, datetime, timedelta

from services.invoicing.domain.contracts import Cadence
from shared.kernel.instants import WEEK, Instant, week_of

PAIR = 2 * WEEK
PAIRS_BEGIN = datetime(2026, 2, 16, tzinfo=UTC)
"""A Monday: every pair of weeks begins a whole number of fortnights before or after it (T6)."""
LOCK_AFTER_WEEK = timedelta(hours=12)
"""A week locks at Monday 12:00 UTC (T2)."""


def cadence_start(week_start: Instant, cadence: Cadence) -> Instant:
    """Return the Monday that begins the cadence to which the week belongs."""
    if cadence is Cadence.WEEKLY:
        return week_start
    return PAIRS_BEGIN + (week_start - PAIRS_BEGIN) // PAIR * PAIR


def cadence_lock(week_start: Instant, cadence: Cadence) -> Instant:
    """Return the lock that ends the cadence of the week: there its invoice is made and charged (I3)."""
    length = WEEK if cadence is Cadence.WEEKLY else PAIR
    return cadence_start(week_start, cadence) + length + LOCK_AFTER_WEEK


def next_cadence_lock(now: Instant, cadence: Cadence) -> Instant:
    """Return the first lock after `now` that ends a cadence; the one at `now` has already happened (I4)."""
    this_week = week_of(now)
    last = cadence_lock(this_week - WEEK, cadence)
    return last if last > now else cadence_lock(this_week, cadence)


def last_week_of(lock: Instant) -> Instant:
    """Return the Monday of the week that `lock` locks."""
    return lock - LOCK_AFTER_WEEK - WEEK
