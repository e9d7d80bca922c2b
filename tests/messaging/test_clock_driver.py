"""The driver of test clocks: what it announced it never takes back, wherever it dies; phases keep their order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.clocks import ClockReport, ClockRound, Moment
from shared.messaging.clock_owner import PARTICIPANTS, ClockDriver, ClockState, ReportBoard
from shared.messaging.clock_participant import decode_round
from shared.messaging.log import Outgoing, ReaderSettings
from shared.testing.memory_log import MemoryLog

START = datetime(2026, 3, 2, tzinfo=UTC)
NOON = START + timedelta(hours=12)
LATER = START + timedelta(days=2)


class Died(Exception):
    """The owner's process ended here."""


class Owner:
    """A driver whose participants answer at once, and which dies before the n-th thing it does."""

    def __init__(self, *due: tuple[datetime, int]) -> None:
        self.due, self.heard = sorted(due), list[ClockRound]()
        self.kept = ClockState("clk_one", START, 0, START, 0)
        self._steps_left = 10_000
        self._begin()

    def _begin(self) -> None:
        self._board = ReportBoard(ReaderSettings("", "owner"), MemoryLog())
        self._board.listening.set()
        self._driver = ClockDriver(self, self._board)

    def _step(self) -> None:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise Died

    async def publish(self, records: Sequence[Outgoing]) -> None:
        self._step()
        round = decode_round(records[0].value)
        self.heard.append(round)
        moment = (round.now, round.phase)
        coming = min((due for due in self.due if due > moment), default=None)
        for name in PARTICIPANTS:
            self._board.note(ClockReport(
                clock=round.clock, wave=round.wave, participant=name,
                next_due=None if coming is None else Moment(at=coming[0], phase=coming[1])))

    async def save(self, state: ClockState) -> None:
        self._step()
        self.kept = state

    async def drive(self, to: datetime, *, dies_after: int = 10_000) -> bool:
        """Send the clock to `to`; False where the process died, and a new one has begun."""
        if self.kept.status == "ready" or self.kept.phase == 0:
            self.kept = replace(self.kept, to=to, status="advancing")
        self._steps_left = dies_after
        try:
            await self._driver.drive(self.kept, self.save)
        except Died:
            self._steps_left = 10_000
            self._begin()
            return False
        return True

    @property
    def moments(self) -> list[tuple[Any, int]]:
        return list(dict.fromkeys((round.now, round.phase) for round in self.heard))


async def test_it_stops_at_every_moment_in_order() -> None:
    owner = Owner((NOON, 1), (NOON, 2), (LATER, 3))
    assert await owner.drive(LATER)
    assert owner.moments == [(START, 1), (NOON, 1), (NOON, 2), (LATER, 3), (LATER, 4)]
    assert (owner.kept.now, owner.kept.status) == (LATER, "ready")


async def test_wherever_it_dies_no_later_round_shows_an_earlier_instant() -> None:
    async with asyncio.timeout(20):
        for dies_after in range(40):
            owner = Owner((NOON, 1), (NOON, 2))
            await owner.drive(START)
            lived = await owner.drive(LATER, dies_after=dies_after)
            assert await owner.drive(LATER)
            assert [round.now for round in owner.heard] == sorted(round.now for round in owner.heard), dies_after
            assert [round.wave for round in owner.heard] == sorted(round.wave for round in owner.heard), dies_after
            if lived:
                return
    raise AssertionError("it never lived")


async def test_a_death_at_the_last_instant_does_not_skip_its_phases() -> None:
    async with asyncio.timeout(20):
        for dies_after in range(40):
            owner = Owner((LATER, 1), (LATER, 2), (LATER, 3))
            await owner.drive(START)
            lived = await owner.drive(LATER, dies_after=dies_after)
            assert await owner.drive(LATER)
            assert [moment for moment in owner.moments if moment[0] == LATER] == [
                (LATER, 1), (LATER, 2), (LATER, 3), (LATER, 4)], dies_after
            if lived:
                return
    raise AssertionError("it never lived")
