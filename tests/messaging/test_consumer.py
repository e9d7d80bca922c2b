"""The consumer: repeats, undecodable and unhandleable events, keys that wait behind, redelivery. Memory and real."""

import asyncio
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from shared.events.codec import encode
from shared.events.envelope import Envelope
from shared.events.parties import Party, PartyRegistered
from shared.events.topics import create_topics
from shared.messaging.archive import MongoEventArchive
from shared.messaging.bell import Bell
from shared.messaging.consumer import Consumer
from shared.messaging.log import LogProducer, Outgoing, ReaderSettings, WaitForBatch
from shared.messaging.parking import ParkingLot, Record
from shared.messaging.relay import Relay
from shared.observability.clock import SystemIds
from shared.observability.metrics import Metrics
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Committer, Handler
from shared.persistence.mongo import MongoStore, connect
from shared.persistence.records import ARCHIVE, INBOX, PARKED, TECHNICAL
from shared.persistence.store import Store
from shared.persistence.unit import Unit
from shared.testing.clocks import FixedClock
from shared.testing.memory_store import MemoryStore
from shared.testing.probes import eventually

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOPIC = "party.registered"


@dataclass(frozen=True)
class Tally:
    id: str
    seen: tuple[str, ...]


TALLIES = Collection("tallies", Tally)
poisoned: set[str] = set()


