"""Payout schedules: when a run pays by itself, and what it pays. Must never read a clock (P4)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from shared.kernel.instants import DAY, WEEK, Instant, week_of
from shared.kernel.money import Money

RUN_OFFSET: Final = timedelta(days=2, hours=12)
"""A run is Wednesday 12:00 UTC."""
SWEEP_AFTER: Final = 180 * DAY


class Every(StrEnum):
    """How often a run pays; `none` is on demand."""

    NONE = "none"
    WEEKLY = "weekly"
    TWICE_MONTHLY = "twice_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A freelancer's choice; below `threshold` (of its currency) a run skips."""

    every: Every = Every.NONE
    threshold: Money | None = None


def next_run(every: Every, after: Instant) -> Instant | None:
    """Return the first run strictly after `after`: what is due at an instant came before any act at it (I4, P4)."""
    if every is Every.NONE:
        return None
    run = week_of(after) + RUN_OFFSET
    while run <= after or not _is_run(every, run):
        run += WEEK
    return run


def amount_to_pay(schedule: Schedule, available: Money, *, run_at: Instant, moved_at: Instant | None) -> Money:
    """Return what a run pays: all that is available, or nothing below the threshold.

    The first run at least 180 days after the last movement ignores the threshold (P4).
    """
    sweep = moved_at is not None and run_at - moved_at >= SWEEP_AFTER
    threshold = schedule.threshold
    if sweep or threshold is None or threshold.currency != available.currency or available >= threshold:
        return available
    return Money.zero(available.currency)


def _is_run(every: Every, wednesday: Instant) -> bool:
    is_last = (wednesday + WEEK).month != wednesday.month
    if every is Every.TWICE_MONTHLY:
        return (wednesday.day - 1) // 7 in (0, 2)
    if every is Every.MONTHLY:
        return is_last
    if every is Every.QUARTERLY:
        return is_last and wednesday.month % 3 == 0
    return True
