"""Records sent in whole batches, on the real broker: none missing, each key in order, each where its key belongs."""

import random
import uuid
from collections import defaultdict
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from shared.events.batches import Message, partition_of, send_in_batches
from shared.events.catalogue import PARTITIONS
from shared.events.topics import create_topics

TOPIC = "party.registered"


@pytest.mark.parametrize(("key", "java_hash"), [
    (b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536),
])
def test_a_key_stands_where_the_java_client_puts_it(key: bytes, java_hash: int) -> None:
    assert partition_of(key, PARTITIONS) == (java_hash & 0x7FFFFFFF) % PARTITIONS


def test_a_key_stands_where_our_producer_would_put_it() -> None:
    keys = [f"fr_{number}".encode() for number in range(500)]
    assert [partition_of(key, 12) for key in keys] == [DefaultPartitioner()(key, list(range(12)), None) for key in keys]
    assert {partition_of(key, PARTITIONS) for key in keys} == set(range(PARTITIONS))


async def sent(kafka_bootstrap: str, *calls: list[Message], batch_bytes: int = 256 * 1024) -> dict[int, list[Any]]:
    """Send `calls` to a topic of its own, one call after another; return what its partitions have."""
    prefix = f"batches{uuid.uuid4().hex[:6]}."
    await create_topics(kafka_bootstrap, prefix=prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True, acks="all",
                                max_batch_size=batch_bytes, max_request_size=8 << 20, compression_type="zstd")
    await producer.start()
    try:
        for messages in calls:
            await send_in_batches(producer, [(prefix + topic, *rest) for topic, *rest in messages])  # type: ignore[misc]
    finally:
        await producer.stop()
    reader = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap)
    await reader.start()
    try:
        places = [TopicPartition(prefix + TOPIC, number) for number in range(PARTITIONS)]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends = await reader.end_offsets(places)
        found: dict[int, list[Any]] = defaultdict(list)
        while any([await reader.position(place) < ends[place] for place in places]):
            for place, records in (await reader.getmany(timeout_ms=1_000)).items():
                found[place.partition] += records
        return found
    finally:
        await reader.stop()


@pytest.mark.real
async def test_each_key_keeps_its_order_over_many_batches_and_calls(kafka_bootstrap: str) -> None:
    keys = [f"fr_{number}".encode() for number in range(40)]
    messages: list[Message] = [(TOPIC, keys[number % 40], f"{number:06d}".encode() * 40, None, [("ce_id", b"evt")])
                               for number in range(6_000)]
    found = await sent(kafka_bootstrap, messages[:2_500], messages[2_500:2_501], messages[2_501:], batch_bytes=16_384)
    numbers: dict[bytes, list[int]] = defaultdict(list)
    for partition, records in found.items():
        for record in records:
            assert partition == partition_of(record.key, PARTITIONS)
            assert record.headers == (("ce_id", b"evt"),)
            numbers[record.key].append(int(record.value[:6]))
    assert numbers == {key: list(range(place, 6_000, 40)) for place, key in enumerate(keys)}


@pytest.mark.real
async def test_a_record_larger_than_a_batch_goes_alone_and_a_named_partition_is_kept(kafka_bootstrap: str) -> None:
    large = b"x" * 100_000
    found = await sent(kafka_bootstrap, [
        (TOPIC, b"one", b"before", 2, []), (TOPIC, b"one", large, 2, []), (TOPIC, b"one", None, 2, []),
        (TOPIC, None, b"keyless", 3, ())], batch_bytes=16_384)
    assert [record.value for record in found.pop(2)] == [b"before", large, None]
    assert [(record.key, record.value) for record in found.pop(3)] == [(None, b"keyless")]
    assert not found


@pytest.mark.real
async def test_what_the_broker_refuses_is_raised(kafka_bootstrap: str) -> None:
    with pytest.raises(Exception, match="MessageSizeTooLarge"):
        await sent(kafka_bootstrap, [(TOPIC, b"one", random.Random(1).randbytes(3 << 20), 2, [])], batch_bytes=16_384)
