"""The loops that were not exact, kept so that tests can show what each of them does to money.

Each is what a reasonable person would write first. None of this is used by the product.
"""

import asyncio
from typing import Any

import orjson
from faust.transport.consumer import Consumer

from services.payouts.streams.balances import ZERO, Amounts
from shared.events.catalogue import BY_TOPIC
from shared.events.codec import decode, encode
from shared.events.envelope import Envelope
from shared.events.funds import Balance, BalanceUpdated, CurrencyBalance, Deltas
from shared.settings import ServiceSettings
from shared.streams import loops, tables
from shared.streams.announcements import announce
from shared.streams.apps import ExactApp, build_app
from shared.streams.consumers import ExactConsumer
from shared.streams.folds import PartitionFold
from shared.streams.parking import RawRecord
from shared.streams.processors import Announcement, Handled, Record, StateView
from shared.streams.required_topics import inputs_of

Sums = dict[str, Amounts]
SumKept = tuple[int, Sums]
"""What was counted last (a number of records, or an offset), and the sums."""


class NoIndex:
    """Nothing is derived."""

    def replace(self, key: str, old: SumKept | None, new: SumKept | None) -> None:
        """Follow nothing."""


class PlainSums:
    """`table[key] += amount`: every record counts, whether it was counted before or not."""

    name = "balances"

    def new_index(self) -> NoIndex:
        """Nothing."""
        return NoIndex()

    def handle(self, record: Record, state: StateView[SumKept, NoIndex]) -> Handled[SumKept]:
        """Add."""
        movement = getattr(record.event.data, "movement", None)
        if movement is None:
            return Handled()
        count, sums = state.get(record.key) or (0, {})
        added = add(sums, movement.currency, movement.deltas)
        return Handled({record.key: (count + 1, added)}, (shown(record.event, record.key, count + 1, added),))

    def goes_back(self, known: SumKept, found: SumKept) -> bool:
        """Never."""
        return False

    def is_outdated(self, key: str, kept: SumKept, get: Any) -> bool:
        """Never."""
        return False

    def encode(self, kept: SumKept) -> bytes:
        """Write."""
        return orjson.dumps(kept)

    def decode(self, raw: bytes) -> SumKept:
        """Read."""
        mark, sums = orjson.loads(raw)
        return mark, {currency: tuple(amounts) for currency, amounts in sums.items()}


class OffsetSums(PlainSums):
    """Kafka's offset as the version: a record counts when its offset is above the last one of its topic and key."""

    offset = -1

    def handle(self, record: Record, state: StateView[SumKept, NoIndex]) -> Handled[SumKept]:
        """Add, where the offset is higher."""
        mark = state.get(f"{record.topic}/{record.key}")
        if mark is not None and self.offset <= mark[0]:
            return Handled(repeat=True)
        handled = super().handle(record, state)
        return Handled({**handled.changes, f"{record.topic}/{record.key}": (self.offset, {})}, handled.outputs)


class FoldThatTellsOffsets(PartitionFold[Any, Any]):
    """Lets a processor see the offset, which ours hides."""

    def fold(self, record: RawRecord) -> None:
        """Fold, with the offset in view."""
        OffsetSums.offset = record.offset
        super().fold(record)


def add(sums: Sums, currency: str, deltas: Deltas) -> Sums:
    """Add one movement."""
    changes = (deltas.pending, deltas.available, deltas.frozen, deltas.reserved, deltas.paid_out, deltas.arrears)
    before = sums.get(currency, ZERO)
    pending, available, frozen, reserved, paid_out, arrears = (
        old + change for old, change in zip(before, changes, strict=True)
    )
    return {**sums, currency: (pending, available, frozen, reserved, paid_out, arrears)}


def shown(cause: Envelope[Any], account_id: str, count: int, sums: Sums) -> Announcement:
    """Publish the sums, as the processor does."""
    balances = tuple(
        CurrencyBalance(currency=currency, **dict(zip(Deltas.model_fields, amounts, strict=True)))
        for currency, amounts in sorted(sums.items())
    )
    payload = BalanceUpdated(object=Balance(account_id=account_id, clock="live", version=count, balances=balances))
    return announce("balance.updated", payload, key=account_id, subject=account_id, sequence=count, clock="live",
                    time=cause.time, cause=cause.id, correlation=cause.correlationid,
                    identity=(account_id, str(count)))


def clear_queues_on_resume() -> None:
    """Put Faust's own queue back: it is cleared when the flow resumes."""
    del ExactApp.FlowControlQueue


def dwell_before_resume(seconds: float, *, taken_at_once: int) -> None:
    """Make the moment between "partitions resumed" and "flow resumed" long, so that what it does is seen every time.

    The loop takes few records out of the queue meanwhile, as it does with a backlog of thousands.
    """
    vars(loops)["BATCH_RECORDS_MAX"] = taken_at_once
    seek = Consumer.perform_seek

    async def seek_and_dwell(consumer: Any) -> None:
        await seek(consumer)
        await asyncio.sleep(seconds)

    Consumer.perform_seek = seek_and_dwell


def dwell_after_recovery(seconds: float) -> None:
    """Make the moment in which every partition is paused long: between "state restored" and "partitions resumed"."""
    completed = tables.PartitionedTable.on_recovery_completed

    async def dwell_and_complete(table: Any, active_tps: set[Any], standby_tps: set[Any]) -> None:
        await asyncio.sleep(seconds)
        await completed(table, active_tps, standby_tps)

    vars(tables)["PartitionedTable"].on_recovery_completed = dwell_and_complete


def stay_where_nothing_is_committed() -> None:
    """Put Faust's own jump back: partitions without a committed offset stay where the last fetch has left them."""
    del ExactConsumer.perform_seek


async def run_agents(settings: ServiceSettings, *, one_per_topic: bool, faust_decodes: bool) -> None:
    """Faust as its manual shows it: read, add, send, write; one agent per topic, or one that lets Faust decode."""
    prefix = settings.topic_prefix
    app = build_app(prefix + "payouts-balances", bootstrap_servers=settings.kafka_bootstrap_servers,
                    instance_id=str(settings.instance_id))
    table = app.Table("state", default=dict, partitions=4)
    funds = [topic for topic in inputs_of("balances") if BY_TOPIC.get(topic) and BY_TOPIC[topic].counted]

    async def count(key: str, event: Envelope[Any], partition: int) -> None:
        sums: Sums = {currency: tuple(amounts) for currency, amounts in table[key].items()}
        sums = add(sums, event.data.movement.currency, event.data.movement.deltas)
        output = encode(shown(event, key, event.data.movement.version, sums).event)
        await (await app.producer.send(prefix + "balance.updated", key.encode(), output, partition, None, None))
        table[key] = sums

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            topic = event.message.topic.removeprefix(prefix)
            if faust_decodes:
                found = decode(topic, orjson.dumps(event.value))
            else:
                found = decode(topic, event.value)
            await count(event.message.key.decode(), found, event.message.partition)

    groups = [[topic] for topic in funds] if one_per_topic else [funds]
    for number, topics in enumerate(groups):
        source = app.topic(*(prefix + topic for topic in topics), key_type=bytes, key_serializer="raw",
                           **({"value_serializer": "json"} if faust_decodes else
                              {"value_type": bytes, "value_serializer": "raw"}))
        app.agent(source, name=f"agent{number}")(agent)
    await app.start()
    await asyncio.Event().wait()
