"""A participant's answers: rounds that come again, or late, never move a clock back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from shared.events.clocks import ClockRound
from shared.events.codec import decode
from shared.messaging.clock_participant import ClockParticipant
from shared.messaging.log import Outgoing
from shared.persistence.collections import REVISION, Document
from shared.persistence.group_commit import Committer
from shared.persistence.records import CLOCKS, DUES, ClockRow, DueRow
from shared.persistence.store import Write
from shared.persistence.unit import Filter
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLOCK = "clk_one"


class Answers:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.waves: list[int] = []
        self.due: list[datetime | None] = []

    async def publish(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            report: Any = decode(record.topic, record.value)
            self.waves.append(report.data.object.wave)
            coming = report.data.object.next_due
            self.due.append(None if coming is None else coming.at)


class Rig:
    """A participant over a store in memory."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store, self.answers = store or MemoryStore(), Answers()
        self.committer = Committer(
            self.store, service="timesheets", lane="w", clock=FixedClock(), ids=CountingIds())
        self.participant = ClockParticipant("timesheets", self.store, self.committer, self.answers)

    async def hear(self, wave: int, days: int, status: Literal["advancing", "ready"] = "advancing") -> ClockRow:
        round = ClockRound(clock=CLOCK, wave=wave, now=MONDAY + timedelta(days=days), phase=1, status=status)
        await self.participant.answer(round)
        return CLOCKS.from_document((await self.store.load(CLOCKS.name, [CLOCK]))[0])


@pytest.fixture
async def rig() -> Any:
    made = Rig()
    await made.committer.start()
    yield made
    await made.committer.stop()


async def test_every_round_is_answered_and_moves_the_clock(rig: Rig) -> None:
    await rig.hear(1, 0)
    row = await rig.hear(2, 1, "ready")
    assert (row.now, row.advancing, rig.answers.waves) == (MONDAY + timedelta(days=1), False, [1, 2])


async def test_a_round_that_is_asked_again_is_answered_again(rig: Rig) -> None:
    await rig.hear(1, 0)
    await rig.hear(1, 0)
    assert rig.answers.waves == [1, 1]


async def test_an_older_round_moves_nothing_back_and_gets_no_answer(rig: Rig) -> None:
    await rig.hear(1, 0)
    await rig.hear(2, 0, "ready")
    await rig.hear(1003, 1)
    stands = await rig.hear(1004, 1, "ready")
    assert await rig.hear(1, 0, "advancing") == stands
    assert await rig.hear(2, 0, "ready") == stands
    assert await rig.hear(1003, 1, "advancing") == stands
    assert rig.answers.waves == [1, 2, 1003, 1004]


async def test_a_repeat_of_the_last_ready_round_does_not_stop_a_clock_that_has_left_again(rig: Rig) -> None:
    row = await rig.hear(2, 0, "ready")
    async with rig.store.transaction() as transaction:   # As contracts writes it when the clock is sent on.
        leaving = {**(await transaction.load(CLOCKS.name, [CLOCK]))[0], "advancing": True}
        rig.store.put({(CLOCKS.name, CLOCK): leaving})
    assert row.advancing is False
    assert (await rig.hear(2, 0, "ready")).advancing is True


async def test_a_round_of_a_new_drive_that_begins_further_back_is_answered_as_often_as_it_is_asked(rig: Rig) -> None:
    """The owner died before it had saved how far it was; the clock's row stays where it is."""
    stands = await rig.hear(2, 3, "ready")
    for _ in range(2):
        row = await rig.hear(1001, 1)
        assert (row.now, row.advancing) == (stands.now, True)
    assert rig.answers.waves == [2, 1001, 1001]


class Overtaken(MemoryStore):
    """Lets a unit of the clock commit between the read of its row and the reads of what keeps it busy."""

    def __init__(self) -> None:
        super().__init__()
        self.overtakes = 0

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        if collection == DUES.name and self.overtakes:
            self.overtakes -= 1
            await self.act(days=9)
        return await super().find(collection, where, sort=sort, limit=limit)

    async def act(self, days: int) -> None:
        """Commit as a unit of the clock does: what it writes and schedules, and the clock's row."""
        [row] = await self.load(CLOCKS.name, [CLOCK])
        due = DueRow("lock:w1", "lock", "w1", CLOCK, MONDAY + timedelta(days=days), 1)
        async with self.transaction() as transaction:
            await transaction.write([
                Write.guarded(CLOCKS.name, {**row, "acts": row["acts"] + 1}, row[REVISION]),
                Write("save", DUES.name, due.id, DUES.to_document(due))])


@pytest.mark.parametrize("status", ["advancing", "ready"])
async def test_a_round_that_a_unit_overtakes_keeps_what_the_unit_wrote(
    status: Literal["advancing", "ready"]
) -> None:
    store = Overtaken()
    rig = Rig(store)
    await rig.hear(1, 0, "advancing" if status == "ready" else "ready")
    await store.act(days=8)
    store.overtakes = 1
    row = await rig.hear(1001, 1, status)
    assert (row.acts, row.advancing, row.now) == (2, status == "advancing", MONDAY + timedelta(days=1))
    assert rig.answers.due == [None, MONDAY + timedelta(days=9)]
    assert (await rig.hear(1002, 2, "ready")).acts == 2
    assert rig.answers.due[-1] == MONDAY + timedelta(days=9)
