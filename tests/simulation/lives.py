"""Processes that may die between any two steps, and are born again from what is durable.

A life owns the tasks that were begun in it. When it ends they are cancelled, and whatever they still try to do to the
outside is refused: what a `finally` does in Python, a power cut does not do. Must never let a dead process write.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.weather import Dice, Weather

_LIFE: contextvars.ContextVar["Life | None"] = contextvars.ContextVar("life", default=None)

Work = Callable[["Life"], Awaitable[None]]


class Life:
    """One incarnation of a process: `step` is called around everything that reaches outside."""

    def __init__(self, name: str, dice: Dice, weather: Weather) -> None:
        self.name, self.dice, self._weather = name, dice, weather
        self.dead = False
        self.steps_left: int | None = None
        """Dies when they are used up."""
        self.context = contextvars.copy_context()
        self.context.run(_LIFE.set, self)
        self.ended = asyncio.Event()
        self._tasks: dict[asyncio.Task[object], None] = {}

    def adopt(self, task: "asyncio.Task[object]") -> None:
        """Take a task that was begun in this life."""
        if self.dead:
            task.cancel()
            return
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def die(self) -> None:
        """End here and now."""
        if not self.dead:
            self.dead = True
            for task in tuple(self._tasks):
                task.cancel()
            self.ended.set()

    async def step(self) -> None:
        """Pass one point at which a process may die, and take the time that a step takes."""
        self.breathe()
        if self.dice.happens(self._weather.delay):
            await asyncio.sleep(self.dice.delay_s())
        else:
            await asyncio.sleep(0)
        self.breathe()

    def breathe(self) -> None:
        """Pass one point at which a process may die."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.die()
        if self.dead:
            raise asyncio.CancelledError(f"{self.name} is dead")

    def loses_answer(self) -> bool:
        """Whether an answer gets lost now."""
        return self.dice.happens(self._weather.lost_answer)


def raise_the_dead(loop: VirtualLoop) -> None:
    """Let every task belong to the life in which it was begun."""
    def adopt(task: "asyncio.Task[object]", context: contextvars.Context) -> None:
        life = context.get(_LIFE)
        if life is not None:
            life.adopt(task)

    loop.adopt = adopt


class Process:
    """A process under a supervisor: what dies is begun again, a little later."""

    def __init__(
        self, name: str, work: Work, dice: Dice, weather: Weather, *,
        when_dead: Callable[[Dice], None] = lambda dice: None,
    ) -> None:
        self.name, self._work, self._dice, self._weather = name, work, dice.of(name), weather
        self._when_dead = when_dead
        self.life: Life | None = None
        self.deaths = 0
        self.complaints: list[str] = []
        """Why lives ended that nobody killed."""

    async def supervise(self) -> None:
        """Keep it alive, for ever."""
        while True:
            life = self.life = Life(self.name, self._dice, self._weather)
            task = asyncio.get_running_loop().create_task(self._live(life), context=life.context)
            ended = asyncio.ensure_future(life.ended.wait())
            try:
                await asyncio.wait([task, ended], return_when=asyncio.FIRST_COMPLETED)
                if not life.dead:
                    life.die()
                await asyncio.wait([task])
            finally:
                ended.cancel()
                life.die()
            self.deaths += 1
            self.life = None
            self._when_dead(self._dice)
            await asyncio.sleep(self._dice.random.uniform(0.02, 0.6))

    async def _live(self, life: Life) -> None:
        try:
            await self._work(life)
            if not life.dead:
                self.complaints.append(f"{self.name} ended by itself")
        except asyncio.CancelledError:
            if not life.dead:
                raise
        except Exception as error:
            if not life.dead:
                self.complaints.append(f"{self.name}: {type(error).__name__}: {error}")
