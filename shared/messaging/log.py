"""The log as the suite uses it: a producer that never loses, a consumer of explicit offsets. Here: real Kafka.

Any producer error that is not a plain retry is fatal for that producer: a fenced one shows as an unknown error.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener

from shared.events.batches import send_in_batches

SEND_TIMEOUT_S = 30.0
"""Longer than the broker's own time-out: after it the producer is given up."""
Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to publish; `partition` None lets the key decide."""

    topic: str
    key: str
    value: bytes
    headers: Headers = ()
    partition: int | None = None


class LogProducer:
    """Publishes with `acks=all` and idempotence; built again after an error."""

    def __init__(self, bootstrap_servers: str, *, topic_prefix: str = "", client_id: str = "holdfast") -> None:
        self._bootstrap_servers, self._prefix, self._client_id = bootstrap_servers, topic_prefix, client_id
        self._producer: AIOKafkaProducer | None = None
        self._given_up = asyncio.Event()
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect; raises KafkaError while the broker is absent."""
        async with self._starting:
            if self._producer is not None:
                return
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap_servers, client_id=self._client_id, enable_idempotence=True,
                acks="all", linger_ms=0, max_batch_size=256 * 1024, compression_type="zstd",
                max_request_size=8 * 1024 * 1024, request_timeout_ms=20_000)
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer, self._given_up = producer, asyncio.Event()

    async def stop(self) -> None:
        """Flush and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when the broker has them all; after an error some may be there, and this producer is gone."""
        await self.start()
        producer, given_up = self._producer, self._given_up
        if producer is None:
            raise ConnectionError("the producer was stopped")
        sending = asyncio.ensure_future(self._send(producer, records))
        giving_up = asyncio.ensure_future(given_up.wait())
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await asyncio.wait({sending, giving_up}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():   # Another call met an error: what this producer still owes will never come.
                raise ConnectionError("the producer was given up")
            sending.result()
        except BaseException:
            given_up.set()
            if self._producer is producer:
                self._producer = None
                asyncio.get_running_loop().create_task(_stop_quietly(producer))
            raise
        finally:
            sending.cancel()
            giving_up.cancel()

    async def _send(self, producer: AIOKafkaProducer, records: Sequence[Outgoing]) -> None:
        await send_in_batches(producer, (
            (self._prefix + record.topic, record.key.encode(), record.value, record.partition, record.headers)
            for record in records))


async def _stop_quietly(producer: AIOKafkaProducer) -> None:
    """Stop a producer that failed: what it still owes is dropped, and nothing of it goes on trying to connect."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(5):
            await producer.stop()
            return
    for part in (producer._sender, producer.client):   # Its own stop waits for a flush that may never come.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await part.close()


@dataclass(slots=True)
class ReaderSettings:
    """How a consumer reads."""

    bootstrap_servers: str
    group: str | None
    """None reads without a group: from the beginning, or `from_now`."""
    instance_id: str | None = None
    topic_prefix: str = ""
    max_records: int = 500
    options: dict[str, Any] = field(default_factory=dict)


def build_consumer(settings: ReaderSettings, *, from_now: bool = False) -> AIOKafkaConsumer:
    """Return a consumer of explicit commits; `from_now` reads without a group from the end."""
    alone = from_now or settings.group is None
    options = {"fetch_max_wait_ms": 500, **settings.options}
    return AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        group_id=None if alone else f"{settings.topic_prefix}{settings.group}",
        group_instance_id=None if alone else settings.instance_id,
        enable_auto_commit=False, auto_offset_reset="latest" if from_now else "earliest",
        session_timeout_ms=6_000, heartbeat_interval_ms=1_500, max_poll_interval_ms=120_000,
        rebalance_timeout_ms=8_000, max_partition_fetch_bytes=2 * 1024 * 1024,
        metadata_max_age_ms=30_000, **options)


class LogPublisher(Protocol):
    """What a process publishes with."""

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when they are durable; after an error some may be there."""

    async def stop(self) -> None:
        """Flush and disconnect."""


class Log(Protocol):
    """Where a process publishes and reads; a composition root chooses it."""

    def producer(self, client_id: str) -> LogPublisher:
        """Return a producer; it connects when it first publishes."""

    def consumer(self, settings: ReaderSettings, *, from_now: bool = False) -> Any:
        """Return a consumer with the methods of aiokafka's."""


@dataclass(frozen=True, slots=True)
class KafkaLog:
    """The log on real Kafka."""

    bootstrap_servers: str
    topic_prefix: str = ""

    def producer(self, client_id: str) -> LogPublisher:
        """Return a producer; it connects when it first publishes."""
        return LogProducer(self.bootstrap_servers, topic_prefix=self.topic_prefix, client_id=client_id)

    def consumer(self, settings: ReaderSettings, *, from_now: bool = False) -> Any:
        """Return aiokafka's consumer."""
        return build_consumer(settings, from_now=from_now)


class WaitForBatch(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets the running batch finish, and what is handled be told, before partitions move on."""

    def __init__(
        self, running: asyncio.Lock, tell: Callable[[], Awaitable[None]], assigned: Callable[[], None] = lambda: None,
    ) -> None:
        self._running, self._tell, self._assigned = running, tell, assigned

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Wait."""
        async with self._running:
            await self._tell()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Say so; the position is the committed one."""
        self._assigned()
