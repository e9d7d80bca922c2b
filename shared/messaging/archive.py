"""The archive of a service's published events: read by `GET /v1/events`, published again on an operator's word."""

from collections.abc import Sequence
from typing import Any

from shared.kernel.instants import Instant
from shared.observability.clock import IdSource
from shared.persistence.group import GroupUnit
from shared.persistence.group_commit import Committer
from shared.persistence.keyset import Keyset, read_page
from shared.persistence.records import ARCHIVE, ArchivedEvent
from shared.persistence.store import Store
from shared.web.events_api import EventFilter


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
        where = {"topic": topic} if clock is None else {"topic": topic, "clock": clock}
        events = [ARCHIVE.from_document(row) for row in await self._store.find(ARCHIVE.name, where)]
        events.sort(key=lambda event: (event.key, event.sequence))
        redelivery = self._ids.new("rdl")
        for start in range(0, len(events), 500):
            await self._committer.run(_republish, (redelivery, events[start:start + 500]), clock="live")
        return len(events)


async def _republish(unit: Any, command: tuple[str, Sequence[ArchivedEvent]]) -> None:
    redelivery, events = command
    if not isinstance(unit, GroupUnit):
        raise TypeError("events are published again by a group commit alone")
    for event in events:
        unit.republish(event, redelivery)
