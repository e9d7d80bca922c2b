"""An event loop whose clock jumps to the next thing that happens. Must never wait, nor touch a socket or a thread."""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.kernel.instants import Instant, instant

MACHINE_EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""What the machine's clock shows when a simulation begins; test clocks have their own time."""

Adopt = Callable[["asyncio.Task[Any]", contextvars.Context], None]


class NothingLeft(RuntimeError):
    """Everybody waits for somebody: no timer is set and nothing can happen any more."""


class _NoWaiting(selectors.SelectSelector):
    """Passes virtual time instead of real time."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        """Jump over `timeout`."""
        if timeout is None:
            raise NothingLeft("everybody waits for somebody else")
        self.loop.jump(max(timeout, 0.0))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Deterministic: callbacks in the order of their calling, timers in the order of their instants."""

    def __init__(self) -> None:
        selector = _NoWaiting()
        selector.loop = self
        self._virtual = 0.0
        super().__init__(selector)
        self.adopt: Adopt = lambda task, context: None
        self.set_task_factory(self._task)

    def time(self) -> float:
        """Return virtual seconds since the beginning."""
        return self._virtual

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._virtual += seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Call `func` here and now: threads would make runs differ."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def add_signal_handler(self, *_args: Any) -> None:  # type: ignore[override]
        """Leave the signals to the test run."""

    def _task(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any], *,
        context: contextvars.Context | None = None,
    ) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, context=context)
        self.adopt(task, context or contextvars.copy_context())
        return task


class VirtualClock:
    """The machine's clock of a simulation."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> Instant:
        """Return the present instant."""
        return instant(MACHINE_EPOCH + timedelta(seconds=self._loop.time()))
