"""The MongoDB adapter. Must be the only place that knows the driver: changing it means changing `connect` alone.

`connect` builds the Motor client that the suite was asked for, or PyMongo's own async client (`driver="pymongo"`), its
named successor; `_awaited` is the whole difference between the two.
"""

import inspect
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Literal

import motor.motor_asyncio
from bson.codec_options import CodecOptions
from pymongo import ASCENDING, AsyncMongoClient, DeleteOne, InsertOne, ReplaceOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.store import CommitUnknown, Conflict, StoreUnavailable, Write
from shared.persistence.unit import Filter
from shared.persistence.written import Written

Driver = Literal["motor", "pymongo"]
_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
_DURABLE = WriteConcern(w="majority", j=True)
_MONGODB_8 = 25
"""The wire version since which one command may write to several collections."""
_WRITE_CONFLICT = 112
_DUPLICATE_KEY = 11000
_TOO_LARGE = 388
"""The group does not fit into the server's cache: it is tried again and then split, as after a conflict."""
_ENDED_BY_SERVER = "transaction already closed"
"""SecantusDB's words, without a label, for a transaction that it has rolled back while it grew."""


def connect(uri: str, *, driver: Driver = "motor") -> Any:
    """Return a client of `driver` for `uri`; connects lazily, so it may be built before the server is up."""
    options: dict[str, Any] = {"serverSelectionTimeoutMS": 2_000, "connectTimeoutMS": 2_000, "retryWrites": False}
    if driver == "motor":
        return motor.motor_asyncio.AsyncIOMotorClient(uri, **options)
    return AsyncMongoClient(uri, **options)


async def _awaited(value: Any) -> Any:
    """Return `value`, awaited where this driver makes it awaitable."""
    return await value if inspect.isawaitable(value) else value


def _translated(error: PyMongoError) -> Exception:
    """Return the store's error for the driver's."""
    if isinstance(error, DuplicateKeyError):
        return Conflict(str(error))
    if isinstance(error, BulkWriteError):
        codes = {item.get("code") for item in error.details.get("writeErrors", ())}
        if codes & {_WRITE_CONFLICT, _DUPLICATE_KEY, _TOO_LARGE}:
            return Conflict(str(error))
    if isinstance(error, AutoReconnect | ConnectionFailure | WaitQueueTimeoutError):
        return StoreUnavailable(str(error))
    if error.has_error_label("TransientTransactionError"):
        return Conflict(str(error))
    if isinstance(error, OperationFailure) and error.code in (_WRITE_CONFLICT, _DUPLICATE_KEY, _TOO_LARGE):
        return Conflict(str(error))
    if isinstance(error, OperationFailure) and _ENDED_BY_SERVER in str(error):
        return Conflict(str(error))
    return error


class _Collections(dict[str, Any]):
    """A database's collections, each built once: the driver would build a new one for every call."""

    def __init__(self, database: Any) -> None:
        super().__init__()
        self.database = database

    def __missing__(self, name: str) -> Any:
        built = self[name] = self.database[name]
        return built


BATCH_SIZE = 10_000
"""Documents in a server's answer at most; it sends no more than 16 MiB of them at once either."""
JOINED_MAX = 16
"""A collection with so few writes shares one command with the others, instead of a round trip of its own. A server
takes a longer list faster by itself (`tools.bench.groups`)."""


