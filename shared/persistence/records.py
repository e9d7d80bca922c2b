"""The technical documents beside every service's own: outbox, inbox, sequences, dues, intents, clocks. No rule.

All are written in the same transaction as the change that they belong to.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.persistence.collections import CONVERTER, Collection, Document


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One group commit's events, in order, as bytes; what it scheduled and intends wakes the worker."""

    id: str
    clocks: tuple[str, ...]
    events: tuple[dict[str, Any], ...]
    dues: tuple[dict[str, Any], ...] = ()
    intents: tuple[dict[str, Any], ...] = ()


def _outbox_fields(row: OutboxRow) -> Document:
    """Take the events as they are: they hold plain values, and looking at each would cost more than all the rest."""
    return {"id": row.id, "clocks": list(row.clocks), "events": list(row.events), "dues": list(row.dues),
            "intents": list(row.intents)}


CONVERTER.register_unstructure_hook(OutboxRow, _outbox_fields)


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """An event as it was published, for `GET /v1/events` and redelivery."""

    id: str
    topic: str
    key: str
    contract_id: str | None
    clock: str
    time: datetime
    sequence: int
    value: bytes


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A handled event: reader's own database, so its id alone (and the redelivery's, which is counted once too)."""

    id: str


@dataclass(frozen=True, slots=True)
class SequenceRow:
    """The last sequence number of one topic and key."""

    id: str
    last: int


@dataclass(frozen=True, slots=True)
class LaneRow:
    """The last group that one process committed: answers an unknown commit."""

    id: str
    last: int


@dataclass(frozen=True, slots=True)
class DueRow:
    """A due item."""

    id: str
    kind: str
    ref: str
    clock: str
    due_at: datetime
    phase: int


@dataclass(frozen=True, slots=True)
class IntentRow:
    """A call to the outside that is not yet answered and recorded."""

    id: str
    kind: str
    ref: str
    clock: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A test clock as this service knows it, and what this service has published and handled under it."""

    id: str
    now: datetime | None = None
    phase: int = 0
    advancing: bool = False
    wave: int = 0
    """The round that brought the clock here: an older one that is heard again moves nothing."""
    acts: int = 0
    published: dict[str, int] = field(default_factory=dict)
    """Events per topic, redelivered copies included."""
    republished: dict[str, int] = field(default_factory=dict)
    """Redelivered copies alone: services count each once, processors do not."""
    handled: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EarlyRow:
    """An event that came before its cause."""

    id: str
    awaited: str
    topic: str
    value: bytes
    order: int


@dataclass(frozen=True, slots=True)
class AwaitedRow:
    """Touched by who waits for something and by who brings it, so that the two never pass each other unseen."""

    id: str
    touched: int


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """An event that could not be decoded or handled; later ones of its key and topic wait behind it."""

    id: str
    topic: str
    partition: int
    offset: int
    key: str
    clock: str | None
    reason: str
    behind: bool
    value: bytes
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The recorded answer to an Idempotency-Key."""

    id: str
    body_hash: str
    kind: str
    status: int
    body: bytes
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """Who of a service's workers relays."""

    id: str
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TurnRow:
    """Whose group writes now, while processes collide: its lane, and a number that differs each time."""

    id: str
    holder: str
    number: int


OUTBOX = Collection("outbox", OutboxRow, indexes=(("clocks",),))
ARCHIVE = Collection(
    "event_archive", ArchivedEvent,
    indexes=(("key", "time"), ("contract_id", "time"), ("clock", "time"), ("time",)))
INBOX = Collection("inbox", InboxRow)
SEQUENCES = Collection("sequences", SequenceRow)
LANES = Collection("lanes", LaneRow)
DUES = Collection("due_items", DueRow, indexes=(("clock", "due_at"),))
INTENTS = Collection("intents", IntentRow, retired=(("clock",),))
"""Only those that are open: few enough to be read whole for one clock."""
CLOCKS = Collection("clocks", ClockRow)
EARLY = Collection("early_events", EarlyRow, indexes=(("awaited",),))
AWAITED = Collection("awaited", AwaitedRow)
PARKED = Collection("parked_events", ParkedRow, indexes=(("topic", "key"),))
ANSWERS = Collection("idempotency_keys", AnswerRow)
LEASES = Collection("leases", LeaseRow)
TURNS = Collection("turns", TurnRow)

TECHNICAL: tuple[Collection[Any], ...] = (
    OUTBOX, ARCHIVE, INBOX, SEQUENCES, LANES, DUES, INTENTS, CLOCKS, EARLY, AWAITED, PARKED, ANSWERS, LEASES,
    TURNS,
)
