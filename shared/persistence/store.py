"""The store that a service is given: transactions over documents. Two adapters pass one suite: MongoDB and memory.

    StoreError
    ├── Conflict            another writer was faster: nothing was kept, try again
    ├── CommitUnknown       the commit was sent and no answer came: look up what happened, never decide again
    └── StoreUnavailable    the server cannot be reached: nothing was kept
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.unit import Filter


class StoreError(Exception):
    """The root of what a store may raise."""


class Conflict(StoreError):
    """Another writer was faster; nothing was kept."""


class CommitUnknown(StoreError):
    """The commit was sent and no answer came."""


class StoreUnavailable(StoreError):
    """The server cannot be reached."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `replace` names the revision that was read and conflicts where it is gone; `save` is unguarded."""

    kind: Literal["insert", "replace", "delete", "save"]
    collection: str
    id: str
    document: Document | None = None
    revision: int | None = None

    @staticmethod
    def guarded(collection: str, document: Document, read: int) -> "Write":
        """Return the write of `document` over the revision that was `read`; 0 where there was none."""
        id, written = document["_id"], {**document, REVISION: read + 1}
        return Write("replace", collection, id, written, read) if read else Write("insert", collection, id, written)


class Transaction(Protocol):
    """One snapshot of the database and what is written on top of it."""

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Return the documents that exist."""

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Return what matches, own writes included."""

    async def write(self, writes: Sequence[Write]) -> None:
        """Write; Conflict where a guard fails or an insert exists."""


class Store(Protocol):
    """A service's own database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin; leaving without an error commits durably (majority, journaled), an error aborts."""

    async def load(self, collection: str, ids: Sequence[str]) -> list[Document]:
        """Read outside a transaction."""

    async def find(
        self, collection: str, where: Filter, *, sort: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Read outside a transaction."""

    async def write(self, write: Write) -> None:
        """Write one document durably, outside a transaction; Conflict where a guard fails or an insert exists.

        An open transaction that has read the document can no longer write it.
        """

    async def insert_new(self, collection: str, documents: Sequence[Document]) -> int:
        """Insert those whose id is new, leave the others; returns how many were new."""

    async def delete_range(self, collection: str, first: str, last: str) -> int:
        """Delete every document whose id lies in `[first, last]`."""

    async def snapshot(self, collection: str) -> list[Document]:
        """Return every document as of one instant: with each, all that were committed before it."""

    async def ping(self) -> None:
        """Return if the server answers."""

    async def prepare(self, collections: Iterable[Collection[Any]]) -> int:
        """Create collections and indexes that are missing; returns how many collections."""
