"""The private servers that other rooms test on: they start, they die hard, they come back with what was stored."""

import asyncio

import pymongo
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.testing.servers import RealServers

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


def test_store_keeps_an_acknowledged_transaction_over_a_hard_kill(real_servers: RealServers) -> None:
    client = pymongo.MongoClient[dict[str, object]](real_servers.mongodb_uri)
    with client, client.start_session() as session, session.start_transaction():
        client["platform_tests"]["kept"].insert_one({"_id": "one"}, session=session)
    real_servers.kill_store()
    real_servers.restart_store()
    with pymongo.MongoClient[dict[str, object]](real_servers.mongodb_uri) as client:
        assert client["platform_tests"]["kept"].find_one({"_id": "one"}) is not None


async def test_kafka_keeps_an_acknowledged_record_over_a_hard_kill(real_servers: RealServers) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=real_servers.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("platform.tests", num_partitions=1, replication_factor=1)])
    await admin.close()
    await _send(real_servers, b"before")
    real_servers.kill_kafka()
    await asyncio.to_thread(real_servers.restart_kafka)
    # "Takes requests" must mean that a record is accepted at once, not after the old session of the broker.
    await asyncio.wait_for(_send(real_servers, b"after"), timeout=5)
    assert await _read(real_servers, 2) == [b"before", b"after"]


async def _send(servers: RealServers, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka_bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait("platform.tests", value)
    finally:
        await producer.stop()


async def _read(servers: RealServers, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition("platform.tests", 0)])
        return [(await asyncio.wait_for(consumer.getone(), timeout=10)).value for _ in range(count)]
    finally:
        await consumer.stop()
