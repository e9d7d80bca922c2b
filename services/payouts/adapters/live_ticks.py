"""Live time for the processors: one `clock.ticked` record per partition and interval. Must never tick a test clock."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.events.catalogue import BY_TOPIC, LIVE, PARTITIONS
from shared.events.clocks import ClockTick, ClockTicked
from shared.events.codec import encode
from shared.events.envelope import Envelope
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant
from shared.messaging.log import Outgoing
from shared.messaging.worker import Background, Worker
from shared.persistence.unit import Phase

TOPIC = "clock.ticked"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def live_ticks(interval_ms: int) -> Background:
    """Return the background task that ticks every `interval_ms` of machine time."""
    interval = timedelta(milliseconds=interval_ms)

    async def tick(worker: Worker) -> None:
        while True:
            now = worker.clock.now()
            await worker.producer.publish(ticks_at(now, interval))
            behind = (worker.clock.now() - _EPOCH) % interval
            await asyncio.sleep((interval - behind).total_seconds())

    return tick


def ticks_at(now: Instant, interval: timedelta) -> list[Outgoing]:
    """Return one record per partition. Numbers follow from the instant, so they grow across restarts too."""
    number = (now - _EPOCH) // interval
    return [_tick(now, number, partition) for partition in range(PARTITIONS)]


def _tick(now: Instant, number: int, partition: int) -> Outgoing:
    spec, key = BY_TOPIC[TOPIC], str(partition)
    tick = ClockTick(clock=LIVE, now=now, phase=int(Phase.PAYOUT_RUN), number=number)
    id = derived_id("evt", TOPIC, key, str(number), now.isoformat())
    envelope = Envelope(
        id=id, source="/billing/payouts", type=spec.type, subject=LIVE, time=now, dataschema=spec.dataschema,
        partitionkey=key, sequence=number, causationid=id, correlationid=id, livemode=True,
        data=ClockTicked(object=tick))
    return Outgoing(TOPIC, key, encode(envelope), partition=partition)
