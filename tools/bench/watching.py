"""Hears what the suite publishes while it is measured. Must never decide anything: it tells who listens."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.catalogue import PARTITIONS

Hear = Callable[[str, dict[str, object]], None]
"""Topic and envelope."""


class Watcher:
    """Reads topics from now on, without a group."""

    def __init__(self, bootstrap_servers: str, topics: tuple[str, ...], hear: Hear) -> None:
        self._bootstrap_servers, self._topics, self._hear = bootstrap_servers, topics, hear
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when nothing published from here on is missed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers, group_id=None, enable_auto_commit=False,
            auto_offset_reset="latest", fetch_max_wait_ms=500)
        await consumer.start()
        partitions = [TopicPartition(topic, number) for topic in self._topics for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition, end in ends.items():
            consumer.seek(partition, end)
        self._consumer = consumer
        self._task = asyncio.create_task(self._read(consumer), name="bench watcher")

    async def stop(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._consumer is not None:
            await self._consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            polled = await consumer.getmany(timeout_ms=500)
            for partition, records in polled.items():
                for record in records:
                    if record.value is not None:
                        self._hear(partition.topic, orjson.loads(record.value))
