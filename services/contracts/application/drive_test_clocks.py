"""Drive a test clock to where it was sent: an intent, begun again after a crash. The rounds are `clock_owner`'s."""

from dataclasses import dataclass, replace

from services.contracts.application.collections import TEST_CLOCKS
from services.contracts.domain.test_clocks import ClockStatus
from shared.events.catalogue import LIVE
from shared.messaging.clock_owner import ClockDriver, ClockState
from shared.messaging.intents import IntentHandler
from shared.persistence.group_commit import Committer
from shared.persistence.records import IntentRow
from shared.persistence.unit import Intent, Unit

CLOCK_ADVANCE = "clock.advance"


def advance_intent(clock_id: str) -> Intent:
    """Return the promise to move the clock; live, as it keeps no business of the clock itself waiting."""
    return Intent(kind=CLOCK_ADVANCE, ref=clock_id, clock=LIVE)


@dataclass(frozen=True, slots=True)
class SaveClock:
    """Where the clock stands now."""

    state: ClockState


async def save_clock(unit: Unit, command: SaveClock) -> None:
    """Keep the owner's round; the ready one closes the intent."""
    state = command.state
    clock = await unit.get(TEST_CLOCKS, state.id)
    if clock is None:
        raise LookupError(f"test clock {state.id} is gone")
    status = ClockStatus.READY if state.status == "ready" else ClockStatus.ADVANCING
    unit.put(TEST_CLOCKS, replace(
        clock, now=state.now, phase=state.phase, wave=state.wave, status=status, blocked=state.blocked))
    if status is ClockStatus.READY:
        unit.close_intent(CLOCK_ADVANCE, state.id)


@dataclass(frozen=True, slots=True)
class _Look:
    clock_id: str


async def _where(unit: Unit, command: _Look) -> ClockState | None:
    clock = await unit.get(TEST_CLOCKS, command.clock_id)
    if clock is None or clock.status is ClockStatus.READY:
        unit.close_intent(CLOCK_ADVANCE, command.clock_id)
        return None
    return ClockState(clock.id, clock.now, clock.phase, clock.to, clock.wave)


def drive_test_clock(driver: ClockDriver) -> IntentHandler:
    """Return the intent's handler."""
    async def handle(intent: IntentRow, committer: Committer) -> None:
        async def save(state: ClockState) -> None:
            await committer.run(save_clock, SaveClock(state), clock=LIVE)

        state = await committer.run(_where, _Look(intent.ref), clock=LIVE)
        if state is not None:
            await driver.drive(state, save)

    return handle
