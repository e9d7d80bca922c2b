"""Test clocks as their owner keeps them: where one stands, and where it is going.

How it gets there is the round protocol's business. Must never go backwards.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.contracts.domain.refusals import Code, refuse
from shared.kernel.decisions import Accepted, Decision
from shared.kernel.instants import Instant


class ClockStatus(StrEnum):
    """Acts are welcome while it is ready."""

    READY = "ready"
    ADVANCING = "advancing"


@dataclass(frozen=True, slots=True)
class TestClock:
    """A clock that moves on request. `wave` numbers the rounds, `blocked` says who keeps it from being quiet."""

    __test__ = False

    id: str
    now: Instant
    phase: int
    status: ClockStatus
    to: Instant
    wave: int
    created_at: Instant
    blocked: tuple[str, ...] = ()


def advance(clock: TestClock, to: Instant) -> Decision[TestClock]:
    """Send the clock on its way to `to`; its own now is allowed, and settles what is under way."""
    if clock.status is ClockStatus.ADVANCING:
        return refuse(Code.CLOCK_ADVANCING, "The test clock is advancing; ask again when it is ready.")
    if to < clock.now:
        return refuse(Code.CLOCK_BACKWARDS, "A test clock never goes back.")
    return Accepted(replace(clock, status=ClockStatus.ADVANCING, to=to))
