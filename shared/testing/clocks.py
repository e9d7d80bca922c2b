"""Fakes of the machine's clock and id source: time moves only when a test moves it, ids count."""

from datetime import UTC, datetime, timedelta

from shared.kernel.ids import encode
from shared.kernel.instants import Instant


class FixedClock:
    """Stands still until it is told otherwise."""

    def __init__(self, now: Instant = datetime(2026, 2, 23, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> Instant:
        """Return the instant that was set."""
        return self._now

    def set(self, now: Instant) -> None:
        """Move to `now`."""
        self._now = now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class CountingIds:
    """Ids 1, 2, 3, …: a test can say which comes next."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        """Return the next id."""
        self._last += 1
        return encode(prefix, self._last)
