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
        """Keep a round by one write; Conflict where somebody else wrote the clock: the drive is given up."""
        status = ClockStatus.READY if state.status == "ready" else ClockStatus.ADVANCING
        self.clock = replace(
            self.clock, now=state.now, phase=state.phase, wave=state.wave, status=status, blocked=state.blocked)
        await self.store.write(Write.guarded(TEST_CLOCKS.name, TEST_CLOCKS.to_document(self.clock), self.revision))
        self.revision += 1


def drive_test_clock(driver: ClockDriver) -> IntentHandler:
    """Return the intent's handler: drive, then close the intent, in that order, so that a crash leaves it open."""
    async def handle(intent: IntentRow, committer: Committer) -> None:
        logbook = await Logbook.open(committer.store, intent.ref)
        if logbook is not None:
            clock = logbook.clock
            await driver.drive(ClockState(clock.id, clock.now, clock.phase, clock.to, clock.wave), logbook.write_down)
        await committer.run(close_if_ready, intent.ref, clock=LIVE)

    return handle
