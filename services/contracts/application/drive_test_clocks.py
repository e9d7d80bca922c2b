"""Drive a test clock to where it was sent: an intent, begun again after a crash. The rounds are `clock_owner`'s."""

from dataclasses import dataclass, replace

from services.contracts.application.collections import TEST_CLOCKS
from services.contracts.domain.test_clocks import ClockStatus, TestClock
from shared.events.catalogue import LIVE
from shared.messaging.clock_owner import ClockDriver, ClockState
from shared.messaging.intents import IntentHandler
from shared.persistence.collections import REVISION
from shared.persistence.group_commit import Committer
from shared.persistence.records import IntentRow
from shared.persistence.store import Store, Write
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
    kept = _kept(clock, state)
    unit.put(TEST_CLOCKS, kept)
    if kept.status is ClockStatus.READY:
        unit.close_intent(CLOCK_ADVANCE, state.id)


def _kept(clock: TestClock, state: ClockState) -> TestClock:
    status = ClockStatus.READY if state.status == "ready" else ClockStatus.ADVANCING
    return replace(clock, now=state.now, phase=state.phase, wave=state.wave, status=status, blocked=state.blocked)


async def close_if_ready(unit: Unit, clock_id: str) -> None:
    """Close the intent of a clock that is ready: one that was sent on meanwhile keeps its own."""
    clock = await unit.get(TEST_CLOCKS, clock_id)
    if clock is None or clock.status is ClockStatus.READY:
        unit.close_intent(CLOCK_ADVANCE, clock_id)


@dataclass(slots=True)
class Logbook:
    """The clock of one drive as it was last written: nobody else writes a clock that advances."""

    store: Store
    clock: TestClock
    revision: int

    @classmethod
    async def open(cls, store: Store, clock_id: str) -> "Logbook | None":
        """Read the clock; None where there is none, or it does not advance."""
        documents = await store.load(TEST_CLOCKS.name, [clock_id])
        clock = TEST_CLOCKS.from_document(documents[0]) if documents else None
        if clock is None or clock.status is ClockStatus.READY:
            return None
        return cls(store, clock, documents[0][REVISION])

    async def write_down(self, state: ClockState) -> None:
        """Keep a round on the way by one write; Conflict where somebody else wrote it: the drive is given up."""
        self.clock = _kept(self.clock, state)
        await self.store.write(Write.guarded(TEST_CLOCKS.name, TEST_CLOCKS.to_document(self.clock), self.revision))
        self.revision += 1


def drive_test_clock(driver: ClockDriver) -> IntentHandler:
    """Return the intent's handler."""
    async def handle(intent: IntentRow, committer: Committer) -> None:
        logbook = await Logbook.open(committer.store, intent.ref)
        if logbook is None:
            await committer.run(close_if_ready, intent.ref, clock=LIVE)
            return

        async def save(state: ClockState) -> None:
            if state.status == "ready":
                await committer.run(save_clock, SaveClock(state), clock=LIVE)
            else:
                await logbook.write_down(state)

        clock = logbook.clock
        await driver.drive(ClockState(clock.id, clock.now, clock.phase, clock.to, clock.wave), save)

    return handle
