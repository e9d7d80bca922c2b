"""The archive of a service's published events: read by `GET /v1/events`, published again on an operator's word."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from shared.kernel.instants import Instant
from shared.observability.clock import IdSource
from shared.persistence.group import GroupUnit
from shared.persistence.group_commit import Committer
from shared.persistence.keyset import Keyset, read_page
from shared.persistence.records import ARCHIVE, ArchivedEvent
from shared.persistence.store import Store
from shared.web.events_api import EventFilter

AT_ONCE = 500
"""Events that are read, and published again, together."""


class MongoEventArchive:
    """What the relay has published, in order of time and id."""

    def __init__(self, store: Store, committer: Committer, ids: IdSource) -> None:
        self._store, self._committer, self._ids = store, committer, ids

    async def page(
        self, wanted: EventFilter, after: tuple[Instant, str] | None, limit: int
    ) -> Sequence[ArchivedEvent]:
        """Return at most `limit` events in the order of (time, id), from behind `after`."""
        where: dict[str, Any] = {name: value for name, value in (
            ("contract_id", wanted.contract_id), ("key", wanted.key), ("topic", wanted.topic),
            ("clock", wanted.clock)) if value is not None}
        rows = await read_page(self._store, ARCHIVE.name, where, Keyset(
            "time", limit, after=after, since=wanted.since, until=wanted.until))
        return [ARCHIVE.from_document(row) for row in rows]

    async def redeliver(self, topic: str, clock: str | None) -> int:
        """Publish every archived event of `topic` (and `clock`) again; return how many."""
        redelivery, republished = self._ids.new("rdl"), 0
        where: dict[str, Any] = {"topic": topic} if clock is None else {"topic": topic, "clock": clock}
        async for events in self._by_key(where):
            for start in range(0, len(events), AT_ONCE):
                await self._committer.run(_republish, (redelivery, events[start:start + AT_ONCE]), clock="live")
            republished += len(events)
        return republished

    async def _by_key(self, where: dict[str, Any]) -> AsyncIterator[list[ArchivedEvent]]:
        """Yield what matches, some keys at a time, each whole and in its order: a topic may be larger than memory."""
        beyond: dict[str, Any] = {}
        while True:
            rows = await self._store.find(ARCHIVE.name, {**where, **beyond}, sort="key", limit=AT_ONCE)
            if more := len(rows) == AT_ONCE:
                last = rows[-1]["key"]   # It may go on.
                beyond = {"key": {"$gt": last}}
                rows = [row for row in rows if row["key"] != last]
                rows += await self._store.find(ARCHIVE.name, {**where, "key": last})
            yield sorted((ARCHIVE.from_document(row) for row in rows), key=lambda event: (event.key, event.sequence))
            if not more:
                return


async def _republish(unit: Any, command: tuple[str, Sequence[ArchivedEvent]]) -> None:
    redelivery, events = command
    if not isinstance(unit, GroupUnit):
        raise TypeError("events are published again by a group commit alone")
    for event in events:
        unit.republish(event, redelivery)