async def count(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    if event.id in poisoned:
        raise ZeroDivisionError("poison")
    tally = await unit.get(TALLIES, event.partitionkey) or Tally(event.partitionkey, ())
    unit.put(TALLIES, replace(tally, seen=(*tally.seen, event.id)))


def event(id: str, key: str) -> bytes:
    payload = PartyRegistered(object=Party(id=key, role="client", clock="live", registered_at=NOW))
    return encode(Envelope(
        id=id, source="/billing/contracts", type="billing.party.registered.v1", subject=key, time=NOW, dataschema="/x",
        partitionkey=key, sequence=1, causationid="c", correlationid="c", livemode=True, data=payload))


class Rig:
    """A consumer over a store, fed by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.committer = Committer(store, service="disputes", lane="w", clock=FixedClock(NOW), ids=SystemIds(),
                                   handlers={TOPIC: Handler(count)})
        self.parking = ParkingLot(store, self.committer)
        self.consumer = Consumer(ReaderSettings("nowhere:1", "g"), [TOPIC], self.committer, self.parking, Metrics())
        self.offset = 0

    async def feed(self, *events: tuple[str, bytes]) -> None:
        records = []
        for key, value in events:
            records.append(Record(TOPIC, 0, self.offset, key, value))
            self.offset += 1
        await self.consumer.handle(records)

    async def seen(self) -> dict[str, list[str]]:
        return {row["_id"]: list(row["seen"]) for row in await self.store.find(TALLIES.name, {})}


@pytest.fixture
async def rig() -> Any:
    poisoned.clear()
    made = Rig(MemoryStore())
    await made.committer.start()
    yield made
    await made.committer.stop()


async def test_every_event_counts_once_in_one_batch_and_over_batches(rig: Rig) -> None:
    for _ in range(3):
        await rig.feed(*[("k", event(f"e{n}", "k")) for n in (1, 1, 2, 3, 2)])
    assert await rig.seen() == {"k": ["e1", "e2", "e3"]}


@pytest.mark.parametrize("poison", [b"{", b"\xff", b'{"id": 1}'])
async def test_an_undecodable_event_stops_only_its_own_key(rig: Rig, poison: bytes) -> None:
    await rig.feed(("a", event("e1", "a")), ("b", poison), ("a", event("e2", "a")), ("b", event("e3", "b")))
    await rig.feed(("b", event("e4", "b")), ("a", event("e5", "a")))
    assert await rig.seen() == {"a": ["e1", "e2", "e5"]}
    assert [(row.key, row.behind) for row in await rig.parking.parked()] == [("b", False), ("b", True), ("b", True)]


async def test_a_failing_event_is_parked_with_its_reason_and_later_ones_of_its_key_wait(rig: Rig) -> None:
    poisoned.add("e2")
    await rig.feed(*[(key, event(id, key)) for key, id in (("a", "e1"), ("b", "e2"), ("b", "e3"), ("a", "e4"))])
    await rig.feed(("b", event("e5", "b")))
    assert await rig.seen() == {"a": ["e1", "e4"]}
    parked = await rig.parking.parked()
    assert [(row.offset, row.behind) for row in parked] == [(1, False), (2, True), (4, True)]
    assert "ZeroDivisionError: poison" in parked[0].reason


async def test_a_retry_handles_the_parked_event_and_those_behind_it_in_order(rig: Rig) -> None:
    poisoned.add("e1")
    await rig.feed(*[("b", event(f"e{n}", "b")) for n in (1, 2, 3)])
    poisoned.clear()
    rig.committer.failed_keys.clear()
    await rig.parking.retry((await rig.parking.parked())[0].id)
    await rig.feed(("b", event("e4", "b")))
    assert await rig.seen() == {"b": ["e1", "e2", "e3", "e4"]}
    assert await rig.parking.parked() == []


async def test_what_another_instance_parked_blocks_its_key_here_once_the_partition_is_ours(rig: Rig) -> None:
    await rig.feed(("a", event("e1", "a")))
    other = Rig(rig.store)
    await other.committer.start()
    other.offset = rig.offset
    await other.feed(("b", b"{"))
    await other.committer.stop()

    async def nothing_to_tell() -> None:
        return

    await WaitForBatch(asyncio.Lock(), nothing_to_tell, rig.parking.forget).on_partitions_assigned([])
    rig.offset = other.offset
    await rig.feed(("b", event("e2", "b")), ("a", event("e3", "a")))
    assert await rig.seen() == {"a": ["e1", "e3"]}
    assert [row.behind for row in await rig.parking.parked()] == [False, True]


async def test_a_repeat_of_a_parked_event_parks_it_once(rig: Rig) -> None:
    await rig.feed(("b", b"{"))
    rig.offset = 0
    await rig.feed(("b", b"{"))
    assert len(await rig.parking.parked()) == 1


async def test_a_store_that_goes_away_loses_nothing() -> None:
    store = MemoryStore()
    rig = Rig(store)
    await rig.committer.start()
    store.available = False
    feeding = asyncio.create_task(rig.feed(("a", event("e1", "a"))))
    await asyncio.sleep(0)
    assert not feeding.done()
    store.available = True
    async with asyncio.timeout(10):
        await feeding
    assert await rig.seen() == {"a": ["e1"]}
    await rig.committer.stop()


@pytest.mark.real
async def test_on_real_servers_repeats_restarts_and_a_redelivery_change_nothing(
    kafka_bootstrap: str, mongodb_uri: str
) -> None:
    poisoned.clear()
    prefix = f"cons{uuid.uuid4().hex[:6]}."
    await create_topics(kafka_bootstrap, prefix=prefix)
    store = MongoStore(connect(mongodb_uri), f"consumer_{uuid.uuid4().hex[:8]}")
    await store.prepare([*TECHNICAL, TALLIES])
    producer = LogProducer(kafka_bootstrap, topic_prefix=prefix)
    for _ in range(3):
        await producer.publish([Outgoing(TOPIC, f"k{n % 4}", event(f"e{n}", f"k{n % 4}")) for n in range(200)])
    rig = Rig(store)
    await rig.committer.start()
    for group in ("first", "second"):   # A new group reads everything again from offset 0.
        consumer = Consumer(ReaderSettings(kafka_bootstrap, group, topic_prefix=prefix), [TOPIC], rig.committer,
                            rig.parking, Metrics())
        running = asyncio.create_task(consumer.run())
        await eventually(partial(_set, consumer.caught_up), within_s=40)
        running.cancel()
    assert {key: sorted(ids) for key, ids in (await rig.seen()).items()} == {
        f"k{k}": sorted(f"e{n}" for n in range(200) if n % 4 == k) for k in range(4)}

    await store.insert_new(ARCHIVE.name, [{
        "_id": "e0", "topic": TOPIC, "key": "k0", "contract_id": None, "clock": "live", "time": NOW, "sequence": 1,
        "value": event("e0", "k0")}])
    assert await MongoEventArchive(store, rig.committer, SystemIds()).redeliver(TOPIC, None) == 1
    relay = asyncio.create_task(Relay(store, producer, Bell()).run())
    consumer = Consumer(ReaderSettings(kafka_bootstrap, "second", topic_prefix=prefix), [TOPIC], rig.committer,
                        rig.parking, Metrics())
    running = asyncio.create_task(consumer.run())

    async def counted() -> bool:
        return any(row["_id"].startswith("e0|") for row in await store.find(INBOX.name, {}))

    await eventually(counted, within_s=40)
    for task in (relay, running):
        task.cancel()
    assert (await rig.seen())["k0"].count("e0") == 1
    assert await store.find(PARKED.name, {}) == []
    await rig.committer.stop()
    await producer.stop()


async def _set(event: asyncio.Event) -> bool:
    return event.is_set()
