"""The machine's clock and the source of new ids. Must stay the only place of the product that reads a wall clock.

Business code never calls this: `now` is passed to it. Tests use the fakes of `shared.testing.clocks`.
"""

from datetime import UTC, datetime
from typing import Protocol

import uuid_utils

from shared.kernel.ids import encode
from shared.kernel.instants import Instant, instant


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """Return the present instant, UTC, whole milliseconds."""


class IdSource(Protocol):
    """Makes ids."""

    def new(self, prefix: str) -> str:
        """Return an id that nobody has seen, e.g. `ct_01jn…` for the prefix `ct`."""


class SystemClock:
    """The machine's clock: live business time, and the machine time of technical retries."""

    def now(self) -> Instant:
        """Return the present instant, UTC, whole milliseconds."""
        return instant(datetime.now(UTC))


class SystemIds:
    """Ids from UUIDv7: unique, and roughly in the order in which they were made."""

    def new(self, prefix: str) -> str:
        """Return an id that nobody has seen."""
        return encode(prefix, uuid_utils.uuid7().int)
