"""The relay: order, gaps, repeats after a crash. Rules on memory, the whole way on the real broker and store."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from shared.events.catalogue import LIVE
from shared.events.codec import decode
from shared.events.parties import Party, PartyRegistered
from shared.events.topics import create_topics
from shared.messaging.bell import Bell
from shared.messaging.log import LogProducer, Outgoing
from shared.messaging.relay import Relay, SequenceGuard
from shared.observability.clock import SystemIds
from shared.persistence.collections import Document
from shared.persistence.group_commit import Committer
from shared.persistence.mongo import MongoStore, connect
from shared.persistence.records import ARCHIVE, OUTBOX, TECHNICAL
from shared.persistence.store import Store
from shared.persistence.unit import Unit
from shared.testing.clocks import FixedClock
from shared.testing.memory_store import MemoryStore
from shared.testing.probes import eventually

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Register:
    id: str
    times: int = 1


async def register(unit: Unit, command: Register) -> None:
    for _ in range(command.times):
        unit.emit(PartyRegistered(object=Party(id=command.id, role="client", clock=LIVE, registered_at=NOW)),
                  key=command.id, subject=command.id)


class Recorder:
    """A publisher that keeps what it was given; `fail_after` ends it in the middle of a batch."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.fail_after: int | None = None

    async def publish(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            if self.fail_after is not None and len(self.sent) >= self.fail_after:
                raise ConnectionError("the broker went away")
            self.sent.append(record)

    def sequences(self, key: str) -> list[int]:
        found: list[Any] = [decode(record.topic, record.value) for record in self.sent if record.key == key]
        return [envelope.sequence for envelope in found]


def committer(store: Store, lane: str) -> Committer:
    return Committer(store, service="contracts", lane=lane, clock=FixedClock(NOW), ids=SystemIds())


def row(id: str, *events: tuple[str, int]) -> Document:
    return {"_id": id, "events": [
        {"id": f"{key}{sequence}", "topic": "t", "key": key, "sequence": sequence, "redelivery": None}
        for key, sequence in events]}


def test_a_row_behind_a_gap_waits_until_the_gap_is_filled() -> None:
    guard = SequenceGuard()
    ready, held = guard.sendable([row("a:1", ("k", 1))])
    assert [item["_id"] for item, _ in ready] == ["a:1"]
    ready, held = guard.sendable([row("a:3", ("k", 3)), row("a:4", ("other", 7))])
    assert ([item["_id"] for item, _ in ready], [item["_id"] for item in held]) == (["a:4"], ["a:3"])
    ready, held = guard.sendable([*held, row("b:2", ("k", 2))])
    assert ([item["_id"] for item, _ in ready], held) == (["b:2", "a:3"], [])


def test_events_that_were_sent_are_not_sent_again() -> None:
    guard = SequenceGuard()
    guard.sendable([row("a:1", ("k", 1)), row("a:2", ("k", 2))])
    [(_, events)], _ = guard.sendable([row("a:2", ("k", 2), ("k", 3))])
    assert [event["sequence"] for event in events] == [3]


async def test_two_lanes_are_published_in_sequence_and_the_outbox_ends_empty() -> None:
    store, recorder = MemoryStore(), Recorder()
    api, worker = committer(store, "api"), committer(store, "worker")
    for one in (api, worker):
        await one.start()
    for lane in (worker, api, worker, api, api):
        await lane.run(register, Register("k", 2), clock=LIVE)
    relay = asyncio.create_task(Relay(store, recorder, Bell()).run())
    await eventually(lambda: _is_empty(store))
    await asyncio.gather(*(lane.run(register, Register("k"), clock=LIVE) for lane in (api, worker) for _ in range(10)))
    await eventually(lambda: _is_empty(store))
    relay.cancel()
    assert recorder.sequences("k") == list(range(1, 31))
    assert len(store.tables[ARCHIVE.name]) == 30
    for one in (api, worker):
        await one.stop()


async def test_what_was_scheduled_while_no_relay_worked_is_told_too() -> None:
    """What an API commits while its worker is down, nobody else would hear of."""
    store = MemoryStore()
    api = committer(store, "api")
    await api.start()
    await api.run(register, Register("before"), clock=LIVE)
    told: list[tuple[str, bool]] = []
    relay = asyncio.create_task(Relay(store, Recorder(), Bell(), on_row=lambda row, fresh: told.append(
        (row["events"][0]["key"], fresh))).run())
    await eventually(lambda: _is_empty(store))
    await api.run(register, Register("after"), clock=LIVE)
    await eventually(lambda: _is_empty(store))
    relay.cancel()
    assert told == [("before", False), ("after", True)]
    await api.stop()


async def test_a_relay_that_died_between_send_and_clean_up_sends_the_same_bytes_again() -> None:
    store, recorder = MemoryStore(), Recorder()
    api = committer(store, "api")
    await api.start()
    for _ in range(4):
        await api.run(register, Register("k"), clock=LIVE)
    recorder.fail_after = 2
    relay = asyncio.create_task(Relay(store, recorder, Bell()).run())

    async def failed() -> bool:
        return len(recorder.sent) == 2

    await eventually(failed)
    recorder.fail_after = None
    await eventually(lambda: _is_empty(store))
    relay.cancel()
    assert recorder.sequences("k")[:2] == [1, 2]
    assert sorted(set(recorder.sequences("k"))) == [1, 2, 3, 4]
    assert len({record.value for record in recorder.sent}) == 4
    await api.stop()


async def _is_empty(store: Store) -> bool:
    return not await store.find(OUTBOX.name, {})


@pytest.mark.real
async def test_on_the_real_broker_every_event_arrives_in_order_and_is_archived(
    kafka_bootstrap: str, mongodb_uri: str
) -> None:
    prefix = f"relay{uuid.uuid4().hex[:6]}."
    await create_topics(kafka_bootstrap, prefix=prefix)
    store = MongoStore(connect(mongodb_uri), f"relay_{uuid.uuid4().hex[:8]}")
    await store.prepare(TECHNICAL)
    api, worker = committer(store, "api"), committer(store, "worker")
    for one in (api, worker):
        await one.start()
    await asyncio.gather(*(api.run(register, Register(f"k{n % 5}"), clock=LIVE) for n in range(100)))
    producer = LogProducer(kafka_bootstrap, topic_prefix=prefix)
    relay = asyncio.create_task(Relay(store, producer, Bell()).run())
    await asyncio.gather(*(lane.run(register, Register(f"k{n % 5}"), clock=LIVE)
                           for n in range(50) for lane in (api, worker)))
    await eventually(lambda: _is_empty(store), within_s=30)
    relay.cancel()
    consumer = AIOKafkaConsumer(f"{prefix}party.registered", bootstrap_servers=kafka_bootstrap,
                                auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    seen: dict[str, list[int]] = {}
    async with asyncio.timeout(20):
        while sum(map(len, seen.values())) < 200:
            for messages in (await consumer.getmany(timeout_ms=500)).values():
                for message in messages:
                    envelope: Any = decode("party.registered", message.value)
                    seen.setdefault(message.key.decode(), []).append(envelope.sequence)
    await consumer.stop()
    assert seen == {f"k{n}": list(range(1, 41)) for n in range(5)}
    assert len(await store.find(ARCHIVE.name, {})) == 200
    for one in (api, worker):
        await one.stop()
    await producer.stop()
