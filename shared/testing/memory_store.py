"""A store in memory: the fake that passes the suite of the MongoDB adapter. Must never be plugged into a service."""

import copy
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.filters import arranged, matches
from shared.persistence.store import Conflict, StoreUnavailable, Write
from shared.persistence.unit import Filter

Tables = dict[str, dict[str, Document]]


class MemoryTransaction:
    """A snapshot, and writes that are checked against the store at commit, as WiredTiger does at write."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self._base = dict(store.tables)   # Tables are replaced as a whole, never changed.
        self._mine: Tables = {}
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
        mine = self._mine.get(collection)
        return self._base.get(collection, {}) if mine is None else mine

    def _own(self, collection: str) -> dict[str, Document]:
        if collection not in self._mine:
            self._mine[collection] = dict(self._base.get(collection, {}))
        return self._mine[collection]

    async def write(self, writes: Sequence[Write]) -> None:
        """Write; Conflict where a guard fails, an insert exists or another committed meanwhile."""
        for write in writes:
            rows = self._own(write.collection)
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

    def _check_unique(self, name: str, id: str, document: Document) -> None:
        """Compare with the store as it will be: what this transaction wrote lies over what stands there."""
        for keys in self._store.unique[name]:
            mine = [document[key] for key in keys]
            rows = {**self._store.tables[name], **{row_id: row for (table, row_id), row in self._written.items()
                                                   if table == name}}
            if any(row is not None and row_id != id and [row[key] for key in keys] == mine
                   for row_id, row in rows.items()):
                raise Conflict(f"{name}/{id}: another document has the same {keys}")

    def commit(self) -> None:
        """Keep what was written, all or nothing."""
        for name, id in self._written:
            self._check_unchanged(name, id)
        for (name, id), document in self._written.items():
            if document is not None:
                self._check_unique(name, id, document)
        self._store.put(self._written)


class MemoryStore:
    """A service's own database, in this process."""

    def __init__(self) -> None:
        self.tables: Tables = defaultdict(dict)
        self.unique: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self.available = True

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
        self._reach()
        rows = self.tables[collection]
        return [copy.deepcopy(rows[id]) for id in ids if id in rows]

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Read outside a transaction."""
        self._reach()
        found = [row for row in self.tables[collection].values() if matches(row, where)]
        return copy.deepcopy(arranged(found, sort, limit))

    async def write(self, write: Write) -> None:
        """Write one document; Conflict where a guard fails or an insert exists."""
        async with self.transaction() as transaction:
            await transaction.write([write])

    async def insert_new(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose id is new, leave the others; returns how many were new."""
        self._reach()
        new = [document for document in documents if document["_id"] not in self.tables[collection]]
        self.put({(collection, document["_id"]): copy.deepcopy(document) for document in new})
        return len(new)

    async def delete_range(self, collection: str, first: str, last: str) -> int:
        """Delete every document whose id lies in `[first, last]`."""
        self._reach()
        gone = [id for id in self.tables[collection] if first <= id <= last]
        self.put({(collection, id): None for id in gone})
        return len(gone)

    def put(self, written: Mapping[tuple[str, str], Document | None]) -> None:
        """Replace every table that `written` touches: whoever holds the old one keeps a snapshot."""
        for name in {name for name, _ in written}:
            changes = {id: document for (table, id), document in written.items() if table == name}
            self.tables[name] = {id: row for id, row in {**self.tables[name], **changes}.items() if row is not None}

    async def snapshot(self, collection: str) -> list[Document]:
        """Read all of a collection."""
        return await self.find(collection, {})

    async def ping(self) -> None:
        """Return if the server answers; StoreUnavailable otherwise."""
        self._reach()

    async def prepare(self, collections: Iterable[Collection[Any]]) -> int:
        """Take note of what must be unique; tables make themselves."""
        for collection in collections:
            self.unique[collection.name] = [tuple(keys) for keys in collection.unique]
        return 0
