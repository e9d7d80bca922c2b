"""`GET /v1/test_clocks/{id}?wait_s=`: the answer comes when the clock is ready, and does not wait for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from services.contracts.adapters.mailboxes import LocalMailbox
from services.contracts.adapters.policy_files import SHIPPED, read_policies
from services.contracts.adapters.tokens import RandomTokens
from services.contracts.api.desk import Desk
from services.contracts.api.test_clocks import test_clock_routes
from services.contracts.application.drive_test_clocks import Logbook
from services.contracts.application.offer_contract import OfferRules
from services.contracts.application.test_clocks import CreateTestClock, create_test_clock
from services.contracts.domain.test_clocks import TestClock
from shared.events.catalogue import LIVE
from shared.messaging.clock_owner import ClockState
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.settings import ServiceSettings
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore
from shared.web.app import build_app
from shared.web.dev_issuer import DevIssuer

START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class ClockDesk:
    """The API over a store in memory; nobody drives its clocks."""

    client: httpx2.AsyncClient
    headers: dict[str, str]
    committer: Committer

    async def make(self) -> TestClock:
        """A clock that is on its way."""
        clock: TestClock = await self.committer.run(create_test_clock, CreateTestClock(START), clock=LIVE)
        return clock

    async def arrive(self, clock: TestClock) -> None:
        """Let the clock be where it was sent."""
        logbook = await Logbook.open(self.committer.store, clock.id)
        assert logbook is not None
        await logbook.write_down(ClockState(clock.id, clock.to, 4, clock.to, 3, status="ready"))

    async def read(self, clock_id: str, wait_s: str) -> httpx2.Response:
        """Ask where it stands."""
        return await self.client.get(f"/v1/test_clocks/{clock_id}", params={"wait_s": wait_s}, headers=self.headers)


@pytest.fixture(name="desk")
async def _desk(tmp_path: Path) -> AsyncIterator[ClockDesk]:
    store, clock, issuer = MemoryStore(), FixedClock(), DevIssuer.load_or_create(tmp_path)
    committer = Committer(store, service="contracts", lane="test", clock=clock, ids=CountingIds())
    rules = OfferRules(read_policies([SHIPPED]), RandomTokens(), versions_by_name=True)
    plugs = Desk(committer, StoreReading(store, clock), rules, LocalMailbox(store), test_clocks_enabled=True)
    app = build_app("contracts", ServiceSettings(auth_jwks_file=issuer.jwks_file), [test_clock_routes(plugs)])
    await committer.start()
    headers = {"Authorization": f"Bearer {issuer.token('op_1', 'operator')}"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://contracts") as client:
        yield ClockDesk(client, headers, committer)
    await committer.stop()


async def test_the_answer_waits_until_the_clock_is_ready(desk: ClockDesk) -> None:
    clock = await desk.make()
    waiting = asyncio.create_task(desk.read(clock.id, "10"))
    assert (await desk.read(clock.id, "0")).json()["status"] == "advancing"
    assert not waiting.done()
    await desk.arrive(clock)
    assert (await waiting).json()["status"] == "ready"


async def test_the_answer_says_that_it_is_still_advancing_when_the_time_is_up(desk: ClockDesk) -> None:
    clock = await desk.make()
    assert (await desk.read(clock.id, "1")).json()["status"] == "advancing"


async def test_a_clock_that_does_not_exist_is_not_waited_for(desk: ClockDesk) -> None:
    waiting = asyncio.create_task(desk.read("clk_nobody", "10"))
    done, _ = await asyncio.wait({waiting}, timeout=5)
    assert done
    assert waiting.result().status_code == 404


@pytest.mark.parametrize("wait_s", ["11", "-1", "soon", "1.5"])
async def test_a_wait_that_is_none_is_refused(desk: ClockDesk, wait_s: str) -> None:
    clock = await desk.make()
    answer = await desk.read(clock.id, wait_s)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")
