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
    """Return the Monday that begins the cadence to which the week belongs (T6)."""
    if cadence is Cadence.WEEKLY:
        return week_start
    return PAIRS_BEGIN + (week_start - PAIRS_BEGIN) // PAIR * PAIR


def cadence_lock(week_start: Instant, cadence: Cadence) -> Instant:
    """Return the lock that ends the cadence of the week: there its invoice is made and charged (I3)."""
    length = WEEK if cadence is Cadence.WEEKLY else PAIR
    return cadence_start(week_start, cadence) + length + LOCK_AFTER_WEEK


def next_cadence_lock(now: Instant, cadence: Cadence, *, began_at: Instant) -> Instant:
    """Return the first lock after `now` that ends a cadence of a contract; the one at `now` has happened (I4).

    The first cadence is the one in which the contract began: no earlier lock is one of its own.
    """
    week = max(week_of(now) - WEEK, week_of(began_at))
    lock = cadence_lock(week, cadence)
    return lock if lock > now else cadence_lock(week_of(now), cadence)


def last_week_of(lock: Instant) -> Instant:
    """Return the Monday of the week that `lock` locks."""
    return lock - LOCK_AFTER_WEEK - WEEK
