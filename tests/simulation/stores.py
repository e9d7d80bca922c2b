"""A process's way to a store in memory: time passes on it, answers get lost, the server is away. Must never decide."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.persistence.collections import Collection, Document
from shared.persistence.records import CLOCKS
from shared.persistence.store import CommitUnknown, Conflict, StoreUnavailable, Write
from shared.persistence.unit import Filter
from shared.testing.memory_store import MemoryStore, MemoryTransaction
from tests.simulation.lives import Life


class WatchedStore(MemoryStore):
    """A database that notes what may never happen in it, whatever the weather: time that goes back."""

    def __init__(self) -> None:
        super().__init__()
        self.wrongs: list[str] = []

    def put(self, written: Mapping[tuple[str, str], Document | None]) -> None:
        """Write, and compare with what stood there."""
        for (name, id), document in written.items():
            before = self.tables[name].get(id)
            if name != CLOCKS.name or before is None or document is None or before["now"] is None:
                continue
            if document["now"] < before["now"]:
                self.wrongs.append(f"{id} went back from {before['now']} to {document['now']}")
        super().put(written)


class LinkedTransaction:
    """A transaction at the end of the link."""

    def __init__(self, life: Life, inner: MemoryTransaction) -> None:
        self._life, self._inner = life, inner

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Return the documents that exist."""
        await self._life.step()
        return await self._inner.load(collection, ids)

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Return what matches, own writes included."""
        await self._life.step()
        return await self._inner.find(collection, where, sort=sort, limit=limit)

    async def write(self, writes: Sequence[Write]) -> None:
        """Write; Conflict where another committed meanwhile."""
        await self._life.step()
        await self._inner.write(writes)


class StoreLink:
    """The store as one life of one process reaches it."""

    def __init__(self, store: MemoryStore, life: Life) -> None:
        self._store, self._life = store, life

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[LinkedTransaction]:
        """Begin; a commit may happen unseen, or late, or not at all, and the process may die on either side of it."""
        await self._life.step()
        if not self._store.available:
            raise StoreUnavailable("the server is away")
        inner = MemoryTransaction(self._store)
        yield LinkedTransaction(self._life, inner)
        await self._life.step()
        if not self._store.available or self._life.loses_answer():
            self._end_unseen(inner)
            raise CommitUnknown("the commit was sent and no answer came")
        inner.commit()
        await self._life.step()
        if self._life.loses_answer():
            raise CommitUnknown("the answer to a commit was lost")

    def _end_unseen(self, inner: MemoryTransaction) -> None:
        """The commit is on its way: it never arrives, or it arrives later than its sender asks for it."""
        if self._life.dice.happens(0.5):
            late_s = self._life.dice.random.uniform(0.0, 1.0)
            asyncio.get_running_loop().call_later(late_s, _commit_late, inner)

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Read outside a transaction."""
        await self._life.step()
        found = await self._store.load(collection, ids)
        await self._life.step()
        return found

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Read outside a transaction."""
        await self._life.step()
        found = await self._store.find(collection, where, sort=sort, limit=limit)
        await self._life.step()
        return found

    async def write(self, write: Write) -> None:
        """Write one document; StoreUnavailable may mean that it happened, or that it happens later."""
        await self._life.step()
        if self._life.loses_answer():
            self._end_unseen(await self._begun(write))
            raise StoreUnavailable("the answer to a write was lost")
        await self._store.write(write)
        await self._answered()

    async def _begun(self, write: Write) -> MemoryTransaction:
        await self._store.ping()
        inner = MemoryTransaction(self._store)
        await inner.write([write])
        return inner

    async def insert_new(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose id is new; StoreUnavailable may mean that it happened."""
        await self._life.step()
        new = await self._store.insert_new(collection, documents)
        await self._answered()
        return new

    async def delete_range(self, collection: str, first: str, last: str) -> int:
        """Delete a range; StoreUnavailable may mean that it happened."""
        await self._life.step()
        gone = await self._store.delete_range(collection, first, last)
        await self._answered()
        return gone

    async def _answered(self) -> None:
        await self._life.step()
        if self._life.loses_answer():
            raise StoreUnavailable("the answer was lost")

    async def snapshot(self, collection: str) -> list[Document]:
        """Read all of a collection."""
        return await self.find(collection, {})

    async def ping(self) -> None:
        """Return if the server answers."""
        await self._life.step()
        await self._store.ping()

    async def prepare(self, collections: Iterable[Collection[Any]]) -> int:
        """Take note of what must be unique."""
        return await self._store.prepare(collections)


def _commit_late(inner: MemoryTransaction) -> None:
    try:
        inner.commit()
    except Conflict:
        return   # Its sender was faster with another attempt.
