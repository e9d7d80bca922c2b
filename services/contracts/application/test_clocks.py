"""Make a test clock, and send it on its way. The rounds that move it are driven by `drive_test_clocks`."""

from dataclasses import dataclass, replace

from services.contracts.application.collections import TEST_CLOCKS
from services.contracts.application.drive_test_clocks import advance_intent
from services.contracts.domain import test_clocks
from services.contracts.domain.test_clocks import ClockStatus, TestClock
from shared.kernel.decisions import NotFound
from shared.kernel.instants import Instant
from shared.persistence.records import CLOCKS, ClockRow
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class CreateTestClock:
    """A clock that stands at `now` until it is advanced."""

    now: Instant


@dataclass(frozen=True, slots=True)
class AdvanceTestClock:
    """Send the clock to `to`."""

    clock_id: str
    to: Instant


async def create_test_clock(unit: Unit, command: CreateTestClock) -> TestClock:
    """Keep the clock; it is ready when every participant has heard of it."""
    clock = TestClock(
        id=unit.new_id("clk"), now=command.now, phase=0, status=ClockStatus.ADVANCING, to=command.now, wave=0,
        created_at=unit.now)
    unit.put(TEST_CLOCKS, clock)
    await _leave(unit, clock)
    return clock


async def advance_test_clock(unit: Unit, command: AdvanceTestClock) -> TestClock:
    """Let the clock leave for `to`; CLOCK_ADVANCING while it is under way already."""
    clock = await unit.get(TEST_CLOCKS, command.clock_id)
    if clock is None:
        raise NotFound("test clock")
    leaving = test_clocks.advance(clock, command.to).unwrap()
    unit.put(TEST_CLOCKS, leaving)
    await _leave(unit, leaving)
    return leaving


async def _leave(unit: Unit, clock: TestClock) -> None:
    """Promise the rounds; acts on a clock that moves are refused here from this transaction on.

    The others refuse from the first round. A clock that is only to settle where it stands leaves acts welcome.
    """
    row = await unit.get(CLOCKS, clock.id)
    if row is None or row.now != clock.to:
        unit.put(CLOCKS, replace(row or ClockRow(id=clock.id), now=clock.now, advancing=True))
    unit.intend(advance_intent(clock.id))
