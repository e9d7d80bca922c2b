"""The weekly lock: Monday 12:00 UTC after the week (T2). Must never decide what a locked week costs."""

from datetime import timedelta

from shared.kernel.instants import WEEK, Instant

EDIT_WINDOW = timedelta(hours=12)
"""How long a closed week may still be edited (T2)."""


def lock_of(week_start: Instant) -> Instant:
    """Return the instant at which the week that begins at `week_start` is locked (T2, T3)."""
    return week_start + WEEK + EDIT_WINDOW


def is_locked(week_start: Instant, now: Instant) -> bool:
    """Return whether the week is locked: an act exactly at the lock is late (T2, I4)."""
    return now >= lock_of(week_start)
