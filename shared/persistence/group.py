"""One group's view of the database: an identity map that its units share, and what is written at its end.

Every unit works on an overlay; `keep` folds it into the group, dropping it leaves no trace. Must never commit.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from shared.events.catalogue import BY_PAYLOAD, BY_TOPIC, LIVE
from shared.events.codec import decode, encode
from shared.events.envelope import Envelope
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.observability.clock import IdSource
from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.filters import arranged, matches
from shared.persistence.records import (
    AWAITED,
    CLOCKS,
    DUES,
    EARLY,
    INBOX,
    INTENTS,
    LANES,
    OUTBOX,
    SEQUENCES,
    ArchivedEvent,
    AwaitedRow,
    ClockRow,
    DueRow,
    EarlyRow,
    InboxRow,
    IntentRow,
    LaneRow,
    OutboxRow,
    SequenceRow,
)
from shared.persistence.store import Conflict, Transaction, Write
from shared.persistence.unit import Due, Early, Filter, Intent

T = TypeVar("T")
Key = tuple[str, str]
KnownSequence = tuple[int, int]
"""The last sequence of a topic and key, and its document's revision, as this process committed them."""

_BLIND = frozenset({DUES.name, INTENTS.name, LANES.name})
"""Written without being read: saved as they are, last one wins within the transaction's conflict rules."""
_NEW = frozenset({INTENTS.name})
"""Of these, what is nearly always new: inserted, which is cheaper, and saved only after that has collided."""


class DuplicateDocument(Exception):
    """A unit put a document as new whose id exists: it should have read it first."""


