"""The API over HTTP: shapes, statuses, codes, idempotency, pages, and the OpenAPI document."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.timesheets.api.submissions import submission_routes
from services.timesheets.api.time_entries import time_routes
from shared.kernel.ids import encode
from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.auth import Authenticator, Caller, NoKeys, Role
from tests.application.timesheets.desk import ACME, LOCK, MIA, TALA, ContractsDesk, Desk, at, hours

ENTRIES, WEEKS, SUBMISSIONS = (f"/v1/contracts/ct_one/{name}" for name in ("time_entries", "weeks", "submissions"))


class TrustingAuthenticator(Authenticator):
    """Believes what the header says: `Bearer <party id> <role>`."""

    async def caller(self, authorization: str | None) -> Caller:
        """Return who is named."""
        _, subject, role = (authorization or "").split()
        roles: dict[str, Role] = {"client": "client", "freelancer": "freelancer", "mediator": "mediator",
                                  "operator": "operator"}
        return Caller(subject, roles[role])


class Counter:
    """Asks the API as one party or another."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def asks(
        self, method: str, path: str, body: Any = None, *, by: str = MIA, key: str | None = None, **query: Any
    ) -> httpx.Response:
        """Send a request."""
        role = {"cl": "client", "fr": "freelancer", "op": "operator", "me": "mediator"}[by[:2]]
        headers = {"Authorization": f"Bearer {by} {role}", **({"Idempotency-Key": key} if key else {})}
        return await self._client.request(method, path, json=body, headers=headers, params=query)

    async def is_refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Send a request and return its status and code."""
        answer = await self.asks(method, path, body, **more)
        return answer.status_code, answer.json().get("code", "accepted")


@pytest.fixture(name="counter")
async def _counter(desk: Desk) -> AsyncIterator[Counter]:
    trusting = TrustingAuthenticator(NoKeys(), issuer="x", audience="x", clock=desk.clock)
    app = build_app("timesheets", ServiceSettings(), [
        time_routes(desk.committer, desk.reading), submission_routes(desk.committer, desk.reading)],
        authenticator=trusting, clock=desk.clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield Counter(client)


LOGGED = {"source": "tracker", "memo": "backend", "started_at": "2026-03-02T06:30:00+08:00",
          "ended_at": "2026-03-02T08:30:00+08:00"}


async def test_a_logged_session_shows_its_parts(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk().funded())
    desk.clock.set(at("03-02 00:30"))
    answer = await counter.asks("POST", ENTRIES, LOGGED)
    assert answer.status_code == 201
    entry = answer.json()
    assert entry == {
        "id": entry["id"], "contract_id": "ct_one", "freelancer_id": MIA, "source": "tracker", "memo": "backend",
        "activity": 100, "started_at": "2026-03-01T22:30:00.000Z", "ended_at": "2026-03-02T00:30:00.000Z",
        "logged_at": "2026-03-02T00:30:00.000Z", "segments": 12, "billable_segments": 12,
        "protected_segments": 0, "over_limit_segments": 0,
        "parts": [
            {"week_start": "2026-02-23T00:00:00.000Z", "started_at": "2026-03-01T22:30:00.000Z",
             "ended_at": "2026-03-02T00:00:00.000Z", "segments": 9, "billable_segments": 9, "protected_segments": 0,
             "locked": False},
            {"week_start": "2026-03-02T00:00:00.000Z", "started_at": "2026-03-02T00:00:00.000Z",
             "ended_at": "2026-03-02T00:30:00.000Z", "segments": 3, "billable_segments": 3, "protected_segments": 0,
             "locked": False}]}
    for by in (MIA, ACME, "op_desk"):
        assert (await counter.asks("GET", f"/v1/time_entries/{entry['id']}", by=by)).json() == entry
    assert await counter.is_refused("GET", f"/v1/time_entries/{entry['id']}", by=TALA) == (404, "NOT_FOUND")
    assert await counter.is_refused("GET", f"/v1/time_entries/{entry['id']}", by="me_desk") == (404, "NOT_FOUND")


async def test_an_entry_is_changed_and_deleted(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk().funded())
    desk.clock.set(at("02-24 12:00"))
    entry = (await counter.asks("POST", ENTRIES, {"source": "tracker", "segments": 6})).json()
    path = f"/v1/time_entries/{entry['id']}"
    changed = (await counter.asks("PATCH", path, {"memo": "api", "activity": 0, "segments": 3})).json()
    assert (changed["memo"], changed["activity"], changed["segments"], changed["started_at"]) \
        == ("api", 0, 3, "2026-02-24T11:30:00.000Z")
    assert (await counter.asks("PATCH", path, {"memo": None})).json()["memo"] is None
    for _ in range(2):
        assert (await counter.asks("DELETE", path, key="k1")).status_code == 204
    assert await counter.is_refused("DELETE", path) == (404, "NOT_FOUND")
    assert await counter.is_refused("GET", path) == (404, "NOT_FOUND")


async def test_the_same_key_gets_the_same_answer_once(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk().funded())
    desk.clock.set(at("02-24 12:00"))
    body = {"source": "tracker", "segments": 6}
    first, again = [await counter.asks("POST", ENTRIES, body, key="k1") for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert await counter.is_refused("POST", ENTRIES, {**body, "segments": 7}, key="k1") \
        == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await counter.is_refused("POST", ENTRIES, body, key="k2") == (409, "OVERLAPPING_TIME")


async def test_refusals_carry_their_codes(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk().funded(), ContractsDesk("ct_two", kind="single").funded())
    desk.clock.set(at("02-24 12:00"))
    body = {"source": "tracker", "segments": 6}
    single = "/v1/contracts/ct_two/time_entries"
    late = {"source": "tracker", "started_at": "2026-02-24T12:00:00Z", "ended_at": "2026-02-24T12:10:00Z"}
    off = {**late, "started_at": "2026-02-24T11:59:00Z", "ended_at": "2026-02-24T12:00:00Z"}
    assert await counter.is_refused("POST", ENTRIES, body, by=ACME) == (409, "NOT_A_PARTY")
    assert await counter.is_refused("POST", ENTRIES, body, by=TALA) == (404, "NOT_FOUND")
    assert await counter.is_refused("POST", ENTRIES, body, by="op_desk") == (404, "NOT_FOUND")
    assert await counter.is_refused("POST", single, body) == (409, "NOT_OFFERED")
    assert await counter.is_refused("POST", ENTRIES, {**body, "source": "manual"}) == (409, "MANUAL_TIME_NOT_ALLOWED")
    assert await counter.is_refused("POST", ENTRIES, late) == (422, "TIME_IN_FUTURE")
    assert await counter.is_refused("POST", ENTRIES, off) == (422, "TIME_NOT_ON_MARK")
    desk.clock.set(LOCK)
    assert await counter.is_refused(
        "POST", ENTRIES, {**late, "ended_at": "2026-02-24T13:00:00Z"}) == (409, "WEEK_LOCKED")


@pytest.mark.parametrize("body", [
    {}, {"source": "tracker"}, {"source": "guess", "segments": 1}, {"source": "tracker", "segments": 0},
    {"source": "tracker", "segments": "6"}, {"source": "tracker", "segments": 1.0},
    {"source": "tracker", "segments": 6, **{k: LOGGED[k] for k in ("started_at", "ended_at")}},
    {"source": "tracker", "started_at": LOGGED["started_at"]},
    {"source": "tracker", "started_at": LOGGED["started_at"], "ended_at": LOGGED["started_at"]},
    {"source": "tracker", "started_at": "2026-02-24T08:00:00", "ended_at": "2026-02-24T09:00:00"},
    {"source": "tracker", "segments": 6, "activity": 101}, {"source": "tracker", "segments": 6, "colour": "red"}])
async def test_malformed_time_is_refused_by_value(desk: Desk, counter: Counter, body: Any) -> None:
    await desk.hears(ContractsDesk().funded())
    assert await counter.is_refused("POST", ENTRIES, body) == (422, "VALIDATION")


@pytest.mark.parametrize("body", [
    {}, {"source": None}, {"segments": None}, {"segments": 3, "started_at": LOGGED["started_at"]}, {"activity": -1}])
async def test_malformed_changes_are_refused_by_value(counter: Counter, body: Any) -> None:
    assert await counter.is_refused("PATCH", "/v1/time_entries/te_1", body) == (422, "VALIDATION")


async def test_lists_are_given_out_page_by_page(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk().funded())
    for day in range(24, 28):
        await desk.logs(hours(f"02-{day} 08:00"))
    first = (await counter.asks("GET", ENTRIES, limit=3)).json()
    rest = (await counter.asks("GET", ENTRIES, limit=3, cursor=first["next_cursor"])).json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [3, 1, None]
    ranged = {"from": "2026-02-25T00:00:00Z", "until": "2026-02-26T00:00:00Z"}
    assert len((await counter.asks("GET", ENTRIES, **ranged)).json()["items"]) == 1
    assert await counter.is_refused("GET", ENTRIES, cursor="nonsense") == (422, "CURSOR_INVALID")
    await desk.reaches(LOCK)
    weeks = (await counter.asks("GET", WEEKS, limit=1)).json()
    assert weeks["items"][0] == {
        "contract_id": "ct_one", "week_start": "2026-02-23T00:00:00.000Z", "week_end": "2026-03-02T00:00:00.000Z",
        "locks_at": "2026-03-02T12:00:00.000Z", "locked": True, "closed": True, "segments": 24,
        "billable_segments": 24, "protected_segments": 0, "over_limit_segments": 0, "limit_hours": None,
        "period_id": weeks["items"][0]["period_id"], "submission_id": weeks["items"][0]["submission_id"]}
    following = (await counter.asks("GET", WEEKS, limit=1, cursor=weeks["next_cursor"])).json()
    assert (following["items"][0]["locked"], following["next_cursor"]) == (False, None)
    submission = (await counter.asks("GET", f"/v1/submissions/{weeks['items'][0]['submission_id']}")).json()
    assert (submission["kind"], submission["segments"], len(submission["entries"])) == ("hours", 24, 4)


async def test_work_is_handed_in_and_read(desk: Desk, counter: Counter) -> None:
    await desk.hears(ContractsDesk(kind="single").funded())
    answer = await counter.asks("POST", SUBMISSIONS, {"note": "final files"})
    assert answer.status_code == 201
    submission = answer.json()
    assert (submission["number"], submission["status"], submission["note"]) == (1, "in_review", "final files")
    assert (await counter.asks("GET", f"/v1/submissions/{submission['id']}", by=ACME)).json() == submission
    assert (await counter.asks("GET", SUBMISSIONS)).json() == {"items": [submission], "next_cursor": None}
    assert await counter.is_refused("POST", SUBMISSIONS, {}) == (409, "ALREADY_IN_REVIEW")
    assert await counter.is_refused("POST", SUBMISSIONS, {"milestone_id": encode("ms", 1)}) == (409, "NOT_OFFERED")


async def test_the_openapi_document_names_every_route_with_examples(counter: Counter) -> None:
    document = (await counter.asks("GET", "/openapi.json")).json()
    assert set(document["paths"]) == {
        "/v1/contracts/{contract_id}/time_entries", "/v1/time_entries/{entry_id}", "/v1/contracts/{contract_id}/weeks",
        "/v1/contracts/{contract_id}/submissions", "/v1/submissions/{submission_id}"}
    schemas = document["components"]["schemas"]
    assert all(schemas[name]["examples"] for name in ("LogTimeIn", "ChangeTimeIn", "SubmitWorkIn"))