class MongoTransaction:
    """A snapshot transaction on one session."""

    def __init__(self, collections: _Collections, session: Any, *, joined_max: int = 0) -> None:
        self._collections, self._session, self._joined_max = collections, session, joined_max
        self._begun = False
        """The first statement carries the read concern, which SecantusDB refuses on a write across collections."""
        self._read: dict[tuple[str, str], int | None] = {}
        """Revisions in this snapshot: the server itself refuses to write over what was committed later."""
        self.writes: list[Write] = []
        self.replaced_read: set[tuple[str, str]] = set()
        """Which of them were replaced by their id alone."""

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Return the documents that exist."""
        return await self.find(collection, {"_id": ids[0]} if len(ids) == 1 else {"_id": {"$in": list(ids)}})

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Return what matches, own writes included.

        By the command itself: a cursor costs the driver twice as much, and a second round trip for the 102nd document.
        """
        self._begun = True
        command: Document = {"find": collection, "filter": dict(where), "batchSize": BATCH_SIZE}
        if sort is not None:
            command["sort"] = {sort.removeprefix("-"): -1 if sort.startswith("-") else ASCENDING}
        if limit is not None:
            command["limit"] = limit
        try:
            cursor = (await self._command(command))["cursor"]
            found: list[Document] = cursor["firstBatch"]
            while cursor["id"]:
                more = {"getMore": cursor["id"], "collection": collection, "batchSize": BATCH_SIZE}
                cursor = (await self._command(more))["cursor"]
                found += cursor["nextBatch"]
        except PyMongoError as error:
            raise _translated(error) from error
        self._read.update({(collection, document["_id"]): document.get(REVISION) for document in found})
        return found

    async def write(self, writes: Sequence[Write]) -> None:
        """Write in one command, or per collection in bulk; Conflict where a guard fails or an insert exists."""
        by_collection: dict[str, list[Write]] = defaultdict(list)
        for write in writes:
            by_collection[write.collection].append(write)
        joined = [name for name, group in by_collection.items() if len(group) <= self._joined_max]
        if len(joined) < 2 or not self._begun:
            joined = []
        try:
            if joined:
                await self._write_across(joined, [write for name in joined for write in by_collection[name]])
            for name, group in by_collection.items():
                if name not in joined:
                    await self._write_one(name, group)
        except PyMongoError as error:
            raise _translated(error) from error
        self._begun = True
        self.writes.extend(writes)

    async def _write_across(self, names: Sequence[str], writes: Sequence[Write]) -> None:
        """Write to several collections by one `bulkWrite`."""
        database = self._collections.database
        numbers = {name: number for number, name in enumerate(names)}
        answer = await database.client.admin.command({
            "bulkWrite": 1, "ops": [
                _statement(write, numbers[write.collection], self._guard(write)) for write in writes],
            "nsInfo": [{"ns": f"{database.name}.{name}"} for name in names], "errorsOnly": True,
        }, session=self._session)
        if answer["nErrors"]:
            raise _failure_of(answer["cursor"]["firstBatch"][0])
        _check_guards(names, writes, answer["nMatched"] + answer["nUpserted"])

    async def _write_one(self, name: str, group: Sequence[Write]) -> None:
        """Write to one collection: what is new, what is replaced, what goes, each by one command.

        The commands themselves, as the driver's bulk interface takes longer for the same.
        """
        inserts = [write.document for write in group if write.kind == "insert"]
        if inserts:
            await self._command({"insert": name, "documents": inserts})
        updates = [write for write in group if write.kind in ("replace", "save")]
        if updates:
            answer = await self._command({"update": name, "updates": [
                {"q": self._guard(write), "u": write.document, "upsert": write.kind == "save"} for write in updates]})
            _check_guards([name], updates, answer["n"])
        deletes = [{"q": {"_id": write.id}, "limit": 1} for write in group if write.kind == "delete"]
        if deletes:
            await self._command({"delete": name, "deletes": deletes})

    def _guard(self, write: Write) -> Document:
        """Return what a replaced document must match: where it was read its id alone, a server's shortest way."""
        place = (write.collection, write.id)
        read = self._read.get(place)
        if read is None or read != write.revision:
            return _guard(write)
        self.replaced_read.add(place)
        return {"_id": write.id}

    async def _command(self, command: Document) -> Document:
        answer: Document = await self._collections.database.command(
            command, session=self._session, codec_options=_CODEC)
        if errors := answer.get("writeErrors"):
            raise _failure_of(errors[0])
        return answer


def _guard(write: Write) -> Document:
    """Return what a replaced document must match."""
    return {"_id": write.id} if write.kind == "save" else {"_id": write.id, REVISION: write.revision}


def _check_guards(names: Sequence[str], writes: Sequence[Write], matched: int) -> None:
    if matched < sum(1 for write in writes if write.kind in ("replace", "save")):
        raise Conflict(f"a document of {', '.join(names)} was changed meanwhile")


def _operation(write: Write) -> Any:
    document = write.document
    if write.kind == "delete":
        return DeleteOne({"_id": write.id})
    if document is None:
        raise ValueError(f"a {write.kind} needs a document")
    if write.kind == "insert":
        return InsertOne(document)
    return ReplaceOne(_guard(write), document, upsert=write.kind == "save")


def _statement(write: Write, number: int, guard: Document) -> Document:
    """Return `write` as `bulkWrite` takes it; `number` names its collection."""
    document = write.document
    if write.kind == "delete":
        return {"delete": number, "filter": {"_id": write.id}}
    if document is None:
        raise ValueError(f"a {write.kind} needs a document")
    if write.kind == "insert":
        return {"insert": number, "document": document}
    return {"update": number, "filter": guard, "updateMods": document, "upsert": write.kind == "save"}


def _failure_of(error: Document) -> Exception:
    """Return the exception that the failed statement of a `bulkWrite` would be by itself."""
    return OperationFailure(error.get("errmsg", ""), error.get("code"), error)


