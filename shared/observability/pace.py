"""How much a loop has to do, and how long its next round may wait for company. Must never decide what is done."""

from collections import deque
from dataclasses import dataclass, field

BUSY_PER_S = 50
LONGEST_S = 0.12


@dataclass(slots=True)
class Pace:
    """What a loop has done within the last second. An idle loop never waits, a busy one the longer the busier it is.

    `busy_round`: members of one round that make a loop busy, as `BUSY_PER_S` in a second do; `shortest_s`: what a busy
    loop waits at least; `per_member_s`: for each member of the last second, up to `LONGEST_S`.
    """

    busy_round: int
    shortest_s: float
    per_member_s: float
    rounds: deque[tuple[float, int]] = field(default_factory=deque)
    members: int = 0

    def note(self, members: int, now_s: float) -> None:
        """A round of `members` ended at `now_s` of the loop's time."""
        self.rounds.append((now_s, members))
        self.members += members

    def linger_s(self, now_s: float) -> float:
        """How long a round that could begin at `now_s` waits for company."""
        while self.rounds and self.rounds[0][0] <= now_s - 1.0:
            self.members -= self.rounds.popleft()[1]
        if not self.rounds or (self.rounds[-1][1] < self.busy_round and self.members < BUSY_PER_S):
            return 0.0
        return min(LONGEST_S, max(self.shortest_s, self.members * self.per_member_s))
