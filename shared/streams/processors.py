"""What a stream processor is: a pure, synchronous object. Must never do I/O, read a clock or know Faust.

A processor is handed one decoded record and a view of its partition's state; it answers with the state records that
change and the events to publish. Everything that makes this exact (order of writes, repeats after a crash, parking)
is the loop's business, so a processor can be tested with plain lists of records.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from shared.events.envelope import Envelope

Kept = TypeVar("Kept")
"""One record of a processor's state: immutable, replaced as a whole."""

KeptSeen = TypeVar("KeptSeen", covariant=True)
KeptTaken = TypeVar("KeptTaken", contravariant=True)
Index = TypeVar("Index", bound="DerivedIndex[Any]")
IndexSeen = TypeVar("IndexSeen", bound="DerivedIndex[Any]", covariant=True)


@dataclass(frozen=True, slots=True)
class Record:
    """One decoded event and where it came from. Decisions are made on the event's own version, never on a place."""

    topic: str
    partition: int
    key: str
    event: Envelope[Any]


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event to publish on `topic`; its id and content follow from its cause, so that a repeat is the same event."""

    topic: str
    event: Envelope[Any]


@dataclass(frozen=True, slots=True)
class Handled(Generic[Kept]):
    """What one record does.

    `changes`: state records by key, None removes one. `outputs` are published before the changes are stored, so that a
    crash between the two publishes them again. `answers` are published once the changes are durable. `repeat` says that
    the record had been counted before: it changes nothing, and `outputs` holds what was published for it.
    """

    changes: dict[str, Kept | None] = field(default_factory=dict)
    outputs: tuple[Announcement, ...] = ()
    answers: tuple[Announcement, ...] = ()
    repeat: bool = False


class DerivedIndex(Protocol[KeptTaken]):
    """What follows from the state records of one partition: sums, heaps. Rebuilt from them, never stored."""

    def replace(self, key: str, old: KeptTaken | None, new: KeptTaken | None) -> None:
        """Follow one state record from `old` to `new`."""


class StateView(Protocol[KeptSeen, IndexSeen]):
    """What a processor may see: one partition's state records, and what was derived from them."""

    @property
    def partition(self) -> int:
        """The partition of this state and of the record at hand."""

    @property
    def index(self) -> IndexSeen:
        """Sums and heaps over the state records."""

    def get(self, key: str) -> KeptSeen | None:
        """Return the state record of `key`."""

    def blocked(self, clock: str) -> tuple[str, ...]:
        """Say which records of `clock` are parked: money that has not been counted yet."""


class Processor(Protocol[Kept, Index]):
    """A fold over the log: one object for all partitions, with no state of its own."""

    @property
    def name(self) -> str:
        """The name of the processor in the catalogue's readers."""

    def new_index(self) -> Index:
        """Return the index of a partition without records."""

    def handle(self, record: Record, state: StateView[Kept, Index]) -> Handled[Kept]:
        """Decide what `record` does; an exception parks the record and leaves the state as it was."""

    def goes_back(self, known: Kept, found: Kept) -> bool:
        """Whether `found` is older than `known`: a process that was taken for dead may still write to the changelog."""

    def is_outdated(self, key: str, kept: Kept, get: Callable[[str], Kept | None]) -> bool:
        """Whether a record found at the start was taken over by another: a crash came before its removal."""

    def encode(self, kept: Kept) -> bytes:
        """Write a state record for the changelog."""

    def decode(self, raw: bytes) -> Kept:
        """Read a state record from the changelog, of this or an earlier version of the code."""
