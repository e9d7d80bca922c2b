"""Deliveries that are begun at once: the same outcomes as Faust's own wait, and no task where nothing has to wait."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mode import Service

from shared.streams.eager import Begun, EagerWaits


class Plain(Service):  # type: ignore[misc]
    """Waits as Faust does."""


class Eager(EagerWaits):
    """Waits as ours do."""


@pytest.fixture(params=[Plain, Eager])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """A running service of either kind."""
    built = request.param()
    await built.start()
    yield built
    await built.stop()


async def value(of: int) -> int:
    """End without waiting."""
    return of


async def test_what_ends_at_once_wins(service: Any) -> None:
    never = asyncio.Event()
    outcome = await service.wait_first(delivery := value(7), never.wait())
    assert outcome == ([delivery], [7], False)


async def test_what_has_to_wait_goes_on_where_it_waited(service: Any) -> None:
    steps, gate, never = [], asyncio.Event(), asyncio.Event()

    async def delivery() -> int:
        steps.append("begun")
        await gate.wait()
        steps.append("opened")
        await asyncio.sleep(0)
        return 8

    asyncio.get_running_loop().call_soon(gate.set)
    outcome = await service.wait_first(delivery(), never.wait())
    assert (steps, outcome.results, outcome.stopped) == (["begun", "opened"], [8], False)


async def test_a_delivery_that_waits_is_cancelled_when_something_else_comes_first(service: Any) -> None:
    cancelled, suspended = asyncio.Event(), asyncio.Event()

    async def delivery() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    asyncio.get_running_loop().call_soon(suspended.set)
    outcome = await service.wait_first(delivery(), suspended.wait())
    assert outcome.results == [True]
    async with asyncio.timeout(5):
        await cancelled.wait()


@pytest.mark.parametrize("waits", [False, True])
async def test_what_a_delivery_raises_is_raised(service: Any, waits: bool) -> None:
    async def delivery() -> None:
        if waits:
            await asyncio.sleep(0)
        raise LookupError("no such channel")

    with pytest.raises(LookupError, match="no such channel"):
        await service.wait_first(delivery(), asyncio.Event().wait())


async def test_a_stopped_service_waits_for_no_delivery(service: Any) -> None:
    await service.stop()
    outcome = await service.wait_first(asyncio.Event().wait(), asyncio.Event().wait())
    assert outcome == ([], [], True)


async def test_no_task_is_made_for_what_ends_at_once() -> None:
    service = Eager()
    await service.start()
    before = len(asyncio.all_tasks())
    seen = []

    async def delivery() -> None:
        seen.append(len(asyncio.all_tasks()) - before)

    await service.wait_first(delivery(), asyncio.Event().wait())
    await service.stop()
    assert seen == [0]


async def test_a_begun_coroutine_hears_of_errors_where_it_waits() -> None:
    failing = asyncio.get_running_loop().create_future()

    async def forgiving() -> str:
        try:
            await failing
        except ConnectionError as error:
            await asyncio.sleep(0)
            return str(error)
        return "nothing"

    begun = Begun(forgiving())
    failing.set_exception(ConnectionError("gone"))
    assert await asyncio.ensure_future(begun) == "gone"
