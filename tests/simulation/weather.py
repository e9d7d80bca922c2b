"""What may go wrong, how often, and the seeded dice that decide it. Must be the only source of chance."""

import random
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.kernel.ids import encode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weather:
    """Probabilities and rates; zero everywhere is a calm day."""

    delay: float = 0.0
    """Of a step to the outside to take time."""
    hold_back: float = 0.0
    """Of a topic's partition to be kept from a reader for a while."""
    repeat: float = 0.0
    """Of a record to be published again, once to four times, at once or much later."""
    lost_answer: float = 0.0
    """Of an answer to be lost: of a commit, a write, an HTTP request, a published batch, an offset commit."""
    death_every_s: float = 0.0
    """Virtual seconds between two deaths of processes, on average."""
    outage_every_s: float = 0.0
    """Virtual seconds between two outages of a store or the log, on average."""
    lost_offsets: float = 0.0
    """Of a reader that dies to find its committed offsets set back, perhaps to the beginning."""
    hurry: bool = False
    """Whether parties act while the events of their last acts are still on the way."""


CALM = Weather()
DISORDER = Weather(delay=0.5, hold_back=0.4, repeat=0.35, hurry=True)
STORM = replace(DISORDER, lost_answer=0.01, death_every_s=0.7, outage_every_s=6.0, lost_offsets=0.1)
WEATHERS = {"calm": CALM, "disorder": DISORDER, "storm": STORM}


class Dice:
    """Seeded chance, one independent stream per user, so that a new user disturbs no other."""

    def __init__(self, seed: int, name: str = "") -> None:
        self._seed, self._name = seed, name
        self.random = random.Random(f"{seed}/{name}")

    def of(self, name: str) -> "Dice":
        """Return the stream called `name`."""
        return Dice(self._seed, f"{self._name}/{name}")

    def happens(self, probability: float) -> bool:
        """Throw once."""
        return probability > 0 and self.random.random() < probability

    def delay_s(self) -> float:
        """Return how long a step takes: mostly nothing, now and then very long."""
        kind = self.random.random()
        if kind < 0.80:
            return self.random.uniform(0.0001, 0.003)
        if kind < 0.97:
            return self.random.uniform(0.003, 0.04)
        return self.random.uniform(0.04, 0.4)

    def until_next_s(self, every_s: float) -> float:
        """Return the time to the next of something that happens every `every_s` on average."""
        return self.random.expovariate(1 / every_s)


class SeededIds:
    """Ids that a seed repeats."""

    def __init__(self, dice: Dice) -> None:
        self._dice, self._count = dice, 0

    def new(self, prefix: str) -> str:
        """Return an id that nobody has seen: a growing number before a random one, as UUIDv7 has."""
        self._count += 1
        return encode(prefix, (self._count << 64) | self._dice.random.getrandbits(64))