@dataclass(slots=True)
class Slot:
    """One document: as it was read (`revision` 0: it did not exist), and as it stands now."""

    revision: int | None
    """None: not read."""
    document: Document | None
    value: Any = None
    collection: Collection[Any] | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event that waits for its sequence number."""

    topic: str
    key: str
    subject: str
    contract_id: str | None
    payload: BaseModel
    id: str
    time: Instant
    clock: str
    cause: str
    correlation: str


@dataclass(slots=True)
class _Effects:
    """What a unit did beside documents."""

    events: list[PendingEvent | dict[str, Any]] = field(default_factory=list)
    dues: list[DueRow] = field(default_factory=list)
    intents: list[IntentRow] = field(default_factory=list)
    handled: Counter[str] = field(default_factory=Counter)
    arrived: list[str] = field(default_factory=list)
    acts: int = 0


class GroupUnit:
    """The unit of work of one member (see `shared.persistence.unit.Unit`)."""

    def __init__(
        self, group: "Group", *, clock: str, cause: str, correlation: str, not_before: Instant | None
    ) -> None:
        self.group, self.clock, self.cause, self.correlation = group, clock, cause, correlation
        self.not_before = not_before
        self.written: dict[Key, tuple[Collection[Any], Any]] = {}
        self.effects = _Effects()

    @property
    def now(self) -> Instant:
        """Business time of the clock, never before what caused this unit."""
        now = self.group.machine_now if self.clock == LIVE else self.group.clock_now(self.clock)
        if self.not_before is not None and (now is None or now < self.not_before):
            return self.not_before
        if now is None:
            raise LookupError(f"test clock {self.clock} is not known here")
        return now

    # ---- documents --------------------------------------------------------------------------------------------

    async def get(self, collection: Collection[T], id: str) -> T | None:
        """Return the value as this unit sees it, or None."""
        written = self.written.get((collection.name, id))
        if written is not None:
            return cast("T | None", written[1])
        return await self.group.value(collection, id)

    async def get_many(self, collection: Collection[T], ids: Iterable[str]) -> dict[str, T]:
        """Return those that exist, by id."""
        wanted = list(dict.fromkeys(ids))
        await self.group.prefetch((collection.name, id) for id in wanted)
        found: dict[str, T] = {}
        for id in wanted:
            value = await self.get(collection, id)
            if value is not None:
                found[id] = value
        return found

    async def find(
        self, collection: Collection[T], where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[T]:
        """Return what matches, this unit's own writes included."""
        own = {id: value for (name, id), (_, value) in self.written.items() if name == collection.name}
        return await self.group.find(collection, where, own, sort=sort, limit=limit)

    def put(self, collection: Collection[T], value: T) -> None:
        """Insert, or replace what was read."""
        self.written[(collection.name, collection.key(value))] = (collection, value)

    def delete(self, collection: Collection[Any], id: str) -> None:
        """Delete."""
        self.written[(collection.name, id)] = (collection, None)

    # ---- effects ----------------------------------------------------------------------------------------------

    def emit(self, payload: BaseModel, *, key: str, subject: str, contract_id: str | None = None) -> str:
        """Publish with this transaction; returns the event's id."""
        event = BY_PAYLOAD[type(payload)]
        if contract_id is None:
            contract_id = subject if event.topic.startswith("contract.") else _contract_of(payload)
        id = derived_id("evt", self.cause, event.topic, str(len(self.effects.events)))
        self.effects.events.append(PendingEvent(
            topic=event.topic, key=key, subject=subject, contract_id=contract_id, payload=payload, id=id,
            time=self.now, clock=self.clock, cause=self.cause, correlation=self.correlation))
        return id

    def republish(self, event: ArchivedEvent, redelivery: str) -> None:
        """Publish an archived event again, the same bytes."""
        self.effects.events.append(_outbox_event(
            id=event.id, topic=event.topic, key=event.key, sequence=event.sequence, value=event.value,
            contract_id=event.contract_id, clock=event.clock, time=event.time, redelivery=redelivery))

    def schedule(self, due: Due) -> None:
        """Let `due` happen."""
        row = DueRow(id=due.id, kind=due.kind, ref=due.ref, clock=due.clock, due_at=due.due_at, phase=int(due.phase))
        self.put(DUES, row)
        self.effects.dues.append(row)

    def unschedule(self, kind: str, ref: str) -> None:
        """Let it not happen."""
        self.delete(DUES, f"{kind}:{ref}")

    def intend(self, intent: Intent) -> None:
        """Promise a call to the outside."""
        row = IntentRow(id=intent.id, kind=intent.kind, ref=intent.ref, clock=intent.clock)
        self.put(INTENTS, row)
        self.effects.intents.append(row)

    def close_intent(self, kind: str, ref: str) -> None:
        """The call's outcome is recorded."""
        self.delete(INTENTS, f"{kind}:{ref}")

    def arrived(self, awaited: str) -> None:
        """What early events waited for is here."""
        self.effects.arrived.append(awaited)

    def new_id(self, prefix: str) -> str:
        """Return an id that nobody has seen."""
        return self.group.ids.new(prefix)

    def derived_id(self, prefix: str, *parts: str) -> str:
        """Return an id that follows from `parts` alone."""
        return derived_id(prefix, *parts)

    # ---- for group commit alone -------------------------------------------------------------------------------

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work`; where it raises Early, nothing that it did is left."""
        written, effects = dict(self.written), self.effects
        self.effects = replace(
            effects, events=list(effects.events), dues=list(effects.dues), intents=list(effects.intents),
            handled=Counter(effects.handled), arrived=list(effects.arrived))
        try:
            await work()
        except Early:
            self.written, self.effects = written, effects
            raise

    def mark_handled(self, inbox_id: str) -> None:
        """Write the inbox row."""
        self.put(INBOX, InboxRow(id=inbox_id))

    def count_handled(self, topic: str) -> None:
        """Count an event for quiet."""
        self.effects.handled[topic] += 1

    def keep_early(self, awaited: str, topic: str, envelope: Envelope[Any]) -> None:
        """Remember an event that came before its cause."""
        self.put(EARLY, EarlyRow(id=envelope.id, awaited=awaited, topic=topic, value=encode(envelope),
                                 order=self.group.next_order()))
        self.group.touch_awaited(awaited)


class Group:
    """The identity map of one transaction."""

    def __init__(
        self, transaction: Transaction, *, service: str, machine_now: Instant, ids: IdSource, careful: bool = False,
        sequences: Mapping[str, KnownSequence] | None = None,
    ) -> None:
        self._transaction, self._service, self._careful = transaction, service, careful
        self._known_sequences = sequences or {}
        self.machine_now, self.ids = machine_now, ids
        self._slots: dict[Key, Slot] = {}
        self._effects: list[tuple[str, _Effects]] = []
        self._arrived: list[str] = []
        self._awaited: set[str] = set()
        self._order = int(machine_now.timestamp() * 1000) * 1000
        self.has_outbox_row = False
        """Whether what was flushed is for the relay too."""
        self._reached: dict[str, Instant] = {}
        """How far what was handled here has brought each test clock."""

    def unit(self, *, clock: str, cause: str, correlation: str, not_before: Instant | None) -> GroupUnit:
        """Begin a unit."""
        return GroupUnit(self, clock=clock, cause=cause, correlation=correlation, not_before=not_before)

    def keep(self, unit: GroupUnit) -> None:
        """Fold what `unit` did into the group."""
        for key, (collection, value) in unit.written.items():
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = Slot(revision=None, document=None)
            slot.collection, slot.value, slot.changed, slot.document = collection, value, True, None
        if unit.clock != LIVE and unit.not_before is not None:
            self._reached[unit.clock] = max(unit.not_before, self._reached.get(unit.clock, unit.not_before))
        if unit.written:   # Whatever a clock's units write changes its row, and collides with the clock's own steps.
            unit.effects.acts += 1
        self._effects.append((unit.clock, unit.effects))
        self._arrived.extend(unit.effects.arrived)

    def holds(self, name: str, id: str) -> bool:
        """Return whether the document is known to exist in this group's view."""
        slot = self._slots.get((name, id))
        return slot is not None and (slot.value is not None or slot.document is not None)

    def changes(self, name: str, id: str) -> bool:
        """Return whether this group has written the document, which may not be kept."""
        slot = self._slots.get((name, id))
        return slot is not None and slot.changed

    def next_order(self) -> int:
        """Return a number that grows."""
        self._order += 1
        return self._order

    def touch_awaited(self, awaited: str) -> None:
        """Make waiting for `awaited` and its arrival collide."""
        self._awaited.add(awaited)

    def clock_now(self, clock: str) -> Instant | None:
        """Return the test clock's now in this snapshot, and as far as this group has brought it."""
        slot, reached = self._slots.get((CLOCKS.name, clock)), self._reached.get(clock)
        row = None if slot is None else self._value_of(CLOCKS, clock, slot)
        if row is None or row.now is None:
            return reached
        return row.now if reached is None else max(row.now, reached)

    # ---- reading ----------------------------------------------------------------------------------------------

    async def prefetch(self, keys: Iterable[Key]) -> None:
        """Read what is not yet known, one query per collection."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for name, id in dict.fromkeys(keys):
            slot = self._slots.get((name, id))
            if slot is None:
                wanted[name].append(id)
        for name, ids in wanted.items():
            found = {document["_id"]: document for document in await self._transaction.load(name, ids)}
            for id in ids:
                self._learn(name, id, found.get(id))

    def _learn(self, name: str, id: str, document: Document | None) -> Slot:
        slot = Slot(revision=document.get(REVISION, 0) if document is not None else 0, document=document)
        self._slots[(name, id)] = slot
        return slot

    async def document(self, name: str, id: str) -> Document | None:
        """Return the raw document as the group sees it."""
        await self.prefetch([(name, id)])
        slot = self._slots[(name, id)]
        if slot.changed and slot.collection is not None:
            return None if slot.value is None else slot.collection.to_document(slot.value)
        return slot.document

    async def value(self, collection: Collection[T], id: str) -> T | None:
        """Return the typed value as the group sees it."""
        key = (collection.name, id)
        if key not in self._slots:
            await self.prefetch([key])
        return self._value_of(collection, id, self._slots[key])

    def _value_of(self, collection: Collection[T], id: str, slot: Slot) -> T | None:
        if slot.value is None and slot.document is not None:
            slot.value, slot.collection = collection.from_document(slot.document), collection
        return cast("T | None", slot.value)

    async def find(
        self, collection: Collection[T], where: Filter, own: Mapping[str, Any], *, sort: str | None, limit: int | None
    ) -> list[T]:
        """Return what matches in the database, with this group's and the unit's writes laid over it."""
        name = collection.name
        laid: dict[str, Any] = {id: slot.value for (slot_name, id), slot in self._slots.items()
                                if slot_name == name and slot.changed}
        laid.update(own)
        rows = await self._transaction.find(name, where, sort=sort, limit=None if laid else limit)
        merged: dict[str, Document] = {}
        values: dict[str, Any] = {}
        for document in rows:
            id = document["_id"]
            if id in laid:
                continue
            slot = self._slots.get((name, id)) or self._learn(name, id, document)
            merged[id], values[id] = document, self._value_of(collection, id, slot)
        for id, value in laid.items():
            if value is None:
                continue
            document = collection.to_document(value)
            if matches(document, where):
                merged[id], values[id] = document, value
        return [values[document["_id"]] for document in arranged(merged.values(), sort, limit)]

    async def take_arrived(self) -> list[tuple[EarlyRow, Envelope[Any]]]:
        """Return, and forget, the remembered events whose cause has arrived, in their order."""
        names, self._arrived = list(dict.fromkeys(self._arrived)), []
        if not names:
            return []
        self._awaited.update(names)
        rows = await self.find(EARLY, {"awaited": {"$in": names}}, {}, sort="order", limit=None)
        for row in rows:
            slot = self._slots.setdefault((EARLY.name, row.id), Slot(revision=None, document=None))
            slot.collection, slot.value, slot.document, slot.changed = EARLY, None, None, True
        return [(row, decode(row.topic, row.value)) for row in rows]

    # ---- writing ----------------------------------------------------------------------------------------------

    async def flush(self, *, lane: str, number: int) -> None:
        """Write everything that the kept units did."""
        await self._guard_awaited()
        events = await self._sequenced()
        await self._count(events)
        dues = [row for _, effects in self._effects for row in effects.dues]
        intents = [row for _, effects in self._effects for row in effects.intents]
        if events or dues or intents:
            self.has_outbox_row = True
            clocks = sorted({event["clock"] for event in events} - {LIVE})
            self._save_new(OUTBOX, OutboxRow(
                id=f"{lane}:{number:020d}", clocks=tuple(clocks), events=tuple(events),
                dues=tuple(_due_hint(row) for row in dues if row.clock == LIVE),
                intents=tuple({"kind": row.kind, "ref": row.ref, "clock": row.clock} for row in intents)))
        if not any(slot.changed for slot in self._slots.values()):
            return
        self._save_new(LANES, LaneRow(id=lane, last=number))
        if self._careful:
            await self._look_before_inserting()
        blind = _BLIND if self._careful else _BLIND - _NEW
        await self._transaction.write([write for key, slot in self._slots.items()
                                       if slot.changed and (write := _write_of(key, slot, blind)) is not None])

    def _save_new(self, collection: Collection[T], value: T) -> None:
        self._slots[(collection.name, collection.key(value))] = Slot(
            revision=None, document=None, value=value, collection=collection, changed=True)

    async def _guard_awaited(self) -> None:
        if not self._awaited:
            return
        await self.prefetch((AWAITED.name, awaited) for awaited in self._awaited)
        for awaited in self._awaited:
            slot = self._slots[(AWAITED.name, awaited)]
            row = self._value_of(AWAITED, awaited, slot)
            slot.collection, slot.changed = AWAITED, True
            slot.value = AwaitedRow(id=awaited, touched=(row.touched if row is not None else 0) + 1)

    async def _sequenced(self) -> list[dict[str, Any]]:
        pending = [event for _, effects in self._effects for event in effects.events]
        keys = dict.fromkeys(f"{event.topic}|{event.key}" for event in pending if isinstance(event, PendingEvent))
        for key in keys:
            if (known := self._known_sequences.get(key)) is not None and (SEQUENCES.name, key) not in self._slots:
                # Not read again: the guarded write finds out where another process has gone on meanwhile.
                self._slots[(SEQUENCES.name, key)] = Slot(
                    revision=known[1], document=None, value=SequenceRow(id=key, last=known[0]), collection=SEQUENCES)
        await self.prefetch((SEQUENCES.name, key) for key in keys)
        events: list[dict[str, Any]] = []
        for event in pending:
            if isinstance(event, dict):
                events.append(event)
                continue
            key = f"{event.topic}|{event.key}"
            slot = self._slots[(SEQUENCES.name, key)]
            row = self._value_of(SEQUENCES, key, slot)
            last = (row.last if row is not None else 0) + 1
            slot.collection, slot.value, slot.changed = SEQUENCES, SequenceRow(id=key, last=last), True
            envelope = self._envelope(event, last)
            events.append(_outbox_event(
                id=event.id, topic=event.topic, key=event.key, sequence=last, value=encode(envelope),
                contract_id=event.contract_id, clock=event.clock, time=event.time, redelivery=None))
        return events

    def sequences(self) -> dict[str, KnownSequence]:
        """Return the sequences as this group leaves them, once it is committed."""
        return {id: (slot.value.last, (slot.revision or 0) + 1) for (name, id), slot in self._slots.items()
                if name == SEQUENCES.name and slot.changed}

    def _envelope(self, event: PendingEvent, sequence: int) -> Envelope[Any]:
        spec = BY_TOPIC[event.topic]
        return Envelope(
            id=event.id, source=f"/billing/{self._service}", type=spec.type, subject=event.subject, time=event.time,
            dataschema=spec.dataschema, partitionkey=event.key, sequence=sequence, causationid=event.cause,
            correlationid=event.correlation, livemode=event.clock == LIVE,
            testclock=None if event.clock == LIVE else event.clock, data=event.payload)

    async def _count(self, events: Sequence[Mapping[str, Any]]) -> None:
        published: dict[str, Counter[str]] = defaultdict(Counter)
        republished: dict[str, Counter[str]] = defaultdict(Counter)
        handled: dict[str, Counter[str]] = defaultdict(Counter)
        acts: Counter[str] = Counter()
        for event in events:
            published[event["clock"]][event["topic"]] += 1
            if event["redelivery"] is not None:
                republished[event["clock"]][event["topic"]] += 1
        for clock, effects in self._effects:
            handled[clock].update(effects.handled)
            acts[clock] += effects.acts
        touched = [clock for clock in {*published, *handled, *acts} if clock != LIVE
                   and (published[clock] or handled[clock] or acts[clock])]
        await self.prefetch((CLOCKS.name, clock) for clock in touched)
        for clock in touched:
            slot = self._slots[(CLOCKS.name, clock)]
            row = self._value_of(CLOCKS, clock, slot) or ClockRow(id=clock)
            slot.collection, slot.changed = CLOCKS, True
            slot.value = replace(row, now=row.now and self.clock_now(clock), acts=row.acts + acts[clock],
                                 published=_added(row.published, published[clock]),
                                 republished=_added(row.republished, republished[clock]),
                                 handled=_added(row.handled, handled[clock]))

    async def _look_before_inserting(self) -> None:
        unread: dict[str, list[str]] = defaultdict(list)
        for (name, id), slot in self._slots.items():
            if slot.changed and slot.revision is None and slot.value is not None and name not in _BLIND:
                unread[name].append(id)
        for name, ids in unread.items():
            if found := await self._transaction.load(name, ids):
                raise DuplicateDocument(f"{name}/{found[0]['_id']} exists and was put without being read")


def _contract_of(payload: BaseModel) -> str | None:
    """Return the contract that the payload's resource names, if any: pydantic takes long to miss an attribute."""
    resource: Any = getattr(payload, "object", None)
    return resource.contract_id if "contract_id" in getattr(type(resource), "model_fields", ()) else None


def _added(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Add counts; topics stand with ':' for '.', as a document's field names may hold no dots."""
    return dict(Counter(counts) + Counter({topic.replace(".", ":"): number for topic, number in more.items()}))


def _due_hint(row: DueRow) -> dict[str, Any]:
    return {"kind": row.kind, "ref": row.ref, "clock": row.clock, "due_at": row.due_at, "phase": row.phase}


def _outbox_event(
    *, id: str, topic: str, key: str, sequence: int, value: bytes, contract_id: str | None, clock: str,
    time: Instant, redelivery: str | None,
) -> dict[str, Any]:
    return {"id": id, "topic": topic, "key": key, "sequence": sequence, "value": value, "contract_id": contract_id,
            "clock": clock, "time": time, "redelivery": redelivery}


def _write_of(key: Key, slot: Slot, blind: frozenset[str]) -> Write | None:
    name, id = key
    if slot.collection is None:
        raise Conflict(f"{name}/{id} was changed without a collection")
    if slot.value is None:
        if slot.revision == 0 and name not in _BLIND:   # Blind documents carry no revision, whether there or not.
            return None   # It never existed in the database.
        return Write("delete", name, id)
    document = slot.collection.to_document(slot.value)
    if name in _BLIND:
        return Write("save" if name in blind else "insert", name, id, document)
    return Write.guarded(name, document, slot.revision or 0)
