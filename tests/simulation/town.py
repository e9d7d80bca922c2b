"""All processes of the suite, their supervisor, and who makes trouble. Must never know what a story is about."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.payouts.streams.run import Which
from shared.events.catalogue import SERVICES
from shared.streams.folds import PartitionFold
from shared.testing.memory_log import MemoryLog
from tests.simulation.hearing import Hearing
from tests.simulation.lives import Process, raise_the_dead
from tests.simulation.logs import Broker, RoughDelivery
from tests.simulation.processors import processor_work
from tests.simulation.services import Apis, Ground, migrate, worker_of
from tests.simulation.virtual_time import VirtualClock, VirtualLoop
from tests.simulation.weather import Dice, SeededIds, Weather

PROCESSORS: tuple[Which, ...] = ("holds", "balances")


@dataclass
class Town:
    """The running suite."""

    ground: Ground
    apis: Apis
    processes: list[Process]
    hearing: Hearing
    dice: Dice
    weather: Weather
    folds: dict[str, dict[int, PartitionFold[Any, Any]]] = field(default_factory=dict)
    outages: int = 0
    fair: bool = False
    """The weather has cleared up: no more deaths and outages."""

    @property
    def deaths(self) -> int:
        """How many lives have ended."""
        return sum(process.deaths for process in self.processes)

    @property
    def complaints(self) -> list[str]:
        """Why lives ended that nobody killed."""
        return [complaint for process in self.processes for complaint in process.complaints]

    async def run(self) -> None:
        """Keep everything alive, and make trouble."""
        async with asyncio.TaskGroup() as tasks:
            for process in self.processes:
                tasks.create_task(process.supervise())
            if self.weather.death_every_s:
                tasks.create_task(self._kill())
            if self.weather.outage_every_s:
                tasks.create_task(self._switch_off())

    async def _kill(self) -> None:
        dice = self.dice.of("deaths")
        while True:
            await asyncio.sleep(dice.until_next_s(self.weather.death_every_s))
            victim = dice.random.choices(self.processes, [1 if process.name.endswith("-api") else 3
                                                          for process in self.processes])[0]
            if victim.life is not None and not self.fair:
                victim.life.steps_left = dice.random.randint(1, 60)

    async def _switch_off(self) -> None:
        dice = self.dice.of("outages")
        while True:
            await asyncio.sleep(dice.until_next_s(self.weather.outage_every_s))
            if self.fair:
                continue
            self.outages += 1
            name = dice.random.choice([*self.ground.stores, "the log"])
            victim: Any = self.ground.broker if name == "the log" else self.ground.stores[name]
            victim.available = False
            await asyncio.sleep(dice.delay_s() * 5)
            victim.available = True


async def build_town(loop: VirtualLoop, seed: int, weather: Weather) -> Town:
    """Build the suite on an empty ground."""
    raise_the_dead(loop)
    dice, hearing = Dice(seed), Hearing()
    log = MemoryLog(RoughDelivery(dice.of("delivery"), weather, loop.time, hearing))
    broker = Broker(log, hearing, dice.of("broker"), weather)
    ground = Ground(VirtualClock(loop), SeededIds(dice.of("ids")), broker)
    for service in SERVICES:
        await migrate(ground, service)
    apis, folds = Apis(ground), dict[str, dict[int, PartitionFold[Any, Any]]]()
    processes = [
        *(Process(f"{service}-api", apis.work(service), dice, weather) for service in SERVICES),
        *(Process(f"{service}-worker", worker_of(ground, service), dice, weather,
                  when_dead=partial(broker.lose_offsets, service)) for service in SERVICES),
        *(Process(f"payouts-{which}", processor_work(ground, which, folds), dice, weather,
                  when_dead=partial(broker.lose_offsets, which)) for which in PROCESSORS),
    ]
    return Town(ground, apis, processes, hearing, dice, weather, folds)
