"""Turns: while two processes of one service keep writing the same documents, their groups go one after another.

Two groups that overlap on one document cannot both commit, and the larger the groups, the surer they overlap. So a
group that expects company writes one more document, the turn, and writes it first: whoever comes second learns at once
that it is too early, having read nothing in vain, and whoever succeeds sees everything that the groups before it wrote.
The turn ends with the transaction. It is only speed: guards keep the money right without it, so nobody waits for one
that does not end. Must never be needed for correctness.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.persistence.records import TURNS, TurnRow
from shared.persistence.store import Conflict, Transaction, Write

CONTENDED_GROUPS_MAX = 256
CONTENDED_GROUPS_PER_MEMBER = 8
"""How many groups after a conflict still take turns: the larger the group, the surer the next one collides too."""
PATIENCE_S = 1.0
"""Who holds a turn for longer is gone or stuck: groups go without turns until they collide again."""
FIRST_PAUSE, NEXT_PAUSES = 1 / 2, 1 / 32
"""How long one who waits does not look, as shares of its own last turn: the other's takes as long, and has begun."""
PAUSE_MIN_S, FIRST_PAUSE_MAX_S, NEXT_PAUSE_MAX_S = 0.002, 0.05, 0.01
DOOR_MAX_S = 0.5
"""How long anybody waits at most for a turn of this process to end."""
WRITER = "writer"


class TurnTaken(Exception):
    """Another group has the turn; nothing was read or written."""


@dataclass(slots=True)
class Turns:
    """One committer's part in taking turns."""

    holder: str
    left: int = 0
    took_s: float = 0.0
    """How long this committer's last group took."""
    between: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no group of this committer has the turn."""

    def __post_init__(self) -> None:
        self.between.set()

    @property
    def contended(self) -> bool:
        """Whether groups take turns now."""
        return self.left > 0

    def note_conflict(self, members: int) -> None:
        """A group of `members` collided: take turns for a while."""
        self.left = max(self.left, min(members * CONTENDED_GROUPS_PER_MEMBER, CONTENDED_GROUPS_MAX))

    def note_success(self, took_s: float) -> None:
        """A group was committed."""
        self.left = max(0, self.left - 1)
        self.took_s = took_s

    def pause_s(self, *, first: bool) -> float:
        """Return how long to wait before the next look."""
        share, at_most = (FIRST_PAUSE, FIRST_PAUSE_MAX_S) if first else (NEXT_PAUSES, NEXT_PAUSE_MAX_S)
        return min(max(self.took_s * share, PAUSE_MIN_S), at_most)

    def give_up(self) -> None:
        """The turn does not end: go without."""
        self.left = 0

    async def take(self, transaction: Transaction, number: int) -> None:
        """Make this group the one whose turn it is; TurnTaken where another one is under way.

        It must be the first thing that the transaction does. `number` differs each time: a document that does not
        change is no write and collides with nobody.
        """
        turn = TURNS.to_document(TurnRow(WRITER, self.holder, number))
        try:
            await transaction.write([Write("save", TURNS.name, WRITER, turn)])
        except Conflict as conflict:
            raise TurnTaken from conflict
        self.between.clear()

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """End the turn with what it was taken for."""
        try:
            yield
        finally:
            self.between.set()

    async def wait_between(self) -> None:
        """Return once this committer's group no longer has the turn, after `DOOR_MAX_S` in any case."""
        if not self.between.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DOOR_MAX_S):
                    await self.between.wait()
