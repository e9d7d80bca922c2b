"""Live time: a heap of what is due next, filled from range queries and from the outbox rows of every process.

Test clocks do not pass here: their participant asks the store. A due item fires once whoever fires it, as its row is
deleted in the deciding transaction. Must never look at a wall clock itself: the machine's clock is passed in.
"""

import asyncio
import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.catalogue import LIVE
from shared.kernel.instants import Instant
from shared.messaging.clock_participant import due_of
from shared.observability.clock import Clock
from shared.observability.logs import logger
from shared.persistence.collections import Document
from shared.persistence.group_commit import Committer
from shared.persistence.records import DUES
from shared.persistence.store import Store, StoreUnavailable
from shared.persistence.unit import Due

_log = logger("due")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
HORIZON = timedelta(minutes=10)
FIRE_AT_ONCE = 500
RETRY_AFTER = timedelta(seconds=5)


class DueHeap:
    """What is due next on the live clock; the earliest is looked at in constant time."""

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, str, Due]] = []
        self._known: set[tuple[str, Instant]] = set()

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, due: Due) -> None:
        """Add, unless it stands there."""
        if (due.id, due.due_at) not in self._known:
            self._known.add((due.id, due.due_at))
            heapq.heappush(self._heap, (due.due_at, int(due.phase), due.id, due))

    def next_at(self) -> Instant | None:
        """Return the earliest instant."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: Instant, most: int = FIRE_AT_ONCE) -> list[Due]:
        """Remove and return what is due at `now`, in order, at most `most` and all of one moment (I4)."""
        taken: list[Due] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            if taken and (self._heap[0][0], self._heap[0][1]) != (taken[0].due_at, int(taken[0].phase)):
                break
            _, _, _, due = heapq.heappop(self._heap)
            self._known.discard((due.id, due.due_at))
            taken.append(due)
        return taken


class DueScheduler:
    """Fires live due items as their instants pass."""

    def __init__(self, store: Store, committer: Committer, clock: Clock) -> None:
        self._store, self._committer, self._clock = store, committer, clock
        self.heap = DueHeap()
        self._until = BEGINNING
        self._wake = asyncio.Event()

    def notice(self, row: Document, fresh: bool = True) -> None:
        """Take what an outbox row scheduled; what has fired since fires no more."""
        for hint in row.get("dues", ()):
            self._push(hint)

    def _push(self, hint: dict[str, Any]) -> None:
        due = due_of(hint)
        if due.clock == LIVE:
            self.heap.push(due)
            self._wake.set()

    async def run(self) -> None:
        """Fire for ever; a store that is away is waited for."""
        while True:
            try:
                await self._load_ahead()
                await self._fire(self.heap.take_due(self._clock.now()))
            except StoreUnavailable:
                await asyncio.sleep(0.5)
                continue
            await self._sleep_until_next()

    async def _load_ahead(self) -> None:
        """Read the next stretch of instants, bounded at both ends: a scan does not stop at a limit."""
        now = self._clock.now()
        if self._until - now > HORIZON / 2:
            return
        until = now + HORIZON
        rows = await self._store.find(DUES.name, {"clock": LIVE, "due_at": {"$gte": self._until, "$lt": until}})
        for row in rows:
            self.heap.push(due_of(row))
        self._until = until

    async def _fire(self, due: Sequence[Due]) -> None:
        outcomes = await asyncio.gather(*(self._committer.fire(item) for item in due), return_exceptions=True)
        for item, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, asyncio.CancelledError):
                raise outcome
            if isinstance(outcome, BaseException):
                _log.error("due_item_failed", kind=item.kind, ref=item.ref, error=str(outcome)[:300])
                asyncio.get_running_loop().call_later(RETRY_AFTER.total_seconds(), self._again, item)

    def _again(self, due: Due) -> None:
        self.heap.push(due)
        self._wake.set()

    async def _sleep_until_next(self) -> None:
        next_at = self.heap.next_at()
        pause = HORIZON / 4 if next_at is None else min(next_at - self._clock.now(), HORIZON / 4)
        if pause > timedelta(0):
            self._wake.clear()
            try:
                async with asyncio.timeout(pause.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                return
