"""A process's way to the log in memory, and the order in which the log is told to its readers.

Legal, and as bad as that allows: per reader, topic and partition the order is kept; between topics there is none; every
record may come again, at once or much later, at a new offset. Must never drop a record or swap two of one partition.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from shared.events.catalogue import BY_TOPIC
from shared.messaging.log import LogPublisher, Outgoing, ReaderSettings
from shared.testing.memory_log import MemoryConsumer, MemoryLog, Taken, Waiting
from tests.simulation.hearing import Hearing
from tests.simulation.lives import Life
from tests.simulation.weather import Dice, Weather

REPEATS_MAX = 4
REPEATED_MUCH_LATER_S = 45.0
HELD_BACK_S = 3.0
ROUNDS_HELD_BACK = 0.1
"""A test clock's rounds hurry, so that a run spends its time on the events that they set going."""


class RoughDelivery:
    """Hands over some partitions, in any order between them, any number of records; keeps others back for a while."""

    def __init__(self, dice: Dice, weather: Weather, now_s: Callable[[], float], hearing: Hearing) -> None:
        self._dice, self._weather, self._now_s, self._hearing = dice, weather, now_s, hearing
        self._held_until: dict[tuple[str, TopicPartition], float] = {}

    def take(self, reader: str, waiting: Waiting, most: int) -> Taken:
        """Return the beginning of some partitions."""
        chance = self._dice.random
        places = [place for place in waiting if not self._holds_back(reader, place)]
        chance.shuffle(places)
        if self._dice.happens(self._weather.hold_back):   # The sequel first, the cause with a later poll.
            places = sorted(places, key=lambda place: -self._hearing.number_of(waiting[place][0]))[:1]
        if len(places) > 1 and self._dice.happens(self._weather.hold_back):
            places = places[:chance.randint(1, len(places) - 1)]
        taken: Taken = {}
        for place in places:
            records = waiting[place]
            many = len(records)
            if self._dice.happens(self._weather.hold_back):
                many = chance.randint(1, many)
            if min(many, most) > 0:
                taken[place] = list(records[:min(many, most)])
                most -= len(taken[place])
        self._hearing.heard(reader, [record for records in taken.values() for record in records])
        return taken

    def _holds_back(self, reader: str, place: TopicPartition) -> bool:
        now_s = self._now_s()
        until_s = self._held_until.pop((reader, place), None)
        hold_back = self._weather.hold_back
        if place.topic.startswith("clock."):
            hold_back *= ROUNDS_HELD_BACK
        if until_s is None and self._dice.happens(hold_back):
            until_s = now_s + self._dice.random.uniform(0.0, HELD_BACK_S) * self._dice.random.random()
        elif until_s is not None and until_s <= now_s:
            return False   # Held back long enough, and now handed over.
        if until_s is not None:
            self._held_until[(reader, place)] = until_s
        return until_s is not None


@dataclass(slots=True)
class Broker:
    """The log, whether it can be reached, and how it repeats."""

    log: MemoryLog
    hearing: Hearing
    dice: Dice
    weather: Weather
    available: bool = True

    def append(self, record: Outgoing) -> None:
        """Append, and perhaps again."""
        self._append(record)
        self.hearing.published(record)
        if BY_TOPIC[record.topic].key == "clock" or not self.dice.happens(self.weather.repeat):
            return
        chance = self.dice.random
        for _ in range(chance.randint(1, REPEATS_MAX)):
            later_s = chance.choice([0.0, chance.uniform(0.0, 1.0), chance.uniform(0.0, REPEATED_MUCH_LATER_S)])
            if later_s:
                asyncio.get_running_loop().call_later(later_s, self._append, record)
            else:
                self._append(record)

    def lose_offsets(self, group: str, dice: Dice) -> None:
        """Set a group's committed offsets back, as when they have expired: offsets may decide nothing."""
        if dice.happens(self.weather.lost_offsets):
            for of, place in self.log.committed:
                if of == group:
                    known = self.log.committed[(of, place)]
                    self.log.committed[(of, place)] = dice.random.choice([0, dice.random.randint(0, known)])

    def _append(self, record: Outgoing) -> None:
        self.log.append(record.topic, record.key.encode(), record.value, headers=record.headers,
                        partition=record.partition)


@dataclass(frozen=True, slots=True)
class LogLink:
    """The log as one life of one process reaches it."""

    broker: Broker
    life: Life

    def producer(self, client_id: str) -> LogPublisher:
        """Return a producer."""
        return _Producer(self.broker, self.life)

    def consumer(self, settings: ReaderSettings, *, from_now: bool = False) -> "_Consumer":
        """Return a consumer."""
        return _Consumer(self.broker, self.life, settings.group, from_now=from_now)


@dataclass(frozen=True, slots=True)
class _Producer:
    broker: Broker
    life: Life

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Append; after an error some may be there, and after a death too."""
        await self.life.step()
        many = len(records)
        if not self.broker.available:
            many = 0
        elif self.life.loses_answer():
            many = self.life.dice.random.randint(0, many)
        for place, record in enumerate(records[:many]):
            if place:
                await asyncio.sleep(0)
            if self.life.dead:
                raise asyncio.CancelledError(f"{self.life.name} is dead")
            self.broker.append(record)
        await self.life.step()
        if many < len(records) or self.life.loses_answer():
            raise KafkaConnectionError("the broker went away")

    async def stop(self) -> None:
        """Nothing is open."""


class _Consumer(MemoryConsumer):
    """A consumer whose polls take time and whose commits may fail."""

    def __init__(self, broker: Broker, life: Life, group: str | None, *, from_now: bool) -> None:
        super().__init__(broker.log, group, from_now=from_now)
        self._broker, self._life = broker, life

    async def start(self) -> None:
        """Begin."""
        await self._life.step()
        if not self._broker.available:
            raise KafkaConnectionError("the broker is away")
        await super().start()

    async def getmany(self, *, timeout_ms: int = 0, max_records: int | None = None) -> Taken:
        """Return what the delivery hands over."""
        await self._life.step()
        if not self._broker.available:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        if self._life.loses_answer():
            max_records = 1
        taken = await super().getmany(timeout_ms=timeout_ms, max_records=max_records)
        await self._life.step()
        return taken

    async def commit(self, offsets: Any) -> None:
        """Keep the offsets, or fail to."""
        await self._life.step()
        if not self._broker.available or self._life.loses_answer():
            raise KafkaConnectionError("offsets were not committed")
        await super().commit(offsets)
        await self._life.step()

    def keep(self, place: TopicPartition, offset: int) -> None:
        """Commit without a word."""
        self._broker.log.committed[(self.group or "", place)] = offset
