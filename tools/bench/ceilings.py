"""What the store can do at most: the write set of a payout, replayed by a bare loop in transactions of large groups.

No rules, no reads, no events, no other process: only the same writes, of the same size, into collections with the same
indexes, on the same store in the same run. The suite cannot be faster than this; the ratio says how near it comes.
"""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import OperationFailure

from shared.persistence.collections import REVISION, Document
from shared.persistence.mongo import MongoStore, connect
from tools.bench.writes import WriteKind

GROUP = 500
_TOO_LARGE = 388
_ENDED_BY_SERVER = "transaction already closed"
DATABASE = "holdfast_bench_ceiling"
CONTENTS = 64
KNOWN_MAX = 2_000
"""So many documents of a collection are there to be replaced."""


@dataclass(slots=True)
class _Shelf:
    """One collection of the replay."""

    name: str
    indexes: list[tuple[str, ...]]
    kinds: list[WriteKind] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    owed: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    numbered: int = 0
    to_delete: list[str] = field(default_factory=list)

    contents: dict[str, list[str]] = field(default_factory=dict)

    def new_id(self) -> str:
        self.numbered += 1
        return f"{self.name[:3]}_{self.numbered:024d}"

    def content(self, kind: WriteKind) -> str:
        """Return incompressible text that brings a document to its mean size; made before, to keep the loop bare."""
        if kind.kind not in self.contents:
            length = max(0, kind.mean_bytes - 80 - 30 * sum(map(len, self.indexes)))
            self.contents[kind.kind] = [os.urandom(length // 2).hex() for _ in range(CONTENTS)]
        return self.contents[kind.kind][self.numbered % CONTENTS]

    @property
    def has_deletions(self) -> bool:
        """Whether anything here is deleted again."""
        return any(kind.kind.startswith("delete") for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How many payouts' writes per second the store takes, in groups of so many."""

    per_second: float
    group: int


async def ceiling(mongodb_uri: str, kinds: Sequence[WriteKind], *, seconds: float) -> Ceiling:
    """Replay the writes of payouts; a store that cannot hold a group's transaction gets smaller ones."""
    client, group = connect(mongodb_uri), GROUP
    while True:
        try:
            return Ceiling(await _replay(client, kinds, group, seconds), group)
        except OperationFailure as failure:
            if group <= 1 or not _too_large(failure):
                raise
            group //= 2
        finally:
            await client.drop_database(DATABASE)


def _too_large(failure: OperationFailure) -> bool:
    errors = (failure.details or {}).get("writeErrors", ())
    return (_TOO_LARGE in {failure.code, *(error.get("code") for error in errors)}
            or _ENDED_BY_SERVER in str(failure))


async def _replay(client: Any, kinds: Sequence[WriteKind], group: int, seconds: float) -> float:
    await client.drop_database(DATABASE)
    database = MongoStore(client, DATABASE).database
    shelves = await _shelves(client, database, kinds)
    await _replay_group(client, database, shelves, group)   # The first group finds everything cold.
    groups, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        await _replay_group(client, database, shelves, group)
        groups += 1
    return groups * group / (time.perf_counter() - began)


async def _shelves(client: Any, database: Any, kinds: Sequence[WriteKind]) -> list[_Shelf]:
    shelves: dict[tuple[str, str], _Shelf] = {}
    for kind in kinds:
        where = (kind.database, kind.collection)
        if where not in shelves:
            found = await client[kind.database][kind.collection].index_information()
            fields = [tuple(name for name, _ in index["key"]) for name, index in found.items() if name != "_id_"]
            shelf = shelves[where] = _Shelf(f"{kind.database.rpartition('_')[2]}_{kind.collection}", fields)
            await database.create_collection(shelf.name)
            for names in fields:
                await database[shelf.name].create_index([(name, 1) for name in names])
        shelves[where].kinds.append(kind)
    for shelf in shelves.values():
        await _fill(database, shelf)
    return list(shelves.values())


async def _fill(database: Any, shelf: _Shelf) -> None:
    """Put documents there that the replay replaces."""
    replaced = [kind for kind in shelf.kinds if kind.kind.startswith("replace")]
    if not replaced:
        return
    documents = [_document(shelf, replaced[0]) for _ in range(KNOWN_MAX)]
    await database[shelf.name].insert_many(documents)
    shelf.known = [document["_id"] for document in documents]


def _document(shelf: _Shelf, kind: WriteKind, id: str | None = None) -> Document:
    id = id or shelf.new_id()
    document: Document = {"_id": id, REVISION: 1}
    for fields in shelf.indexes:
        for name in fields:
            _put(document, name.split("."), f"{id[-6:]}{name}")
    document["content"] = shelf.content(kind)
    return document


def _put(document: Document, path: list[str], value: str) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document[path[-1]] = value


async def _replay_group(client: Any, database: Any, shelves: Sequence[_Shelf], group: int) -> None:
    """Write what a group of payouts writes; what happens less than once per payout happens in its turn."""
    async with await client.start_session() as session, session.start_transaction():
        for shelf in shelves:
            operations = [operation for kind in shelf.kinds for operation in _operations(shelf, kind, group)]
            if operations:
                await database[shelf.name].bulk_write(operations, ordered=False, session=session)
    for shelf in shelves:
        for kind in shelf.kinds:
            if kind.kind == "delete_range":
                for _ in range(_how_many(shelf, kind, group)):
                    await _delete_range(database, shelf)


async def _delete_range(database: Any, shelf: _Shelf) -> None:
    rows, shelf.to_delete = shelf.to_delete[:1], shelf.to_delete[1:]
    if rows:
        await database[shelf.name].delete_many({"_id": {"$gte": rows[0], "$lte": rows[0]}})


def _operations(shelf: _Shelf, kind: WriteKind, group: int) -> list[Any]:
    many = 0 if kind.kind == "delete_range" else _how_many(shelf, kind, group)
    if kind.kind == "insert":
        made = [_document(shelf, kind) for _ in range(many)]
        if shelf.has_deletions:
            shelf.to_delete.extend(document["_id"] for document in made)
        return [InsertOne(document) for document in made]
    if kind.kind == "save":
        made = [_document(shelf, kind) for _ in range(many)]
        shelf.to_delete.extend(document["_id"] for document in made)
        return [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in made]
    if kind.kind == "delete":
        gone, shelf.to_delete = shelf.to_delete[:many], shelf.to_delete[many:]
        return [DeleteOne({"_id": id}) for id in gone]
    if kind.kind.startswith("replace"):
        first = shelf.numbered % max(1, len(shelf.known))
        chosen = [shelf.known[(first + offset) % len(shelf.known)] for offset in range(many)]
        guard = {} if kind.kind == "replace_read" else {REVISION: 1}
        return [ReplaceOne({"_id": id, **guard}, _document(shelf, kind, id)) for id in chosen]
    return []


def _how_many(shelf: _Shelf, kind: WriteKind, group: int) -> int:
    owed = shelf.owed[kind.kind] + kind.per_payout * group
    shelf.owed[kind.kind] = owed % 1
    return int(owed)
