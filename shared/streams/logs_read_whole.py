"""Reading topics from their beginning to their present end, outside of any group. Must never commit or write."""

from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.streams.parking import RawRecord

_POLL_MS = 500


async def whole_logs(bootstrap_servers: str, topics: Sequence[str], *, prefix: str) -> AsyncIterator[RawRecord]:
    """Yield every record of `topics` (named without `prefix`) that is there now; order holds within a partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest",
        fetch_max_wait_ms=_POLL_MS, max_partition_fetch_bytes=1 << 20,
    )
    await consumer.start()
    try:
        places = [TopicPartition(prefix + topic, partition) for topic in topics
                  for partition in sorted(await _partitions(consumer, prefix + topic))]
        ends = await consumer.end_offsets(places)
        unread = {place for place, first in (await consumer.beginning_offsets(places)).items() if first < ends[place]}
        if not unread:
            return
        consumer.assign(sorted(unread))
        await consumer.seek_to_beginning()
        while unread:
            found = await consumer.getmany(timeout_ms=_POLL_MS)
            for place, records in found.items():
                for record in records:
                    if record.offset < ends[place]:
                        yield RawRecord(place.topic.removeprefix(prefix), place.partition, record.offset, record.key,
                                        record.value)
            unread = {place for place in unread if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    partitions = consumer.partitions_for_topic(topic)
    if partitions is None:
        await consumer._client.force_metadata_update()
        partitions = consumer.partitions_for_topic(topic)
    if partitions is None:
        raise LookupError(f"{topic} does not exist")
    return set(partitions)
