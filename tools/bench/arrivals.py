"""When requests are meant to be sent: a seeded Poisson stream that never waits for answers (open loop).

A request that leaves late because the driver was busy still counts from its intended instant: nothing hides a stall.
"""

import random
from collections.abc import Iterator


def arrivals(rate: float, *, seed: str) -> Iterator[float]:
    """Yield intended instants in seconds from the start, for ever, at `rate` per second on average."""
    chance, at = random.Random(seed), 0.0
    while True:
        at += chance.expovariate(rate)
        yield at


class Choices:
    """Who is paid how much next: one account gets `hot_share` of the requests, the others the rest evenly."""

    def __init__(self, accounts: int, *, seed: str, hot_share: float = 0.0) -> None:
        self._chance, self._accounts, self._hot_share = random.Random(seed), accounts, hot_share

    def account(self) -> int:
        """Return the index of an account; 0 is the hot one."""
        if self._hot_share and self._chance.random() < self._hot_share:
            return 0
        return self._chance.randrange(1 if self._hot_share else 0, self._accounts)

    def amount_minor(self) -> int:
        """Return an amount between 5.00 and 20.00."""
        return self._chance.randint(500, 2_000)