async def _find(collection: Any, where: Filter, sort: str | None, limit: int | None) -> list[Document]:
    try:
        cursor = collection.find(dict(where)).batch_size(BATCH_SIZE)
        if sort is not None:
            cursor = cursor.sort(sort.removeprefix("-"), -1 if sort.startswith("-") else ASCENDING)
        if limit is not None:
            cursor = cursor.limit(limit)
        documents: list[Document] = await cursor.to_list(None)
        return documents
    except PyMongoError as error:
        raise _translated(error) from error


class MongoStore:
    """A service's own database on a MongoDB server."""

    def __init__(
        self, client: Any, database: str, *, written: Written | None = None, joined_max: int = JOINED_MAX
    ) -> None:
        self._client, self._name, self._joined_max = client, database, joined_max
        self.database = client.get_database(database, codec_options=_CODEC, write_concern=_DURABLE)
        self._written = written or Written()
        self._collections = _Collections(self.database)
        self._snapshots = _Collections(
            client.get_database(database, codec_options=_CODEC, read_concern=ReadConcern("snapshot")))
        self._knows_server = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MongoTransaction]:
        """Begin; leaving without an error commits durably, an error aborts."""
        try:
            if self._joined_max and not self._knows_server:
                if (await self._client.admin.command("hello"))["maxWireVersion"] < _MONGODB_8:
                    self._joined_max = 0
                self._knows_server = True
            session = await _awaited(self._client.start_session())
        except PyMongoError as error:
            raise _translated(error) from error
        async with session:
            await _awaited(session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=_DURABLE))
            transaction = MongoTransaction(self._collections, session, joined_max=self._joined_max)
            try:
                yield transaction
            except BaseException:
                await self._abort(session)
                raise
            await self._commit(session)
        self._written.note(self._name, transaction.writes, read=transaction.replaced_read)

    async def _abort(self, session: Any) -> None:
        try:
            await session.abort_transaction()
        except (PyMongoError, InvalidOperation):
            return   # The server forgets an open transaction by itself.

    async def _commit(self, session: Any) -> None:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if error.has_error_label("UnknownTransactionCommitResult") or isinstance(error, ConnectionFailure):
                raise CommitUnknown(str(error)) from error
            raise _translated(error) from error

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Read outside a transaction."""
        return await self.find(collection, {"_id": {"$in": list(ids)}})

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Read outside a transaction."""
        return await _find(self._collections[collection], where, sort, limit)

    async def write(self, write: Write) -> None:
        """Write one document durably; Conflict where a guard fails, an insert exists or a transaction is at it."""
        try:
            result = await self._collections[write.collection].bulk_write([_operation(write)])
        except PyMongoError as error:
            raise _translated(error) from error
        if write.kind == "replace" and result.matched_count == 0:
            raise Conflict(f"{write.collection}/{write.id} was changed meanwhile")
        self._written.note(self._name, [write])

    async def insert_new(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose id is new, leave the others; returns how many were new."""
        if not documents:
            return 0
        try:
            result = await self._collections[collection].insert_many(list(documents), ordered=False)
            self._written.note_inserts(self._name, collection, documents)
            return len(result.inserted_ids)
        except BulkWriteError as error:
            if any(item.get("code") != _DUPLICATE_KEY for item in error.details["writeErrors"]):
                raise
            return int(error.details["nInserted"])
        except PyMongoError as error:
            raise _translated(error) from error

    async def delete_range(self, collection: str, first: str, last: str) -> int:
        """Delete every document whose id lies in `[first, last]`."""
        try:
            result = await self._collections[collection].delete_many({"_id": {"$gte": first, "$lte": last}})
            self._written.note_range(self._name, collection)
            return int(result.deleted_count)
        except PyMongoError as error:
            raise _translated(error) from error

    async def snapshot(self, collection: str) -> list[Document]:
        """Read all of a collection as of one instant, however many batches it takes."""
        return await _find(self._snapshots[collection], {}, None, None)

    async def ping(self) -> None:
        """Return if the server answers; StoreUnavailable otherwise."""
        try:
            await self.database.command("ping")
        except PyMongoError as error:
            raise StoreUnavailable(str(error)) from error

    async def prepare(self, collections: Iterable[Collection[Any]]) -> int:
        """Create what is missing, drop retired indexes: a service's `migrate`. Returns how many collections it made."""
        existing = set(await self.database.list_collection_names())
        made = 0
        for collection in collections:
            if collection.name not in existing:
                await self.database.create_collection(collection.name)
                made += 1
            for keys in collection.indexes:
                await self.database[collection.name].create_index([(key, ASCENDING) for key in keys])
            for keys in collection.unique:
                await self.database[collection.name].create_index([(key, ASCENDING) for key in keys], unique=True)
            retired = {"_".join(f"{key}_{ASCENDING}" for key in keys) for keys in collection.retired}
            for name in retired and retired & (await self.database[collection.name].index_information()).keys():
                await self.database[collection.name].drop_index(name)
        return made
