"""A service's part in moving a test clock: be at a moment, let everything due happen, report what was counted.

Rounds come from the clock's owner; a report answers one round from one snapshot. Must never read the machine's clock.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from shared.events.catalogue import owned_by, read_by
from shared.events.clocks import ClockReport, ClockReported, ClockRound, Moment
from shared.events.codec import decode, encode, enveloped
from shared.kernel.ids import derived_id
from shared.messaging.log import Outgoing
from shared.messaging.parking import Record
from shared.messaging.relay import Publisher
from shared.persistence.collections import Document
from shared.persistence.group_commit import Committer
from shared.persistence.records import CLOCKS, DUES, INTENTS, OUTBOX, PARKED, ClockRow
from shared.persistence.store import Store
from shared.persistence.unit import Due, Phase, Unit

OWNER_PARTITION = 0
"""A service answers the record of this partition; the processors answer their own."""

MomentKey = tuple[Any, int]


async def be_at(unit: Unit, round: ClockRound) -> None:
    """Write the clock's moment; commands of the clock collide with this."""
    row = await unit.get(CLOCKS, round.clock) or ClockRow(id=round.clock)
    advancing = round.status == "advancing"
    if (row.now, row.phase, row.advancing) == (round.now, round.phase, advancing):
        return
    unit.put(CLOCKS, ClockRow(
        id=row.id, now=round.now, phase=round.phase, advancing=advancing, acts=row.acts, published=row.published,
        handled=row.handled))


class ClockParticipant:
    """Answers the rounds of every test clock for one service."""

    def __init__(self, service: str, store: Store, committer: Committer, publisher: Publisher) -> None:
        self._service, self._store, self._committer, self._publisher = service, store, committer, publisher
        self._reads = {event.topic for event in read_by(service)}
        self._writes = {event.topic for event in owned_by(service)}

    async def answer(self, records: Sequence[Record]) -> None:
        """Answer the newest round of each clock among `records`."""
        newest: dict[str, ClockRound] = {}
        for record in records:
            if record.partition == OWNER_PARTITION:
                round = decode_round(record.value)
                newest[round.clock] = round
        await asyncio.gather(*(self._answer(round) for round in newest.values()))

    async def _answer(self, round: ClockRound) -> None:
        await self._committer.run(be_at, round, clock="live")
        await self._let_due_happen(round)
        report = enveloped(
            "clock.reported", ClockReported(object=await self._report(round)), source=self._service, key=round.clock,
            subject=self._service, id=derived_id("evt", "clock.reported", round.clock, str(round.wave), self._service),
            time=round.now, cause=round.clock, clock=round.clock, sequence=round.wave)
        await self._publisher.publish([Outgoing("clock.reported", round.clock, encode(report))])

    async def _let_due_happen(self, round: ClockRound) -> None:
        """Fire everything due up to the round's moment, earlier moments first, until nothing is left."""
        until: MomentKey = (round.now, round.phase)
        while True:
            rows = await self._store.find(DUES.name, {"clock": round.clock, "due_at": {"$lte": round.now}})
            due = sorted((row for row in rows if _moment(row) <= until), key=_moment)
            if not due:
                return
            first = [row for row in due if _moment(row) == _moment(due[0])]
            await asyncio.gather(*(self._committer.fire(due_of(row)) for row in first))

    async def _report(self, round: ClockRound) -> ClockReport:
        clock = round.clock
        async with self._store.transaction() as snapshot:
            rows = await snapshot.load(CLOCKS.name, [clock])
            dues = await snapshot.find(DUES.name, {"clock": clock})
            intents = await snapshot.find(INTENTS.name, {"clock": clock})
            outbox = await snapshot.find(OUTBOX.name, {"clocks": clock})
            parked = await snapshot.find(PARKED.name, {"clock": clock})
        row = CLOCKS.from_document(rows[0]) if rows else ClockRow(id=clock)
        until: MomentKey = (round.now, round.phase)
        overdue = sum(1 for due in dues if _moment(due) <= until)
        coming = min((_moment(due) for due in dues if _moment(due) > until), default=None)
        return ClockReport(
            clock=clock, wave=round.wave, participant=self._service,
            published={topic: count for topic, count in _topics(row.published).items() if topic in self._writes},
            handled={topic: count for topic, count in _topics(row.handled).items() if topic in self._reads},
            busy=len(intents) + len(outbox) + overdue,
            next_due=None if coming is None else Moment(at=coming[0], phase=coming[1]),
            blocked=tuple(f"{self._service}: parked {item['topic']} {item['key']}" for item in parked))


def decode_round(value: bytes | None) -> ClockRound:
    """Read a round; UndecodableEvent where it is none."""
    envelope: Any = decode("clock.advanced", value)
    round: ClockRound = envelope.data.object
    return round


def due_of(row: Document) -> Due:
    """Return the due item that a row holds."""
    return Due(kind=row["kind"], ref=row["ref"], clock=row["clock"], due_at=row["due_at"], phase=Phase(row["phase"]))


def _moment(row: Document) -> MomentKey:
    return (row["due_at"], row["phase"])


def _topics(counts: dict[str, int]) -> dict[str, int]:
    return {name.replace(":", "."): count for name, count in counts.items()}
