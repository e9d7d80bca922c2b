"""Waiting for a fact about real processes, with a deadline; must never wait for a time to pass."""

import time
from collections.abc import Callable


def until(fact: Callable[[], object], *, within_s: float) -> None:
    """Return as soon as `fact` is true; fail when it is not within the deadline."""
    deadline = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        time.sleep(0.02)
