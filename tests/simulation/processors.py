"""The stream processors: the product's folds in the product's exact loop, on stand-ins for Faust's app and stream.

A life restores its state from the changelog and reads on from the source offsets that were committed: always those of
batches that were acknowledged, and often of earlier ones.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.payouts.streams.run import Which, group_of, processor_of
from shared.events.batches import Message
from shared.events.catalogue import BY_TOPIC, PARTITIONS
from shared.messaging.log import Outgoing, ReaderSettings
from shared.observability.metrics import Metrics
from shared.streams.folds import PartitionFold
from shared.streams.loops import ExactLoop
from shared.streams.required_topics import inputs_of
from tests.simulation.lives import Life
from tests.simulation.logs import LogLink
from tests.simulation.services import Ground

OFFSETS_COMMITTED = 0.4
"""How often an acknowledged batch's offsets are committed at once."""


@dataclass(slots=True)
class _Table:
    folds: dict[int, PartitionFold[Any, Any]]
    changelog_topic_name: str


@dataclass(slots=True)
class _Event:
    message: Any


class _Stream:
    """A stream of one consumer: events, and acknowledgements that are committed later."""

    def __init__(self, consumer: Any, life: Life) -> None:
        self._consumer, self._life = consumer, life
        self._acked: dict[TopicPartition, int] = {}

    def noack(self) -> "_Stream":
        """Return this stream: nothing is acknowledged by itself here."""
        return self

    async def events(self) -> AsyncIterator[_Event]:
        """Yield events for ever."""
        while True:
            for records in (await self._consumer.getmany(timeout_ms=1_000, max_records=500)).values():
                for record in records:
                    yield _Event(record)

    async def ack(self, event: _Event) -> None:
        """Acknowledge; the offset is committed now or with a later one."""
        message = event.message
        self._acked[TopicPartition(message.topic, message.partition)] = message.offset + 1
        if self._life.dice.happens(OFFSETS_COMMITTED):
            acked, self._acked = self._acked, {}
            for place, offset in acked.items():
                self._consumer.keep(place, offset)


@dataclass(slots=True)
class _Producer:
    """Appends in the order of the calls."""

    link: LogLink
    changelog: str

    async def send_all(self, messages: Iterable[Message]) -> None:
        """Return when the broker has them all; a process that dies meanwhile has sent some of them."""
        await asyncio.gather(*[self._sent(*message) for message in messages])

    def _sent(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        sent = loop.create_future()
        self.link.life.breathe()
        if not self.link.broker.available:
            sent.set_exception(ConnectionError("the broker is away"))
            sent.exception()
            return sent
        if topic in BY_TOPIC:
            self.link.broker.append(Outgoing(topic, (key or b"").decode(), value or b"", headers, partition))
        else:
            self.link.broker.log.append(topic, key, value, headers=list(headers), partition=partition)
        loop.call_later(self.link.life.dice.delay_s(), _answer, sent)   # Many are on their way at the same time.
        return sent


def _answer(sent: "asyncio.Future[None]") -> None:
    if not sent.done():
        sent.set_result(None)


def processor_work(ground: Ground, which: Which, folds: dict[str, dict[int, PartitionFold[Any, Any]]]) -> Any:
    """Return the work of a processor's process; `folds` shows the folds of its present life."""
    changelog = f"{group_of(which)}-state-changelog"

    async def work(life: Life) -> None:
        link = LogLink(ground.broker, life)
        table = _Table(_restored(ground, which, changelog), changelog)
        folds[which] = table.folds
        recovered = asyncio.Event()
        recovered.set()
        app = SimpleNamespace(
            producer=_Producer(link, changelog),
            tables=SimpleNamespace(recovery=SimpleNamespace(completed=recovered)))
        consumer = link.consumer(ReaderSettings("", group=which))
        consumer.subscribe(inputs_of(which))
        await _started(consumer)
        loop: ExactLoop[Any, Any] = ExactLoop(
            app, table, topic_prefix="", metrics=Metrics(), ending=lambda reason: life.die())  # type: ignore[arg-type]
        await loop.run(_Stream(consumer, life))

    return work


async def _started(consumer: Any) -> None:
    """Wait for the broker, as Faust does."""
    while True:
        try:
            await consumer.start()
            return
        except KafkaError:
            await asyncio.sleep(0.1)


def _restored(ground: Ground, which: Which, changelog: str) -> dict[int, PartitionFold[Any, Any]]:
    folds: dict[int, PartitionFold[Any, Any]] = {
        partition: PartitionFold(processor_of(which), partition) for partition in range(PARTITIONS)}
    for record in ground.broker.log.of(changelog):
        folds[record.partition].restore((record.key or b"").decode(), record.value)
    for fold in folds.values():
        fold.restored()
    return folds
