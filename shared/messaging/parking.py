"""Parking: events that could not be decoded or handled, and those of their key that wait behind them.

Nothing is thrown away: a parked event keeps its bytes and its reason until a person retries or drops it.
"""

from dataclasses import dataclass
from typing import Any

from shared.events.catalogue import LIVE
from shared.events.codec import decode
from shared.persistence.group_commit import Committer
from shared.persistence.records import PARKED, ParkedRow
from shared.persistence.store import Store
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


async def park(unit: Unit, parked: ParkedRow) -> None:
    """Keep a record that cannot be handled now; a repeat of it is the same parked record."""
    if await unit.get(PARKED, parked.id) is None:
        unit.put(PARKED, parked)


async def unpark(unit: Unit, id: str) -> None:
    """Take a parked record away."""
    unit.delete(PARKED, id)


class ParkingLot:
    """One reader's parked events."""

    def __init__(self, store: Store, committer: Committer) -> None:
        self._store, self._committer = store, committer
        self._blocked: set[tuple[str, str]] | None = None

    async def blocked(self) -> set[tuple[str, str]]:
        """Return the topics and keys that wait behind a parked event."""
        if self._blocked is None or self._blocked:   # While something is parked, a command may have freed it.
            rows = await self._store.find(PARKED.name, {})
            self._blocked = {(row["topic"], row["key"]) for row in rows}
        return self._blocked

    def forget(self) -> None:
        """Partitions have moved: what another instance parked of them is to be looked up."""
        self._blocked = None

    async def park(self, record: Record, reason: str, *, clock: str | None, behind: bool) -> None:
        """Park `record`."""
        row = ParkedRow(
            id=f"{record.topic}:{record.partition}:{record.offset}", topic=record.topic, partition=record.partition,
            offset=record.offset, key=record.key, clock=clock, reason=reason, behind=behind,
            value=record.value or b"", parked_at=self._committer.machine_now())
        await self._committer.record(park, row, clock=clock or LIVE, cause=row.id)
        self._blocked = {*(self._blocked or ()), (record.topic, record.key)}

    async def parked(self) -> list[ParkedRow]:
        """Return what is parked, in the order in which it was read."""
        rows = [PARKED.from_document(row) for row in await self._store.find(PARKED.name, {})]
        return sorted(rows, key=lambda row: (row.topic, row.partition, row.offset))

    async def retry(self, id: str) -> list[str]:
        """Handle a parked event and, in order, those behind it; stops at the first that fails again."""
        rows = await self.parked()
        first = next(row for row in rows if row.id == id)
        done = []
        for row in (row for row in rows if (row.topic, row.key) == (first.topic, first.key)):
            envelope: Any = decode(row.topic, row.value)
            await self._committer.handle(row.topic, envelope)
            await self._unpark(row)
            done.append(row.id)
        return done

    async def drop(self, id: str) -> None:
        """Forget a parked event; those behind it are retried by `retry`."""
        for row in await self.parked():
            if row.id == id:
                await self._unpark(row)

    async def _unpark(self, row: ParkedRow) -> None:
        await self._committer.record(unpark, row.id, clock=row.clock or LIVE, cause=row.id)
