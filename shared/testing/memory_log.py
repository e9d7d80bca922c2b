"""A log in memory: topics, partitions, offsets, groups, with the methods of aiokafka's consumer that the suite uses.

What a reader is handed, of all that stands there for it, is up to a `Delivery`: everything in order by default. One
member per group; it owns every partition. Must never be plugged into a service that runs for real.
"""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition

from shared.events.catalogue import PARTITIONS
from shared.messaging.log import Headers, Outgoing, ReaderSettings

LOOK_AGAIN_S = 0.1
"""How soon a reader asks again for what its delivery has held back."""

Waiting = Mapping[TopicPartition, Sequence["MemoryRecord"]]
Taken = dict[TopicPartition, list["MemoryRecord"]]


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One record, with the attributes of aiokafka's."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Delivery(Protocol):
    """Decides what a reader is handed next."""

    def take(self, reader: str, waiting: Waiting, most: int) -> Taken:
        """Return the beginning of some of the partitions in `waiting`, at most `most` records; {} for not yet."""


class InOrder:
    """Hands over everything, topic by topic."""

    def take(self, reader: str, waiting: Waiting, most: int) -> Taken:
        """Return everything, or its beginning."""
        taken: Taken = {}
        for place, records in waiting.items():
            if most > 0:
                taken[place] = list(records[:most])
                most -= len(taken[place])
        return taken


class MemoryLog:
    """The broker."""

    def __init__(self, delivery: Delivery | None = None) -> None:
        self.delivery: Delivery = delivery or InOrder()
        self.records: dict[TopicPartition, list[MemoryRecord]] = defaultdict(list)
        self.committed: dict[tuple[str, TopicPartition], int] = {}
        self._readers: list[MemoryConsumer] = []

    def producer(self, client_id: str) -> "MemoryProducer":
        """Return a producer."""
        return MemoryProducer(self)

    def consumer(self, settings: ReaderSettings, *, from_now: bool = False) -> "MemoryConsumer":
        """Return a consumer."""
        return MemoryConsumer(self, settings.group, from_now=from_now)

    def append(
        self, topic: str, key: bytes | None, value: bytes | None, *, headers: Headers = (),
        partition: int | None = None,
    ) -> MemoryRecord:
        """Append a record; without `partition` its key decides."""
        place = TopicPartition(topic, partition_of(key) if partition is None else partition)
        record = MemoryRecord(topic, place.partition, len(self.records[place]), key, value, tuple(headers))
        self.records[place].append(record)
        for reader in self._readers:
            reader.notice(place)
        return record

    def of(self, topic: str) -> list[MemoryRecord]:
        """Return everything of a topic, partition by partition."""
        return [record for partition in range(PARTITIONS) for record in self.records[TopicPartition(topic, partition)]]

    def partition(self, topic: str, partition: int) -> list[MemoryRecord]:
        """Return everything of one partition."""
        return self.records[TopicPartition(topic, partition)]

    def join(self, reader: "MemoryConsumer") -> None:
        """Tell `reader` of every append."""
        self._readers.append(reader)

    def leave(self, reader: "MemoryConsumer") -> None:
        """Tell it no more."""
        if reader in self._readers:
            self._readers.remove(reader)


def partition_of(key: bytes | None) -> int:
    """Return the partition that a key decides."""
    return zlib.crc32(key or b"") % PARTITIONS


class MemoryProducer:
    """Publishes; an append is durable at once."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Append `records` in their order."""
        for record in records:
            self._log.append(record.topic, record.key.encode(), record.value, headers=record.headers,
                             partition=record.partition)

    async def stop(self) -> None:
        """Nothing is open."""


class MemoryConsumer:
    """Reads from the committed offsets of its group, or without a group from the beginning or from now."""

    def __init__(self, log: MemoryLog, group: str | None, *, from_now: bool = False) -> None:
        self._log, self.group, self._from_now = log, group, from_now
        self._positions: dict[TopicPartition, int] = {}
        self._behind: dict[TopicPartition, None] = {}
        """Where something may be waiting."""
        self._appended = asyncio.Event()

    def subscribe(self, topics: Iterable[str], listener: Any = None) -> None:
        """Read `topics`."""
        self.assign([TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)])

    def assign(self, places: Iterable[TopicPartition]) -> None:
        """Read `places`."""
        for place in places:
            begin = len(self._log.records[place]) if self._from_now else 0
            self._positions[place] = begin if self.group is None else self._log.committed.get((self.group, place), 0)
            self._behind[place] = None

    def notice(self, place: TopicPartition) -> None:
        """Hear that something was appended."""
        if place in self._positions:
            self._behind[place] = None
            self._appended.set()

    async def start(self) -> None:
        """Begin to hear of appends."""
        self._log.join(self)

    async def stop(self) -> None:
        """Hear of them no more."""
        self._log.leave(self)

    def assignment(self) -> set[TopicPartition]:
        """Return what is read."""
        return set(self._positions)

    async def getmany(self, *, timeout_ms: int = 0, max_records: int | None = None) -> Taken:
        """Return what the delivery hands over within `timeout_ms`, and move on behind it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_ms / 1000
        while True:
            self._appended.clear()
            waiting = self._waiting()
            taken = self._log.delivery.take(self.group or "", waiting, max_records or 1_000_000) if waiting else {}
            if taken:
                for place, records in taken.items():
                    self._positions[place] = records[-1].offset + 1
                return taken
            left = until - loop.time()
            if left <= 0:
                return {}
            try:
                async with asyncio.timeout(min(left, LOOK_AGAIN_S) if waiting else left):
                    await self._appended.wait()
            except TimeoutError:
                continue

    def _waiting(self) -> dict[TopicPartition, list[MemoryRecord]]:
        self._behind = {place: None for place in self._behind
                        if self._positions[place] < len(self._log.records[place])}
        return {place: self._log.records[place][self._positions[place]:] for place in self._behind}

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep how far this group has come."""
        for place, offset in offsets.items():
            self._log.committed[(self.group or "", place)] = offset

    async def end_offsets(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return where each partition ends."""
        return {place: len(self._log.records[place]) for place in places}

    async def position(self, place: TopicPartition) -> int:
        """Return the offset that is read next."""
        return self._positions[place]

    async def seek_to_end(self, *places: TopicPartition) -> None:
        """Leave out what stands there."""
        for place in places or tuple(self._positions):
            self._positions[place] = len(self._log.records[place])

    async def __aiter__(self) -> AsyncIterator[MemoryRecord]:
        """Yield records for ever."""
        while True:
            for records in (await self.getmany(timeout_ms=60_000)).values():
                for record in records:
                    yield record
