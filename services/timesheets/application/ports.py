"""What use cases need from outside beyond their unit of work. Must stay small."""

from typing import Protocol

from shared.kernel.instants import Instant
from shared.persistence.reading import Reading


class Queries(Reading, Protocol):
    """Committed documents and the present instant, for answers that change nothing."""

    async def now(self, clock: str) -> Instant:
        """Return the present instant of a clock; NotFound where it is not known here yet."""
