"""Sending many records at once: in whole batches, each with one answer, instead of a future for every record.

Order holds per partition, as the producer keeps the batches of a partition in theirs.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

Message = tuple[str, bytes | None, bytes | None, int | None, Sequence[tuple[str, bytes]]]
"""Topic, key, value, partition (None: by key, and without one where the empty key goes), headers."""

_BY_KEY = DefaultPartitioner()


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return where a key's records stand, as every Kafka client counts it; the same keys come again and again."""
    return int(_BY_KEY(key, range(partitions), None))


async def send_in_batches(producer: AIOKafkaProducer, messages: Iterable[Message]) -> None:
    """Send `messages` and return when the broker has them all; after an error some may be there."""
    sizes: dict[str, int] = {}
    full: list[tuple[str, int, Any]] = []
    filling: dict[tuple[str, int], Any] = {}
    for topic, key, value, partition, headers in messages:
        if partition is None:
            if topic not in sizes:
                sizes[topic] = len(await producer.partitions_for(topic))
            partition = partition_of(key or b"", sizes[topic])
        place, heads = (topic, partition), list(headers)
        batch = filling.get(place)
        if batch is not None and batch.append(timestamp=None, key=key, value=value, headers=heads) is not None:
            continue
        if batch is not None:
            full.append((*place, batch))
        batch = filling[place] = producer.create_batch()
        batch.append(timestamp=None, key=key, value=value, headers=heads)   # An empty batch takes any record.
    sent = []
    for topic, partition, batch in (*full, *((*place, batch) for place, batch in filling.items())):
        batch.close()   # Nobody else's records go into it.
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)
