"""The bell: rung in the process, rung across processes, and what it costs when nobody hears it."""

import asyncio

from shared.messaging.bell import Bell, heard, ringing

LONG_S = 30.0


async def test_what_is_rung_before_the_wait_is_not_missed() -> None:
    bell = Bell()
    bell.ring()
    async with asyncio.timeout(5):
        await bell.wait(LONG_S)


async def test_a_hushed_bell_is_silent_until_it_is_rung_again_or_the_time_is_over() -> None:
    bell = Bell()
    bell.ring()
    bell.hush()
    waiting = asyncio.create_task(bell.wait(LONG_S))
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring()
    async with asyncio.timeout(5):
        await waiting
        bell.hush()
        await bell.wait(0.01)


async def test_a_ring_in_one_process_is_heard_in_the_other() -> None:
    api, worker = Bell(), Bell()
    async with heard(worker, "127.0.0.1", 0) as port, ringing(api, f"127.0.0.1:{port}"), asyncio.timeout(5):
        for _ in range(3):
            worker.hush()
            api.ring()
            await worker.wait(LONG_S)


async def test_a_ring_without_a_listener_or_an_address_harms_nobody() -> None:
    api, worker = Bell(), Bell()
    async with heard(worker, "127.0.0.1", 0) as port:
        pass
    async with ringing(api, None), ringing(api, f"127.0.0.1:{port}"), asyncio.timeout(5):
        for _ in range(5):
            api.ring()
            await asyncio.sleep(0.01)
        async with heard(worker, "127.0.0.1", port):
            api.ring()
            await worker.wait(LONG_S)
