"""When held money becomes available: the calendar of P1. Must never read a clock."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.kernel.instants import DAY, Instant, week_of


class HoldFloor(StrEnum):
    """Before which instant money of a line is never available, whatever the length of its hold."""

    NONE = "none"
    WEDNESDAY_16_DAYS = "wednesday_16_days"
    FRIDAY_AFTER_LOCK = "friday_after_lock"


class IncompleteLine(ValueError):
    """A line names a floor without the instant from which it counts."""


@dataclass(frozen=True, slots=True)
class SecurityPeriod:
    """The terms of one line's hold: `hold` from the payment, a floor, and the delay of a late charge (I5)."""

    paid_at: Instant
    hold: timedelta
    floor: HoldFloor = HoldFloor.NONE
    week_start: Instant | None = None
    locked_at: Instant | None = None
    delay: timedelta = timedelta(0)

    @property
    def due_at(self) -> Instant:
        """The instant at which the money matures: the end of the hold, or the delayed floor if later (P1, I5)."""
        floor = self._floor_at
        end = self.paid_at + self.hold
        return end if floor is None else max(end, floor)

    @property
    def rule(self) -> str:
        """Which part of P1 decides the due instant: `P1:hold` or the floor's name (P7)."""
        floor = self._floor_at
        return "P1:hold" if floor is None or floor <= self.paid_at + self.hold else f"P1:{self.floor.value}"

    @property
    def _floor_at(self) -> Instant | None:
        if self.floor is HoldFloor.NONE:
            return None
        if self.floor is HoldFloor.WEDNESDAY_16_DAYS:
            return wednesday_16_days(_known(self.week_start, "week_start")) + self.delay
        return friday_after(_known(self.locked_at, "locked_at")) + self.delay


def wednesday_16_days(week_start: Instant) -> Instant:
    """Return 23:59 UTC on the Wednesday 16 days after the week's Monday (P1, marketplace and byo hours)."""
    return week_start + timedelta(days=16, hours=23, minutes=59)


def friday_after(locked_at: Instant) -> Instant:
    """Return 12:00 UTC of the first Friday after the lock (P1, any_hire hours and fixed rate)."""
    friday = week_of(locked_at) + timedelta(days=4, hours=12)
    return friday if friday > locked_at else friday + 7 * DAY


def _known(value: Instant | None, name: str) -> Instant:
    if value is None:
        raise IncompleteLine(f"the line's floor counts from {name}, which is missing")
    return value
