"""The consumer loop: read a batch, handle it in group commits, then commit its offsets. Must never skip a record.

Offsets are committed a little later, many batches at once: they decide nothing, as what comes again is dropped by id.

A batch that fails for want of a server is tried again until it succeeds; an event that cannot be decoded or handled is
parked, and later events of its key on its topic wait behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, RebalanceInProgressError

from shared.events.codec import UndecodableEvent, decode, redelivery_of
from shared.messaging.log import ReaderSettings, WaitForBatch, build_consumer
from shared.messaging.parking import ParkingLot, Record
from shared.observability.logs import logger
from shared.observability.metrics import Metrics
from shared.persistence.group_commit import CommandFailed, Committer
from shared.persistence.store import StoreUnavailable

_log = logger("consumer")
BuildConsumer = Callable[[ReaderSettings], Any]

COMMIT_EVERY_S = 0.2
"""A crash makes at most this much come again; a commit per batch costs the broker as much as the batch."""


class _Offsets:
    """How far a consumer has come, and when the broker is told."""

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        self._kafka, self._untold, self._told_at = kafka, dict[TopicPartition, int](), 0.0

    def note(self, offsets: dict[TopicPartition, int]) -> None:
        """Take note of records that are handled."""
        self._untold.update(offsets)

    @property
    def are_due(self) -> bool:
        """Whether it is time to tell."""
        return bool(self._untold) and asyncio.get_running_loop().time() - self._told_at >= COMMIT_EVERY_S

    def poll_ms(self, timeout_ms: int) -> int:
        """Return how long a poll may wait: no longer than until it is time to tell."""
        return min(timeout_ms, int(COMMIT_EVERY_S * 1000)) if self._untold else timeout_ms

    async def tell(self) -> None:
        """Tell the broker of what is noted, where this consumer still reads it."""
        untold, self._untold = self._untold, {}
        self._told_at = asyncio.get_running_loop().time()
        assigned = self._kafka.assignment()
        try:
            await self._kafka.commit({tp: offset for tp, offset in untold.items() if tp in assigned})
        except (CommitFailedError, IllegalStateError, RebalanceInProgressError, KafkaError) as error:
            _log.warning("offsets_not_committed", error=str(error)[:200])   # They come again: repeats are dropped.


class Consumer:
    """Feeds one service's handlers from its topics."""

    def __init__(
        self, settings: ReaderSettings, topics: Sequence[str], committer: Committer, parking: ParkingLot,
        metrics: Metrics, *, build: BuildConsumer = build_consumer,
    ) -> None:
        self._settings, self._topics, self._committer, self._parking = settings, topics, committer, parking
        self._metrics, self._build = metrics, build
        self._running = asyncio.Lock()
        self.ready = False
        self.caught_up = asyncio.Event()
        """Set once everything that was in the log at the start is handled: overdue items may then be judged."""

    async def run(self) -> None:
        """Consume for ever; a consumer that fails is built again."""
        while True:
            try:
                await self._run_once()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                _log.warning("consumer_waits", error=f"{type(error).__name__}: {error}"[:300])
            self.ready = False
            await asyncio.sleep(0.3)

    async def _run_once(self) -> None:
        prefix = self._settings.topic_prefix
        kafka = self._build(self._settings)
        offsets = _Offsets(kafka)
        kafka.subscribe([prefix + topic for topic in self._topics], listener=WaitForBatch(
            self._running, offsets.tell, self._parking.forget))
        try:
            await kafka.start()
            while True:
                timeout_ms = offsets.poll_ms(1_000 if self.caught_up.is_set() else 100)
                polled = await kafka.getmany(timeout_ms=timeout_ms, max_records=self._settings.max_records)
                self.ready = bool(kafka.assignment()) or self.ready
                if offsets.are_due:
                    await offsets.tell()
                if not polled:
                    await self._look_whether_caught_up(kafka)
                    continue
                async with self._running:
                    await self.handle([
                        Record(message.topic.removeprefix(prefix), message.partition, message.offset,
                               (message.key or b"").decode(errors="replace"), message.value, tuple(message.headers))
                        for messages in polled.values() for message in messages])
                    offsets.note({tp: messages[-1].offset + 1 for tp, messages in polled.items()})
        finally:
            await kafka.stop()

    async def _look_whether_caught_up(self, kafka: AIOKafkaConsumer) -> None:
        assigned = kafka.assignment()
        if self.caught_up.is_set() or not assigned:
            return
        ends = await kafka.end_offsets(assigned)
        positions = {tp: await kafka.position(tp) for tp in assigned}
        if all(positions[tp] >= ends[tp] for tp in assigned):
            self.caught_up.set()

    async def handle(self, records: Sequence[Record]) -> None:
        """Handle `records` in their order; returns when everything of them is durable."""
        blocked = await self._until_store(self._parking.blocked)
        self._committer.failed_keys.clear()
        submitted: list[tuple[Record, Any, Awaitable[bool]]] = []
        for record in records:
            if (record.topic, record.key) in blocked:
                await self._drain(submitted)
                submitted = []
                await self._park(record, "waits behind a parked event of its key", behind=True)
                continue
            try:
                envelope = decode(record.topic, record.value)
            except UndecodableEvent as error:
                await self._drain(submitted)
                submitted = []
                await self._park(record, f"undecodable: {error}", behind=False)
                blocked = await self._until_store(self._parking.blocked)
                continue
            handled = self._committer.handle(record.topic, envelope, redelivery=redelivery_of(record.headers))
            submitted.append((record, envelope, handled))
        await self._drain(submitted)

    async def _drain(self, submitted: Sequence[tuple[Record, Any, Awaitable[bool]]]) -> None:
        """Wait for what was submitted; try again what found no server; park what cannot be handled."""
        failed: set[tuple[str, str]] = set()
        for record, envelope, handled in submitted:
            while True:
                try:
                    new = await handled
                    name = "holdfast_events_handled_total" if new else "holdfast_events_repeated_total"
                    self._metrics.count(name, record.topic)   # type: ignore[arg-type]
                    break
                except StoreUnavailable:
                    await asyncio.sleep(0.2)
                    handled = self._committer.handle(
                        record.topic, envelope, redelivery=redelivery_of(record.headers))
                except CommandFailed as error:
                    _log.error("event_parked", topic=record.topic, key=record.key, offset=record.offset,
                               reason=str(error)[:500], exc_info=error.__cause__)
                    behind = (record.topic, record.key) in failed
                    failed.add((record.topic, record.key))
                    await self._park(record, str(error)[:2000], behind=behind, clock=envelope.clock)
                    break
                except Exception as error:   # A handler that refuses an event is a bug: the event says what happened.
                    failed.add((record.topic, record.key))
                    await self._park(record, f"{type(error).__name__}: {error}"[:2000], behind=False,
                                     clock=envelope.clock)
                    break

    async def _park(self, record: Record, reason: str, *, behind: bool, clock: str | None = None) -> None:
        await self._until_store(lambda: self._parking.park(record, reason, clock=clock, behind=behind))
        self._metrics.set("holdfast_parked_events", record.topic, to=1)

    async def _until_store(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await ask()
            except StoreUnavailable:
                await asyncio.sleep(0.2)
