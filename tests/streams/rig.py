"""A bench for processors on the real broker: topics of its own, processes that can be killed, and what they said."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from shared.events.catalogue import PARTITIONS
from shared.events.codec import decode, encode
from shared.events.envelope import Envelope
from shared.events.topics import topic_settings
from shared.streams.parked_desk import ParkedDesk
from shared.streams.required_topics import inputs_of, outputs_of
from shared.testing.probes import eventually
from tests.streams.books import Books
from tests.streams.replays import Published

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
"""How long a processor may take: the machine may be busy with other things."""


@dataclass
class Bench:
    """One test's corner of the broker. Use `async with`."""

    bootstrap: str
    folder: Path
    prefix: str
    processor: str = "balances"
    started: list["Running"] = field(default_factory=list)

    @property
    def group(self) -> str:
        """The consumer group, also the beginning of the changelog's name."""
        return f"{self.prefix}payouts-{self.processor}"

    async def __aenter__(self) -> "Bench":
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await self._admin.start()
        names = {*inputs_of(self.processor), *outputs_of(self.processor), f"payouts-{self.processor}-state-changelog"}
        await self._admin.create_topics([
            NewTopic(self.prefix + name, PARTITIONS, 1, topic_configs=topic_settings()[name]) for name in sorted(names)
        ])
        self._producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, linger_ms=5)
        await self._producer.start()
        self._reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await self._reader.start()
        outputs = [TopicPartition(self.prefix + topic, number)
                   for topic in outputs_of(self.processor) for number in range(PARTITIONS)]
        self._reader.assign(outputs)
        self._read: dict[str, list[bytes]] = {topic: [] for topic in outputs_of(self.processor)}
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self.started:
            process.kill()
        await self._producer.stop()
        await self._reader.stop()
        await self._admin.delete_topics([name for name in await self._admin.list_topics()
                                         if name.startswith(self.prefix)])
        await self._admin.close()

    def start(self, variant: str, *, instance: str = "one", port: int = 0) -> "Running":
        """Start a process; `instance` is its static membership and the name that failpoints know it by."""
        process = Running.start(self, variant, instance, port)
        self.started.append(process)
        return process

    def arm(self, failpoint: str, *, instance: str = "one") -> None:
        """Let the instance die where `failpoint` stands, once."""
        (self.folder / f"{instance}.{failpoint}").touch()

    def is_armed(self, failpoint: str, *, instance: str = "one") -> bool:
        """Whether it has not died there yet."""
        return (self.folder / f"{instance}.{failpoint}").exists()

    async def remove_topic(self, topic: str) -> None:
        """Take a topic away."""
        places = [place for place in self._reader.assignment() if place.topic != self.prefix + topic]
        self._reader.assign(places)
        await self._admin.delete_topics([self.prefix + topic])

    async def publish(self, told: Sequence[Published]) -> None:
        """Send those events that the processor reads, in order, and wait until the broker has them."""
        read = inputs_of(self.processor)
        await self.send([(topic, event.partitionkey.encode(), encode(event)) for topic, event in told if topic in read])

    async def send(self, records: Sequence[tuple[str, bytes, bytes | None]]) -> None:
        """Send raw records. Ticks go to the partition that their key names."""
        sent = []
        for topic, key, value in records:
            partition = int(key) if topic == "clock.ticked" else None
            sent.append(await self._producer.send(self.prefix + topic, value, key=key, partition=partition))
        await asyncio.gather(*sent)

    async def said(self, topic: str) -> list[Envelope[Any]]:
        """Everything on an output topic, in order per key."""
        return [decode(topic, raw) for raw in await self.raw(topic)]

    async def raw(self, topic: str) -> list[bytes]:
        """The same, as bytes."""
        places = sorted(self._reader.assignment())
        ends = await self._reader.end_offsets(places)
        while any([await self._reader.position(place) < ends[place] for place in places]):
            for place, found in (await self._reader.getmany(timeout_ms=200)).items():
                self._read[place.topic.removeprefix(self.prefix)] += [record.value or b"" for record in found]
        return self._read[topic]

    def desk(self) -> ParkedDesk:
        """The operator's desk."""
        return ParkedDesk(self.processor, f"payouts-{self.processor}", self.bootstrap, self.prefix)

    async def balances(self) -> dict[str, dict[str, dict[str, int]]]:
        """What a reader of balance.updated believes: per account the highest version."""
        newest: dict[str, Envelope[Any]] = {}
        for event in await self.said("balance.updated"):
            if event.partitionkey not in newest or newest[event.partitionkey].sequence <= event.sequence:
                newest[event.partitionkey] = event
        return {account_id: shown(event) for account_id, event in newest.items()}

    async def caught_up(self) -> bool:
        """Whether the group has committed the end of every input partition."""
        places = [TopicPartition(self.prefix + topic, partition)
                  for topic in inputs_of(self.processor) for partition in range(PARTITIONS)]
        try:
            committed = await self._admin.list_consumer_group_offsets(self.group)
        except GroupCoordinatorNotAvailableError:   # A fresh broker has none yet.
            return False
        ends = await self._reader.end_offsets(places)
        done = all(end == 0 or (place in committed and committed[place].offset == end) for place, end in ends.items())
        return done or await self._not_yet()

    async def until_caught_up(self, *, within_s: float = PATIENCE_S) -> None:
        """Wait until everything published is acknowledged and committed."""
        await eventually(self.caught_up, within_s=within_s)

    async def tells_of(self, books: Sequence[Books]) -> bool:
        """Whether there is a balance of each of `books`."""
        return {one.account_id for one in books} <= (await self.balances()).keys() or await self._not_yet()

    async def until_balances(self, expected: dict[str, Any], *, within_s: float = PATIENCE_S) -> None:
        """Wait until a reader believes `expected`."""
        async def believed() -> bool:
            return await self.balances() == expected or await self._not_yet()

        await eventually(believed, within_s=within_s)

    async def _not_yet(self) -> bool:
        """Give way until there is something new, or for a moment."""
        for place, found in (await self._reader.getmany(timeout_ms=300)).items():
            self._read[place.topic.removeprefix(self.prefix)] += [record.value or b"" for record in found]
        return False


