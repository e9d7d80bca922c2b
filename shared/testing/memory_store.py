"""A store in memory: the fake that passes the suite of the MongoDB adapter. Must never be plugged into a service."""

import asyncio
import copy
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from shared.persistence.collections import REVISION, Document
from shared.persistence.filters import arranged, matches
from shared.persistence.store import Conflict, StoreUnavailable, Write
from shared.persistence.unit import Filter

Tables = dict[str, dict[str, Document]]


class MemoryTransaction:
    """A snapshot, and writes that are checked against the store at commit, as WiredTiger does at write."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self._base = {name: dict(rows) for name, rows in store.tables.items()}
        self._snapshot = {name: dict(rows) for name, rows in store.tables.items()}
        self._written: dict[tuple[str, str], Document | None] = {}

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Return the documents that exist."""
        rows = self._rows(collection)
        return [copy.deepcopy(rows[id]) for id in ids if id in rows]

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Return what matches, own writes included."""
        found = [row for row in self._rows(collection).values() if matches(row, where)]
        return copy.deepcopy(arranged(found, sort, limit))

    def _rows(self, collection: str) -> dict[str, Document]:
        return self._snapshot.setdefault(collection, {})

    async def write(self, writes: Sequence[Write]) -> None:
        """Write; Conflict where a guard fails, an insert exists or another committed meanwhile."""
        for write in writes:
            rows = self._rows(write.collection)
            mine = rows.get(write.id)
            self._check_unchanged(write.collection, write.id)
            if write.kind == "insert" and mine is not None:
                raise Conflict(f"{write.collection}/{write.id} exists")
            if write.kind == "replace" and (mine is None or mine.get(REVISION) != write.revision):
                raise Conflict(f"{write.collection}/{write.id} is at another revision")
            document = None if write.kind == "delete" else copy.deepcopy(write.document)
            if document is None:
                rows.pop(write.id, None)
            else:
                rows[write.id] = document
            self._written[(write.collection, write.id)] = document

    def _check_unchanged(self, name: str, id: str) -> None:
        if self._store.tables[name].get(id) is not self._base.get(name, {}).get(id):
            raise Conflict(f"{name}/{id} was changed meanwhile")

    def commit(self) -> None:
        """Keep what was written, all or nothing."""
        for name, id in self._written:
            self._check_unchanged(name, id)
        for (name, id), document in self._written.items():
            if document is None:
                self._store.tables[name].pop(id, None)
            else:
                self._store.tables[name][id] = document
        for (name, _), document in self._written.items():
            if document is not None:
                self._store.announce(name, document)


class MemoryStore:
    """A service's own database, in this process."""

    def __init__(self) -> None:
        self.tables: Tables = defaultdict(dict)
        self.available = True
        self._listeners: dict[str, list[asyncio.Queue[Document]]] = defaultdict(list)

    def _reach(self) -> None:
        if not self.available:
            raise StoreUnavailable("the memory store was switched off")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTransaction]:
        """Begin; leaving without an error commits."""
        self._reach()
        transaction = MemoryTransaction(self)
        yield transaction
        self._reach()
        transaction.commit()

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Read outside a transaction."""
        return await self.find(collection, {"_id": {"$in": list(ids)}})

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Read outside a transaction."""
        self._reach()
        found = [row for row in self.tables[collection].values() if matches(row, where)]
        return copy.deepcopy(arranged(found, sort, limit))

    async def insert_new(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose id is new, leave the others; returns how many were new."""
        self._reach()
        new = [document for document in documents if document["_id"] not in self.tables[collection]]
        for document in new:
            self.tables[collection][document["_id"]] = copy.deepcopy(document)
            self.announce(collection, document)
        return len(new)

    async def delete_range(self, collection: str, first: str, last: str) -> int:
        """Delete every document whose id lies in `[first, last]`."""
        self._reach()
        gone = [id for id in self.tables[collection] if first <= id <= last]
        for id in gone:
            del self.tables[collection][id]
        return len(gone)

    def announce(self, collection: str, document: Document) -> None:
        """Tell those who watch."""
        for queue in self._listeners[collection]:
            queue.put_nowait(copy.deepcopy(document))

    async def inserts(self, collection: str) -> AsyncIterator[Document]:
        """Yield documents as their inserts commit, in commit order, from now on; the first item is an empty one."""
        queue: asyncio.Queue[Document] = asyncio.Queue()
        self._listeners[collection].append(queue)
        try:
            yield {}
            while True:
                yield await queue.get()
        finally:
            self._listeners[collection].remove(queue)

    async def ping(self) -> None:
        """Return if the server answers; StoreUnavailable otherwise."""
        self._reach()
