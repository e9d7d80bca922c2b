"""`POST /v1/disputes` over HTTP: which refusal answers, and that a refused filing leaves nothing behind."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.disputes.api.disputes import dispute_routes
from services.disputes.application.handlers import build_handlers
from shared.persistence.group_commit import Committer
from shared.persistence.reading import StoreReading
from shared.settings import ServiceSettings
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore
from shared.web.app import build_app
from shared.web.dev_issuer import DevIssuer
from tests.application.disputes.told import contract_told, party_told


@dataclass
class Desk:
    """The API over a store in memory, and tokens for its callers."""

    client: httpx2.AsyncClient
    issuer: DevIssuer
    store: MemoryStore

    async def file(self, subject: str, role: str, *, key: str | None = None, **body: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.issuer.token(subject, role)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        content = {"contract_id": "ct_anyhire", "segments": 3, "reason": "not delivered", **body}
        return await self.client.post("/v1/disputes", json=content, headers=headers)


@pytest.fixture(name="desk")
async def _desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store, clock, issuer = MemoryStore(), FixedClock(), DevIssuer.load_or_create(tmp_path)
    committer = Committer(store, service="disputes", lane="test", clock=clock, ids=CountingIds(),
                          handlers=build_handlers())
    app = build_app("disputes", ServiceSettings(auth_jwks_file=issuer.jwks_file),
                    [dispute_routes(committer, StoreReading(store, clock))])
    await committer.start()
    for profile in ("any_hire", "marketplace", "byo", "direct"):
        await committer.handle("contract.accepted", contract_told(profile))
    await committer.handle("party.registered", party_told("cl_acme", "client"))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://disputes") as client:
        yield Desk(client, issuer, store)
    await committer.stop()


@pytest.mark.parametrize(("subject", "role", "contract", "status", "code"), [
    ("cl_acme", "client", "ct_anyhire", 409, "DISPUTES_NOT_OFFERED"),
    ("fr_mia", "freelancer", "ct_anyhire", 409, "DISPUTES_NOT_OFFERED"),
    ("cl_acme", "client", "ct_unknown", 404, "NOT_FOUND"),
    ("cl_other", "client", "ct_anyhire", 404, "NOT_FOUND"),
    ("me_1", "mediator", "ct_anyhire", 404, "NOT_FOUND"),
    ("cl_acme", "freelancer", "ct_anyhire", 409, "NOT_A_PARTY"),
    ("op_1", "operator", "ct_anyhire", 409, "NOT_A_PARTY"),
    ("cl_acme", "client", "ct_marketplace", 501, "NOT_IMPLEMENTED"),
    ("cl_acme", "client", "ct_byo", 501, "NOT_IMPLEMENTED"),
    ("fr_mia", "freelancer", "ct_direct", 501, "NOT_IMPLEMENTED"),
])
async def test_which_refusal_answers(
    desk: Desk, subject: str, role: str, contract: str, status: int, code: str
) -> None:
    answer = await desk.file(subject, role, contract_id=contract)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_unknown_and_foreign_look_the_same(desk: Desk) -> None:
    unknown = await desk.file("cl_other", "client", contract_id="ct_unknown")
    foreign = await desk.file("cl_other", "client", contract_id="ct_anyhire")
    differing = {"correlation_id"}
    assert {k: v for k, v in unknown.json().items() if k not in differing} == {
        k: v for k, v in foreign.json().items() if k not in differing}
    assert unknown.headers["retry-after"] == foreign.headers["retry-after"] == "1"


@pytest.mark.parametrize("change", [
    {"segments": None}, {"milestone_id": "ms_1"}, {"reason": ""}, {"reason": "x" * 2001}, {"segments": 0},
    {"segments": 1.0}, {"amount": {"amount_minor": 100, "currency": "USD"}}, {"extra": 1},
])
async def test_a_filing_contests_exactly_one_thing_for_a_reason(desk: Desk, change: dict[str, Any]) -> None:
    answer = await desk.file("cl_acme", "client", **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")


async def test_a_refused_filing_publishes_nothing(desk: Desk) -> None:
    before = {name: dict(rows) for name, rows in desk.store.tables.items()}
    await desk.file("cl_acme", "client")
    await desk.file("cl_acme", "client", contract_id="ct_marketplace", key="k1")
    after = {name: dict(rows) for name, rows in desk.store.tables.items()}
    assert {name: rows for name, rows in after.items() if rows} == {name: rows for name, rows in before.items() if rows}


async def test_the_same_key_gets_the_same_refusal_and_another_body_is_refused(desk: Desk) -> None:
    first = await desk.file("cl_acme", "client", key="k1")
    again = await desk.file("cl_acme", "client", key="k1")
    other = await desk.file("cl_acme", "client", key="k1", segments=4)
    assert first.json()["code"] == again.json()["code"] == "DISPUTES_NOT_OFFERED"
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_an_absent_store_is_a_503(desk: Desk) -> None:
    desk.store.available = False
    answer = await desk.file("cl_acme", "client")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "STORE_UNAVAILABLE", "1")