@dataclass
class Running:
    """One process."""

    popen: subprocess.Popen[bytes]
    log: Path
    log_before: int

    @classmethod
    def start(cls, bench: Bench, variant: str, instance: str, port: int) -> "Running":
        """Start it, with its log in the test's folder."""
        environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": bench.bootstrap, "TOPIC_PREFIX": bench.prefix, "HTTP_PORT": str(port),
            "INSTANCE_ID": instance, "FAILPOINTS_DIR": str(bench.folder), "PYTHONPATH": str(ROOT),
        }
        path = bench.folder / f"{variant}-{instance}.log"
        log = path.open("ab")
        command = [sys.executable, "-m", "tests.streams.process", variant]
        return cls(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log), path, log.tell())

    async def until_ready(self) -> None:
        """Wait until it has recovered the partitions it owns."""
        await self.until_it_says(b"Worker ready")

    async def until_it_says(self, words: bytes, *, within_s: float = PATIENCE_S) -> None:
        """Wait until `words` stand in its log."""
        async def said() -> bool:
            return words in self.log.read_bytes()[self.log_before:]

        await eventually(said, within_s=within_s)

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.popen.poll() is not None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.popen.kill()
        self.popen.wait()

    async def until_ended(self, *, within_s: float = PATIENCE_S) -> int:
        """Wait for its end; return the exit code, negative where a signal ended it."""
        return await asyncio.wait_for(asyncio.to_thread(self.popen.wait), within_s)

    async def stop(self) -> int:
        """Ask it to end, as the platform does."""
        self.popen.send_signal(signal.SIGTERM)
        return await self.until_ended()


def shown(event: Envelope[Any]) -> dict[str, dict[str, int]]:
    """The balances of one balance.updated, as the books write them."""
    return {one.currency: one.model_dump(exclude={"currency"}) for one in event.data.object.balances}


def many_books(accounts: int, *, rounds: int = 2, begin: int = 0) -> list[Books]:
    """Accounts that live through everything, the same every time; amounts differ, so that a mix-up shows."""
    made = []
    for number in range(begin, begin + accounts):
        books = Books(f"fr_{number:026d}")
        for step in range(rounds):
            amount = 10_000 + 100 * number + step
            first, second = books.hold(amount), books.hold(2 * amount, currency="EUR")
            books.freeze(first, amount // 4)
            books.mature(second)
            books.unfreeze(first)
            books.refund(first, amount // 5)
            books.mature(first)
            books.pay_out(amount // 2)
        made.append(books)
    return made


def interleaved(books: Sequence[Books]) -> list[Published]:
    """All events, the accounts' first events before their second ones."""
    longest = max(len(one.events) for one in books)
    return [one.events[place] for place in range(longest) for one in books if place < len(one.events)]


async def only_true_balances(bench: Bench, books: Sequence[Books]) -> None:
    """Nobody ever saw a balance that the books never had, and one version was never told in two ways."""
    histories = {one.account_id: one.history for one in books}
    told: dict[str, bytes] = {}
    for raw in await bench.raw("balance.updated"):
        event = decode("balance.updated", raw)
        assert shown(event) == histories[event.partitionkey][event.sequence]
        assert told.setdefault(event.id, raw) == raw


def final(books: Sequence[Books]) -> dict[str, Any]:
    """What a reader should believe in the end."""
    return {one.account_id: one.balance() for one in books}
