"""Instants: aware UTC datetimes with milliseconds, and the UTC billing week (T1). Must never read a clock."""

from datetime import UTC, datetime, timedelta

Instant = datetime
"""An aware UTC datetime whose microseconds are whole milliseconds."""

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class NaiveInstant(ValueError):
    """An instant without an offset: whose midnight is it?"""


def instant(value: datetime) -> Instant:
    """Return `value` in UTC, cut to milliseconds; NaiveInstant where it has no offset."""
    if value.tzinfo is None:
        raise NaiveInstant(f"{value.isoformat()} has no offset")
    moved = value if value.tzinfo is UTC else value.astimezone(UTC)
    beyond_milliseconds = moved.microsecond % 1000
    return moved.replace(microsecond=moved.microsecond - beyond_milliseconds) if beyond_milliseconds else moved


def parse_instant(text: str) -> Instant:
    """Read RFC 3339 with an offset."""
    return instant(datetime.fromisoformat(text))


def format_instant(value: Instant) -> str:
    """Write RFC 3339 in UTC with milliseconds: 2026-03-02T12:00:00.000Z."""
    moved = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moved.isoformat(timespec="milliseconds")[:-6] + "Z"


def week_of(value: Instant) -> Instant:
    """Return the Monday 00:00 UTC that begins the billing week of `value` (T1)."""
    midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())
