"""The unit of work: what a use case may do to the store, to the outbox and to time. Must never do I/O itself.

A use case is `async def use_case(unit: Unit, command) -> answer`. It loads, decides and puts; everything it did is kept
together, or nothing of it (a raised Refusal, NotFound or Early keeps nothing).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from shared.kernel.instants import Instant
from shared.persistence.collections import Collection

T = TypeVar("T")
Filter = Mapping[str, Any]
"""Equality, and `$in $ne $lt $lte $gt $gte` on one field: what every adapter understands."""


class Phase(IntEnum):
    """The order of what is due at one instant (I4)."""

    LOCK = 1
    CHARGE = 2
    MATURITY = 3
    PAYOUT_RUN = 4


class Early(Exception):
    """The sequel came before its cause: remember the event until something called `awaited` arrives."""

    def __init__(self, awaited: str) -> None:
        super().__init__(awaited)
        self.awaited = awaited


@dataclass(frozen=True, slots=True)
class Due:
    """What happens at `due_at` of `clock` (business time); one per kind and ref, scheduling again moves it."""

    kind: str
    ref: str
    clock: str
    due_at: Instant
    phase: Phase

    @property
    def id(self) -> str:
        """Kind and ref name it."""
        return f"{self.kind}:{self.ref}"


@dataclass(frozen=True, slots=True)
class Intent:
    """A call to the world outside that was decided and not yet recorded; asked again on machine time until closed."""

    kind: str
    ref: str
    clock: str

    @property
    def id(self) -> str:
        """Kind and ref name it."""
        return f"{self.kind}:{self.ref}"


class Unit(Protocol):
    """One command's, event's or due item's view of the service's database."""

    clock: str
    """"live" or a test clock's id."""
    cause: str
    """The id of the command, event or due item that this unit answers; derived ids come from it."""

    @property
    def now(self) -> Instant:
        """Business time of `clock`; for an event never before its time, for a due item never before its instant."""

    async def get(self, collection: Collection[T], id: str) -> T | None:
        """Return the value as this transaction sees it, or None."""

    async def get_many(self, collection: Collection[T], ids: Iterable[str]) -> dict[str, T]:
        """Return those that exist, by id."""

    async def find(
        self, collection: Collection[T], where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[T]:
        """Return what matches, this unit's own writes included. `sort` is a field, "-field" for descending."""

    def put(self, collection: Collection[T], value: T) -> None:
        """Insert, or replace what was read: another writer in between makes the whole group try again."""

    def delete(self, collection: Collection[Any], id: str) -> None:
        """Delete."""

    def emit(self, payload: BaseModel, *, key: str, subject: str, contract_id: str | None = None) -> str:
        """Publish with this transaction; returns the event's id, derived from the cause. Time is `now`."""

    def schedule(self, due: Due) -> None:
        """Let `due` happen."""

    def unschedule(self, kind: str, ref: str) -> None:
        """Let it not happen; harmless where nothing was scheduled."""

    def intend(self, intent: Intent) -> None:
        """Promise a call to the outside."""

    def close_intent(self, kind: str, ref: str) -> None:
        """The call's outcome is recorded."""

    def arrived(self, awaited: str) -> None:
        """What early events waited for is here: handle them now."""

    def new_id(self, prefix: str) -> str:
        """Return an id that nobody has seen."""

    def derived_id(self, prefix: str, *parts: str) -> str:
        """Return an id that follows from `parts` alone."""
