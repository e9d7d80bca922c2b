"""The one agent loop. The order of its steps is what makes it exact; nothing in it may be moved or left out.

    1. fold     the batch, in order, in memory: no state change for a record whose own version was counted before
    2. outputs  sent, and awaited: they repeat after a crash with the same ids and versions
    3. changes  one changelog record per key and batch, sent and awaited; then the removals, likewise
    4. answers  to clock rounds, sent and awaited: they speak of durable state only
    5. ack      only now may the source offsets be committed

Whatever goes wrong ends the process at once, with nothing acknowledged; a fresh one does the batch again. Records that
cannot be handled are parked by the fold and are no reason to end.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Generic

from shared.events.batches import Message
from shared.events.catalogue import BY_TOPIC, PARKED_TOPIC
from shared.events.codec import encode, headers_of
from shared.observability.failpoints import failpoint
from shared.observability.metrics import Metrics
from shared.observability.pace import Pace
from shared.streams.folds import Folded
from shared.streams.parking import RawRecord
from shared.streams.processors import Announcement, Index, Kept
from shared.streams.tables import PartitionedTable

BATCH_RECORDS_MAX = 2_000


class ExactLoop(Generic[Kept, Index]):
    """Feeds a stream's records to the folds of a table, and what follows from them to Kafka."""

    def __init__(self, app: Any, table: PartitionedTable[Kept, Index], *, topic_prefix: str,
                 metrics: Metrics, ending: Callable[[str], None]) -> None:
        self._app = app
        self._table = table
        self._prefix = topic_prefix
        self._metrics = metrics
        self._ending = ending

    async def run(self, stream: Any) -> None:
        """Consume `stream` until it is cancelled; anything else ends the process."""
        try:
            async for batch in batches(stream, self._app.tables.recovery.completed):
                await self._handle(batch)
                failpoint("changelog_before_ack")
                for event in batch:
                    await stream.ack(event)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._ending(f"{type(error).__name__}: {error}")

    async def _handle(self, batch: Sequence[Any]) -> None:
        touched = {event.message.partition for event in batch}
        for event in batch:
            message = event.message
            topic = message.topic.removeprefix(self._prefix)
            record = RawRecord(topic, message.partition, message.offset, message.key, message.value)
            self._table.folds[message.partition].fold(record)
        done = {partition: self._table.folds[partition].take() for partition in touched}
        send_all = self._app.producer.send_all
        await send_all(message for partition, folded in done.items() for message in self._outputs(partition, folded))
        failpoint("output_before_changelog")
        changelog = self._table.changelog_topic_name
        await send_all(
            (changelog, key.encode(), value, partition, [])
            for partition, folded in done.items() for key, value in folded.changes.items()
        )
        await send_all(
            (changelog, key.encode(), None, partition, [])
            for partition, folded in done.items() for key in folded.removals
        )
        await send_all(
            self._message(partition, answer) for partition, folded in done.items() for answer in folded.answers
        )
        for folded in done.values():
            self._measure(folded)

    def _measure(self, folded: Folded) -> None:
        for topic, records in folded.handled.items():
            self._metrics.count("holdfast_events_handled_total", topic, by=records)
        for topic, records in folded.repeated.items():
            self._metrics.count("holdfast_events_repeated_total", topic, by=records)

    def _outputs(self, partition: int, folded: Folded) -> Iterable[Message]:
        for record, written in folded.parked:
            yield self._prefix + PARKED_TOPIC, record.key, written, partition, []
        for output in folded.outputs:
            yield self._message(partition, output)

    def _message(self, partition: int, announced: Announcement) -> Message:
        event = announced.event
        beside_its_cause = BY_TOPIC[announced.topic].key == "freelancer"
        return (self._prefix + announced.topic, event.partitionkey.encode(), encode(event),
                partition if beside_its_cause else None, headers_of(announced.topic, event.id))


async def batches(stream: Any, recovered: asyncio.Event) -> AsyncIterator[list[Any]]:
    """Yield lists of events, none acknowledged: at once when idle, larger ones a little later when busy.

    The reader stops while a full list waits, so that Faust's own limits on queued records hold.
    """
    pending: list[Any] = []
    have, room = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async for event in stream.noack().events():
            pending.append(event)
            have.set()
            if len(pending) >= BATCH_RECORDS_MAX:
                room.clear()
                await room.wait()

    reader = asyncio.ensure_future(read())
    reader.add_done_callback(lambda _: have.set())
    now_s = asyncio.get_running_loop().time
    pace = Pace(busy_round=16, shortest_s=0.015, per_member_s=0.0001)   # Each batch costs two round trips or more.
    try:
        while True:
            await have.wait()
            await recovered.wait()
            if linger_s := pace.linger_s(now_s()):
                await asyncio.sleep(linger_s)
            taken = pending[:]
            pending.clear()
            have.clear()
            room.set()
            pace.note(len(taken), now_s())
            if taken:
                yield taken
            elif reader.done():
                reader.result()
                return
    finally:
        reader.cancel()
