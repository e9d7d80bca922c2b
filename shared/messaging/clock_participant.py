"""A service's part in moving a test clock: be at a moment, let everything due happen, report what was counted.

Rounds come from the clock's owner; a report answers one round. They are read beside the events, from one partition and
without a group: what is missed while nobody listens is asked again. Must never read the machine's clock.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import TopicPartition

from shared.events.catalogue import owned_by, read_by
from shared.events.clocks import ClockReport, ClockReported, ClockRound, Moment
from shared.events.codec import UndecodableEvent, decode, encode, enveloped
from shared.kernel.ids import derived_id
from shared.messaging.log import Log, Outgoing, ReaderSettings
from shared.messaging.relay import Publisher
from shared.observability.logs import logger
from shared.persistence.collections import REVISION, Document
from shared.persistence.group_commit import Committer
from shared.persistence.records import CLOCKS, DUES, INTENTS, OUTBOX, PARKED, ClockRow
from shared.persistence.store import Conflict, Store, Write
from shared.persistence.unit import Due, Phase

CLOCK_TOPIC = "clock.advanced"
OWNER_PARTITION = 0
"""A service answers the record of this partition; the processors answer their own."""

LISTEN_AGAIN_S = 0.3
TRY_AGAIN_S = 0.01
POLL_MS = 1_000

REMEMBERED_CLOCKS = 10_000
MomentKey = tuple[Any, int]


def moved_to(row: ClockRow, round: ClockRound) -> ClockRow:
    """Return the clock's row at the round's moment. A clock never goes back."""
    return replace(row, now=max(round.now, row.now or round.now), phase=round.phase,
                   advancing=round.status == "advancing", wave=round.wave)


def _stands_at(row: ClockRow, round: ClockRound) -> bool:
    return (row.now, row.phase, row.advancing) == (round.now, round.phase, round.status == "advancing")


def _moves(row: ClockRow, round: ClockRound) -> bool:
    under_way = row.advancing and round.status == "advancing"
    return round.wave > row.wave and not under_way and not _stands_at(row, round)


def _is_past(row: ClockRow, round: ClockRound) -> bool:
    left_since = round.wave == row.wave and row.advancing != (round.status == "advancing")
    return round.wave < row.wave or left_since


def _differ_in_moment_alone(one: ClockRow, other: ClockRow) -> bool:
    return replace(one, now=other.now, phase=other.phase, advancing=other.advancing, wave=other.wave) == other


_log = logger("clock_participant")


class ClockParticipant:
    """Answers the rounds of every test clock for one service."""

    def __init__(self, service: str, store: Store, committer: Committer, publisher: Publisher) -> None:
        self._service, self._store, self._committer, self._publisher = service, store, committer, publisher
        self._reads = {event.topic for event in read_by(service)}
        self._writes = {event.topic for event in owned_by(service)}
        self._seen: dict[str, _Seen] = {}
        self._newest: dict[str, ClockRound] = {}

    async def listen(self, log: Log, settings: ReaderSettings) -> None:
        """Answer rounds for ever, each clock's in their order; a clock that takes long keeps no other one waiting."""
        while True:
            try:
                await self._listen(log, settings)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                _log.warning("rounds_wait", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(LISTEN_AGAIN_S)

    async def _listen(self, log: Log, settings: ReaderSettings) -> None:
        consumer = log.consumer(settings, from_now=True)
        consumer.assign([TopicPartition(f"{settings.topic_prefix}{CLOCK_TOPIC}", OWNER_PARTITION)])
        answering: dict[str, asyncio.Task[None]] = {}
        await consumer.start()
        try:
            await consumer.seek_to_end()
            while True:
                for messages in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for message in messages:
                        self._take(message.value, answering)
        finally:
            self._newest.clear()
            for task in answering.values():
                task.cancel()
            await asyncio.gather(*answering.values(), return_exceptions=True)
            await consumer.stop()

    def _take(self, value: bytes | None, answering: "dict[str, asyncio.Task[None]]") -> None:
        """Answer a round after the one that is being answered on its clock; of those that wait, the newest alone."""
        try:
            round = decode_round(value)
        except UndecodableEvent as error:
            _log.error("round_undecodable", reason=str(error))
            return
        self._newest[round.clock] = round
        if round.clock not in answering:
            answering[round.clock] = asyncio.create_task(self._answer_newest(round.clock, answering))

    async def _answer_newest(self, clock: str, answering: "dict[str, asyncio.Task[None]]") -> None:
        while (round := self._newest.pop(clock, None)) is not None:
            try:
                await self.answer(round)
            except Exception as error:   # The owner asks again.
                _log.warning("round_unanswered", clock=clock, error=f"{type(error).__name__}: {error}"[:300])
        del answering[clock]

    async def answer(self, round: ClockRound) -> None:
        """Let what is due at the round's moment happen, and report."""
        seen = await self._bring_to(round)
        if seen is None:
            return
        report = enveloped(
            "clock.reported", ClockReported(object=self._report(round, seen)), source=self._service, key=round.clock,
            subject=self._service, id=derived_id("evt", "clock.reported", round.clock, str(round.wave), self._service),
            time=round.now, cause=round.clock, clock=round.clock, sequence=round.wave)
        await self._publisher.publish([Outgoing("clock.reported", round.clock, encode(report))])

    async def _bring_to(self, round: ClockRound) -> "_Seen | None":
        """Fire what is due up to the round's moment, earlier moments first; return what is there then.

        A clock that is under way already is brought along by what is due, and by what is heard from others; one that
        leaves or arrives is written down. None for a round that the clock is past: a reader that lost its offsets
        hears old ones again.
        """
        until: MomentKey = (round.now, round.phase)
        while (seen := await self._look(round)) is not None:
            due = [item for item in seen.dues if _moment(item) <= until]
            if not due:
                return seen
            first = min(_moment(item) for item in due)
            await asyncio.gather(*(self._committer.fire(due_of(item)) for item in due if _moment(item) == first))
        return None

    async def _look(self, round: ClockRound) -> "_Seen | None":
        """Return what keeps the clock busy, its row first; written down where the round makes it leave or arrive.

        The reads are no snapshot. Quiet needs two waves with equal counters: between the two reads of the row nothing
        was committed that counts, so what is read in between is what was there at that moment. Every write of the
        clock's units counts in its row, so while nothing but the moment changes there nothing else is read again.
        """
        known = self._seen.get(round.clock)
        if known is not None and _moves(known.row, round):
            moved = await self._move(known.found, round)
            if moved is not None:
                return self._remember(round.clock, replace(known, found=moved))
        while True:
            found = await self._find(round.clock)
            if _is_past(found.row, round):
                return None
            moves = _moves(found.row, round)
            if not moves and known is not None and _differ_in_moment_alone(known.row, found.row):
                return self._remember(round.clock, replace(known, found=found))
            if not moves:
                return self._remember(round.clock, await self._read(round.clock, found))
            moved, seen = await asyncio.gather(self._move(found, round), self._read(round.clock, found))
            if moved is not None:
                return self._remember(round.clock, replace(seen, found=moved))
            await asyncio.sleep(random.uniform(0.001, TRY_AGAIN_S))  # noqa: S311 - jitter, no secret

    async def _move(self, found: "_Found", round: ClockRound) -> "_Found | None":
        """Write the clock's row at the round's moment; None where somebody has written it meanwhile.

        Every unit of the clock writes the row it has read, so that of a unit and this write one fails and begins anew.
        """
        row = moved_to(found.row, round)
        try:
            await self._store.write(Write.guarded(CLOCKS.name, CLOCKS.to_document(row), found.revision))
        except Conflict:
            return None
        return _Found(row, found.revision + 1)

    async def _read(self, clock: str, found: "_Found") -> "_Seen":
        dues, intents, outbox, parked = await asyncio.gather(
            self._store.find(DUES.name, {"clock": clock}), self._store.find(INTENTS.name, {"clock": clock}),
            self._store.find(OUTBOX.name, {"clocks": clock}), self._store.find(PARKED.name, {"clock": clock}))
        return _Seen(found, dues, len(intents) + len(outbox),
                     tuple(f"{self._service}: parked {item['topic']} {item['key']}" for item in parked))

    def _remember(self, clock: str, seen: "_Seen") -> "_Seen":
        """Keep what was seen, unless it ends without a change of the row: a row sent, a call answered."""
        self._seen.pop(clock, None)
        if not seen.open and not seen.parked:
            self._seen[clock] = seen
            while len(self._seen) > REMEMBERED_CLOCKS:
                del self._seen[next(iter(self._seen))]
        return seen

    async def _find(self, clock: str) -> "_Found":
        rows = await self._store.load(CLOCKS.name, [clock])
        return _Found(CLOCKS.from_document(rows[0]), rows[0][REVISION]) if rows else _Found(ClockRow(id=clock), 0)

    def _report(self, round: ClockRound, seen: "_Seen") -> ClockReport:
        coming = min((_moment(item) for item in seen.dues), default=None)
        return ClockReport(
            clock=round.clock, wave=round.wave, participant=self._service,
            published={topic: count for topic, count in _topics(seen.row.published).items() if topic in self._writes},
            republished=_topics(seen.row.republished), acts=seen.row.acts,
            handled={topic: count for topic, count in _topics(seen.row.handled).items() if topic in self._reads},
            busy=seen.open, next_due=None if coming is None else Moment(at=coming[0], phase=coming[1]),
            blocked=seen.parked)


@dataclass(frozen=True, slots=True)
class _Found:
    """A clock's row as it was read; revision 0: there is none yet."""

    row: ClockRow
    revision: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a service's store holds of one clock; `open` counts unsent rows and unanswered calls."""

    found: _Found
    dues: Sequence[Document]
    open: int
    parked: tuple[str, ...]

    @property
    def row(self) -> ClockRow:
        """The clock's row."""
        return self.found.row


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
