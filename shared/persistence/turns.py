"""Turns: while two processes of one service keep writing the same documents, their groups go one after another.

Two groups that overlap on one document cannot both commit, and the larger the groups, the surer they overlap. A turn is
a document: taken before the group, given back in the group's own transaction. It is only speed: guards keep the money
right without it, so a turn whose holder died is simply taken over. Must never be needed for correctness.
"""

import asyncio
import random
from datetime import timedelta

from shared.kernel.instants import Instant
from shared.observability.clock import Clock
from shared.persistence.collections import REVISION
from shared.persistence.records import TURNS, TurnRow
from shared.persistence.store import Conflict, Store, Write

TURN = timedelta(seconds=3)
CONTENDED_GROUPS = 64
"""How many groups after a conflict still take turns."""
WRITER = "writer"


class Turns:
    """One committer's part in taking turns."""

    def __init__(self, store: Store, holder: str, clock: Clock) -> None:
        self._store, self._holder, self._clock = store, holder, clock
        self._left = 0

    @property
    def contended(self) -> bool:
        """Whether groups take turns now."""
        return self._left > 0

    def note_conflict(self) -> None:
        """A group collided: take turns for a while."""
        self._left = CONTENDED_GROUPS

    def note_success(self) -> None:
        """A group was committed."""
        self._left = max(0, self._left - 1)

    async def take(self) -> int:
        """Return the revision of the turn once this process holds it."""
        while True:
            rows = await self._store.load(TURNS.name, [WRITER])
            revision = int(rows[0][REVISION]) if rows else 0
            if not rows or self._is_free(TURNS.from_document(rows[0]), self._clock.now()):
                taken = TURNS.to_document(TurnRow(WRITER, self._holder, self._clock.now() + TURN))
                write = Write("replace" if rows else "insert", TURNS.name, WRITER,
                              {**taken, REVISION: revision + 1}, revision)
                try:
                    async with self._store.transaction() as transaction:
                        await transaction.write([write])
                    return revision + 1
                except Conflict:
                    continue
            await asyncio.sleep(random.uniform(0.002, 0.006))  # noqa: S311 - jitter, no secret

    def given_back(self, revision: int) -> Write:
        """Return the write that ends the turn with the group."""
        free = TURNS.to_document(TurnRow(WRITER, None, self._clock.now()))
        return Write("replace", TURNS.name, WRITER, {**free, REVISION: revision + 1}, revision)

    def _is_free(self, row: TurnRow, now: Instant) -> bool:
        return row.holder is None or row.holder == self._holder or row.until < now
