"""Reads outside of a transaction, for queries: typed documents and the present instant of a clock. Must never write."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from shared.events.catalogue import LIVE
from shared.kernel.decisions import NotFound
from shared.kernel.instants import Instant
from shared.observability.clock import Clock
from shared.persistence.collections import Collection
from shared.persistence.records import CLOCKS
from shared.persistence.store import Store
from shared.persistence.unit import Filter

T = TypeVar("T")


class Reading(Protocol):
    """What queries and rules of visibility need: a `Unit` is one too."""

    async def get(self, collection: Collection[T], id: str) -> T | None:
        """Return the value, or None."""

    async def get_many(self, collection: Collection[T], ids: Iterable[str]) -> dict[str, T]:
        """Return those that exist, by id."""

    async def find(
        self, collection: Collection[T], where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[T]:
        """Return what matches. `sort` is a field, "-field" for descending."""


class StoreReading:
    """`Reading` over the store as it is now; each call sees what is committed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def now(self, clock: str) -> Instant:
        """Return the present instant of "live" or of a test clock; NotFound where the clock is not known here yet."""
        if clock == LIVE:
            return self._clock.now()
        row = await self.get(CLOCKS, clock)
        if row is None or row.now is None:
            raise NotFound("test clock")
        return row.now

    async def get(self, collection: Collection[T], id: str) -> T | None:
        """Return the value, or None."""
        return (await self.get_many(collection, [id])).get(id)

    async def get_many(self, collection: Collection[T], ids: Iterable[str]) -> dict[str, T]:
        """Return those that exist, by id."""
        documents = await self._store.load(collection.name, list(dict.fromkeys(ids)))
        return {document["_id"]: collection.from_document(document) for document in documents}

    async def find(
        self, collection: Collection[T], where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[T]:
        """Return what matches. `sort` is a field, "-field" for descending."""
        documents = await self._store.find(collection.name, where, sort=sort, limit=limit)
        return [collection.from_document(document) for document in documents]
