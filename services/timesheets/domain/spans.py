"""Spans of time on 10-minute marks, split at Monday 00:00 UTC. Must never know a contract or a freelancer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.kernel.instants import WEEK, Instant, week_of

SEGMENT = timedelta(minutes=10)
"""The unit of logged time (T4)."""

MARKS_PER_WEEK = WEEK // SEGMENT
"""Marks are counted from Monday 00:00 UTC: 0 to 1008."""

SEGMENTS_PER_HOUR = timedelta(hours=1) // SEGMENT


@dataclass(frozen=True, slots=True)
class Span:
    """Time from `started_at` up to, not including, `ended_at`."""

    started_at: Instant
    ended_at: Instant

    def contains(self, other: "Span") -> bool:
        """Return whether `other` lies inside, edges included."""
        return self.started_at <= other.started_at and other.ended_at <= self.ended_at

    def weeks(self) -> Iterator["WeekSpan"]:
        """Yield the parts of this span, one per billing week, in order: nothing is lost, nothing is twice (T1, T4)."""
        started_at = self.started_at
        while started_at < self.ended_at:
            week_start = week_of(started_at)
            ended_at = min(self.ended_at, week_start + WEEK)
            yield WeekSpan(week_start, started_at, ended_at)
            started_at = ended_at


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """What of a span lies in the billing week that begins at `week_start`."""

    week_start: Instant
    started_at: Instant
    ended_at: Instant

    @property
    def first_mark(self) -> int:
        """Marks from the week's beginning to the start."""
        return (self.started_at - self.week_start) // SEGMENT

    @property
    def end_mark(self) -> int:
        """Marks from the week's beginning to the end: 1008 is the next Monday."""
        return (self.ended_at - self.week_start) // SEGMENT


def is_on_mark(value: Instant) -> bool:
    """Return whether `value` is a 10-minute mark of UTC (T4)."""
    return not (value - week_of(value)) % SEGMENT


def segments_until(ended_at: Instant, segments: int) -> Span:
    """Return the span of consecutive `segments`, the last of which ends at `ended_at`."""
    return Span(ended_at - segments * SEGMENT, ended_at)
