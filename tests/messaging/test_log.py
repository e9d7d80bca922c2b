"""The log on the real broker: a producer whose broker is killed, a reader that comes back with other topics."""

import asyncio
import uuid

import pytest
from aiokafka.errors import KafkaError

from shared.events.topics import create_topics, static_member
from shared.messaging.log import LogProducer, Outgoing, ReaderSettings, build_consumer
from shared.testing.probes import eventually
from shared.testing.servers import RealServers

TOPIC = "party.registered"


@pytest.mark.real
@pytest.mark.timeout(240)
async def test_no_call_hangs_when_the_broker_dies_under_many_at_once() -> None:
    with RealServers() as servers:
        prefix = f"log{uuid.uuid4().hex[:6]}."
        await create_topics(servers.kafka_bootstrap, prefix=prefix)
        producer = LogProducer(servers.kafka_bootstrap, topic_prefix=prefix)

        async def publish(number: int) -> bool:
            await producer.publish([Outgoing(TOPIC, f"k{number}", b"x" * 200)])
            return True

        assert all(await asyncio.gather(*(publish(number) for number in range(20))))
        calls = [asyncio.ensure_future(publish(number)) for number in range(50)]
        await asyncio.to_thread(servers.kill_kafka)
        calls += [asyncio.ensure_future(publish(number)) for number in range(50)]
        async with asyncio.timeout(90):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert any(isinstance(outcome, Exception) for outcome in outcomes)
        await asyncio.to_thread(servers.restart_kafka)

        async def works() -> bool:
            try:
                return await publish(0)
            except (KafkaError, OSError):   # Not yet: the deadline below decides.
                return False

        await eventually(works, within_s=60)
        await producer.stop()


async def assigned_after_coming_back(kafka_bootstrap: str, first: str, second: str) -> set[str]:
    """Read one topic as a static member, die, come back reading another one; return what is assigned then."""
    prefix = f"log{uuid.uuid4().hex[:6]}."
    await create_topics(kafka_bootstrap, prefix=prefix)
    before = build_consumer(ReaderSettings(kafka_bootstrap, "readers", first, prefix))
    before.subscribe([f"{prefix}party.registered"])
    await before.start()
    await before.stop()   # A static member does not leave its group.
    after = build_consumer(ReaderSettings(kafka_bootstrap, "readers", second, prefix))
    after.subscribe([f"{prefix}party.registered", f"{prefix}contract.offered"])
    await after.start()
    try:
        return {place.topic.removeprefix(prefix) for place in after.assignment()}
    finally:
        await after.stop()


@pytest.mark.real
async def test_a_static_member_of_the_same_name_is_not_given_its_new_topics(kafka_bootstrap: str) -> None:
    assert await assigned_after_coming_back(kafka_bootstrap, "one", "one") == {"party.registered"}


@pytest.mark.real
async def test_a_name_that_changes_with_the_topics_is_given_them(kafka_bootstrap: str) -> None:
    first = static_member("one", ["party.registered"])
    second = static_member("one", ["contract.offered", "party.registered"])
    assert second == static_member("one", ["party.registered", "contract.offered"]) != first
    assert await assigned_after_coming_back(kafka_bootstrap, first, second) == {"party.registered", "contract.offered"}
