"""Probes with a deadline: what a test waits for instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable

PROBE_EVERY_S = 0.01


async def eventually(check: Callable[[], Awaitable[object]], *, within_s: float = 20.0) -> None:
    """Return as soon as `check` answers something true; TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while True:
            if await check():
                return
            await asyncio.sleep(PROBE_EVERY_S)
