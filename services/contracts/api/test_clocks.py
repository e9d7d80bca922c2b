"""Routes of test clocks: answer 404 unless the process enables them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.contracts.api.desk import Desk
from services.contracts.api.rendering import TestClockOut, clock_out, rendered
from services.contracts.api.requests import AdvanceIn, TestClockIn
from services.contracts.application.collections import TEST_CLOCKS
from services.contracts.application.test_clocks import (
    AdvanceTestClock,
    CreateTestClock,
    advance_test_clock,
    create_test_clock,
)
from services.contracts.domain.test_clocks import ClockStatus, TestClock
from shared.events.catalogue import LIVE
from shared.kernel.decisions import NotFound
from shared.web.auth import Caller, CallerDep, require_role
from shared.web.idempotency import IdempotencyDep

WAIT_S_MAX = 10
LOOK_AGAIN_S_MIN, LOOK_AGAIN_SHARE = 0.025, 0.1
"""A look follows after a tenth of what was waited so far: many clocks that take long ask the store no more than few."""

WaitQuery = Annotated[int, Query(
    ge=0, le=WAIT_S_MAX, description="Answer as soon as the clock is ready, and after so many seconds in any case.")]


def test_clock_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/test_clocks", tags=["test clocks"])

    def enabled_for(caller: Caller) -> None:
        if not desk.test_clocks_enabled:
            raise NotFound("test clock")
        require_role(caller, "operator")

    @routes.post("", status_code=201, response_model=None, responses={201: {"model": TestClockOut}},
                 summary="Make a test clock")
    async def create(body: TestClockIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """A clock that stands still until it is advanced (operator)."""
        enabled_for(caller)
        return await desk.act(create_test_clock, CreateTestClock(body.now), clock=LIVE, key=key,
                              render=lambda clock: rendered(201, clock_out(clock)))

    @routes.get("/{clock_id}", response_model=None, responses={200: {"model": TestClockOut}},
                summary="Read a test clock")
    async def clock(clock_id: str, _caller: CallerDep, wait_s: WaitQuery = 0) -> Response:
        """Where it stands, and whether it is ready; with `wait_s` the answer comes when it is."""
        if not desk.test_clocks_enabled:
            raise NotFound("test clock")
        found = await _when_ready(desk, clock_id, wait_s)
        if found is None:
            raise NotFound("test clock")
        return Response(clock_out(found).model_dump_json(), media_type="application/json")

    @routes.post("/{clock_id}/advance", status_code=202, response_model=None, responses={202: {"model": TestClockOut}},
                 summary="Advance a test clock")
    async def advance(clock_id: str, body: AdvanceIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Everything due on the way happens, in order, in every service; then its status is `ready` again."""
        enabled_for(caller)
        return await desk.act(advance_test_clock, AdvanceTestClock(clock_id, body.to), clock=LIVE, key=key,
                              render=lambda leaving: rendered(202, clock_out(leaving)))

    return routes


async def _when_ready(desk: Desk, clock_id: str, wait_s: int) -> TestClock | None:
    """Look again and again until the clock is ready, but no longer than `wait_s` seconds of the machine."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while True:
        clock = await desk.reading.get(TEST_CLOCKS, clock_id)
        waited_s = loop.time() - since
        if clock is None or clock.status is ClockStatus.READY or waited_s >= wait_s:
            return clock
        await asyncio.sleep(max(LOOK_AGAIN_S_MIN, LOOK_AGAIN_SHARE * waited_s))


test_clock_routes.__test__ = False  # type: ignore[attr-defined]
