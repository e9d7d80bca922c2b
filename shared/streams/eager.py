"""Delivers Faust's records without a task for each. Must never change what happens to a record that has to wait.

For every record Faust makes four tasks, one of them to deliver it and three to hear meanwhile that it shall stop; but a
delivery nearly always ends without having waited for anything, and then nothing can have been heard.
"""

from collections.abc import Coroutine, Generator
from inspect import iscoroutine
from typing import Any

from mode import Service
from mode.services import WaitResults


class Begun:
    """A coroutine that was begun at once, within the running task; awaiting it goes on where it had to wait."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run `coroutine` until it ends or waits; raises what it raises."""
        self._coroutine, self._waits_for, self.result = coroutine, None, None
        try:
            self._waits_for, self.ended = coroutine.send(None), False
        except StopIteration as end:
            self.result, self.ended = end.value, True

    def __await__(self) -> Generator[Any, Any, Any]:
        """Hand on what the coroutine waits for, and to it what comes of that, a cancellation too."""
        waits_for = self._waits_for
        try:
            while not self.ended:
                try:
                    heard = yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(heard)
        except StopIteration as end:
            self.result, self.ended = end.value, True
        return self.result


class EagerWaits(Service):  # type: ignore[misc]
    """A service whose wait for the first of several things begins the first one at once."""

    async def wait_first(self, *waits: Any, timeout: Any = None) -> Any:
        """Wait as the service does; at most the first coroutine is run where that already ends it."""
        first, *others = waits
        if timeout is not None or not iscoroutine(first) or self._stopped.is_set() or self._crashed.is_set():
            return await super().wait_first(*waits, timeout=timeout)
        begun = None
        try:
            begun = Begun(first)
        finally:
            if begun is None or begun.ended:
                for other in others:
                    if iscoroutine(other):
                        other.close()
        if begun.ended:
            return WaitResults([first], [begun.result], False)
        return await super().wait_first(begun, *others)
