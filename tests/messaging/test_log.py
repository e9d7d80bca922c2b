"""The producer on a broker that is killed: every call ends, and the next one works again."""

import asyncio
import uuid

import pytest

from shared.events.topics import create_topics
from shared.messaging.log import LogProducer, Outgoing
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
            except Exception:
                return False

        await eventually(works, within_s=60)
        await producer.stop()
