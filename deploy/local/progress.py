"""Shows a waiting person what is going on: one live line in a terminal, plain lines elsewhere. It decides nothing."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.status import Status

_REPEAT_AFTER_S = 5.0


class Progress:
    """A line that says what is awaited. Without a terminal a line is printed when it changes, at most every 5 s."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._last_text, self._last_at = "", 0.0
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Something that stays on the screen."""
        if self._status is not None:
            self._status.stop()
        print(text, file=sys.stderr, flush=True)
        if self._status is not None:
            self._status.start()

    def waiting(self, text: str) -> None:
        """Something that is true just now and replaced by the next."""
        now = time.monotonic()
        if self._status is not None:
            self._status.update(f"{text} ({now - self._began:.0f} s)")
        elif text != self._last_text and now - self._last_at > _REPEAT_AFTER_S:
            print(f"  {text}", file=sys.stderr, flush=True)
            self._last_text, self._last_at = text, now

    def seconds(self) -> float:
        """Time since the beginning."""
        return time.monotonic() - self._began

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
