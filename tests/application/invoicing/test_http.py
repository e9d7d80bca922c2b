"""The API over HTTP: shapes, statuses, codes, idempotency, filters, pages and who sees what."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.invoicing.main import routes
from shared.kernel.instants import DAY
from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.auth import Authenticator, Caller, NoKeys, Role
from tests.application.invoicing.desk import ACME, MARKETPLACE, MIA, START, Desk, contract, usd

OPERATOR, STRANGER = "op_desk", "cl_other"


class TrustingAuthenticator(Authenticator):
    """Believes what the header says: `Bearer <party id> <role>`."""

    async def caller(self, authorization: str | None) -> Caller:
        """Return who is named."""
        _, subject, role = (authorization or "").split()
        roles: dict[str, Role] = {"cl": "client", "fr": "freelancer", "op": "operator"}
        return Caller(subject, roles[role])


class Counter:
    """Asks the API as one party or another."""

    def __init__(self, client: httpx.AsyncClient, desk: Desk) -> None:
        self._client, self._desk = client, desk

    async def asks(
        self, method: str, path: str, body: Any = None, *, by: str = ACME, key: str | None = None, **query: Any
    ) -> httpx.Response:
        """Send a request, then let everything settle."""
        headers = {"Authorization": f"Bearer {by} {by[:2]}", **({"Idempotency-Key": key} if key else {})}
        answer = await self._client.request(method, f"/v1{path}", json=body, headers=headers, params=query)
        await self._desk.settles()
        return answer

    async def is_refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Send a request and return its status and code."""
        answer = await self.asks(method, path, body, **more)
        return answer.status_code, answer.json().get("code", "accepted")


@pytest.fixture(name="counter")
async def _counter(desk: Desk) -> AsyncIterator[Counter]:
    trusting = TrustingAuthenticator(NoKeys(), issuer="x", audience="x", clock=desk.clock)
    app = build_app("invoicing", ServiceSettings(), routes(desk.committer, desk.reading, desk.gateway),
                    authenticator=trusting, clock=desk.clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield Counter(client, desk)


def money(text: str) -> dict[str, Any]:
    return {"amount_minor": usd(text).amount_minor, "currency": "USD"}


async def test_a_review_is_read_and_approved(desk: Desk, counter: Counter) -> None:
    await desk.works_under(kind="single")
    assert await counter.is_refused("GET", "/reviews/sub_one") == (404, "NOT_FOUND")
    await desk.work_is_submitted()
    review = (await counter.asks("GET", "/reviews/sub_one", by=OPERATOR)).json()
    assert (review["status"], review["review_ends_at"]) == ("in_review", "2026-02-23T00:00:00.000Z")
    answer = await counter.asks("POST", "/reviews/sub_one/approve", {"note": "thank you"}, key="k1")
    assert (answer.status_code, answer.json()["status"], answer.json()["note"]) == (200, "approved", "thank you")
    again = await counter.asks("POST", "/reviews/sub_one/approve", {"note": "thank you"}, key="k1")
    assert again.content == answer.content
    assert await counter.is_refused("POST", "/reviews/sub_one/approve", {}) == (409, "REVIEW_WINDOW_CLOSED")
    (invoice,) = (await counter.asks("GET", "/invoices", contract_id="ct_one")).json()["items"]
    assert (invoice["status"], invoice["gross"], invoice["contract_number"]) == ("paid", money("800.00"), 1)


async def test_who_may_act_on_a_review(desk: Desk, counter: Counter) -> None:
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    for act in ("approve", "request_changes"):
        assert await counter.is_refused("POST", f"/reviews/sub_one/{act}", {}, by=MIA) == (409, "NOT_A_PARTY")
        assert await counter.is_refused("POST", f"/reviews/sub_one/{act}", {}, by=STRANGER) == (404, "NOT_FOUND")
        assert await counter.is_refused("POST", f"/reviews/sub_one/{act}", {}, by=OPERATOR) == (404, "NOT_FOUND")
    assert await counter.is_refused("GET", "/reviews/sub_one", by=STRANGER) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("amount", "status", "code"), [
    ("0.01", 200, "accepted"), ("800.00", 200, "accepted"), ("800.01", 422, "APPROVED_AMOUNT_TOO_HIGH"),
    ("0.00", 422, "AMOUNT_BELOW_MINIMUM"), ("-0.01", 422, "VALIDATION"),
])
async def test_a_part_of_prefunded_work_is_approved(
    desk: Desk, counter: Counter, amount: str, status: int, code: str
) -> None:
    await desk.works_under(MARKETPLACE, "single")
    await desk.work_is_submitted()
    body = {"amount": money(amount)}
    assert await counter.is_refused("POST", "/reviews/sub_one/approve", body) == (status, code)


async def test_invoices_are_listed_in_pages_and_filtered(desk: Desk, counter: Counter) -> None:
    await desk.works_under()
    await desk.knows(contract(id="ct_two"))
    for week in ("2026-02-16", "2026-02-23"):
        await desk.week_closes(week, 6)
        await desk.week_closes(week, 6, contract_id="ct_two")
    numbers, cursor = [], None
    while True:
        query: dict[str, Any] = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
        page = (await counter.asks("GET", "/invoices", by=MIA, **query)).json()
        numbers += [(item["contract_id"], item["contract_number"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(numbers) == [("ct_one", 1), ("ct_one", 2), ("ct_two", 1), ("ct_two", 2)]
    assert len((await counter.asks("GET", "/invoices", contract_id="ct_two")).json()["items"]) == 2
    late = (await counter.asks("GET", "/invoices", by=OPERATOR, issued_from="2026-03-02T12:00:00Z")).json()["items"]
    early = (await counter.asks("GET", "/invoices", issued_before="2026-03-02T12:00:00+00:00")).json()["items"]
    assert {item["contract_number"] for item in late} == {2}
    assert {item["contract_number"] for item in early} == {1}
    assert (await counter.asks("GET", "/invoices", kind="bonus")).json()["items"] == []
    assert (await counter.asks("GET", "/invoices", by=STRANGER)).json()["items"] == []
    assert await counter.is_refused("GET", "/invoices", issued_from="2026-03-02") == (422, "VALIDATION")
    invoice_id = late[0]["id"]
    assert (await counter.asks("GET", f"/invoices/{invoice_id}", by=MIA)).json() == late[0]
    assert await counter.is_refused("GET", f"/invoices/{invoice_id}", by=STRANGER) == (404, "NOT_FOUND")


async def test_a_failed_charge_is_shown_and_paid_by_hand(desk: Desk, counter: Counter) -> None:
    await desk.works_under()
    body = {"client_id": ACME, "outcomes": ["declined", "ok"]}
    assert await counter.is_refused("PUT", "/simulator/gateway", body) == (403, "ROLE")
    assert (await counter.asks("PUT", "/simulator/gateway", body, by=OPERATOR)).status_code == 200
    await desk.week_closes("2026-02-16", 6)
    (invoice,) = (await counter.asks("GET", "/invoices")).json()["items"]
    assert (invoice["status"], invoice["due_at"]) == ("charge_failed", "2026-02-24T12:00:00.000Z")
    client = (await counter.asks("GET", f"/clients/{ACME}")).json()
    assert (client["charged_total"], client["failed_invoice_ids"]) == ([], [invoice["id"]])
    path = f"/invoices/{invoice['id']}/pay"
    assert await counter.is_refused("POST", path, {}, by=MIA) == (409, "NOT_A_PARTY")
    assert (await counter.asks("POST", path, {})).status_code == 202
    assert await counter.is_refused("POST", path, {}) == (409, "INVOICE_NOT_PAYABLE")
    client = (await counter.asks("GET", f"/clients/{ACME}", by=OPERATOR)).json()
    assert (client["status"], client["charged_total"]) == ("good", [money("45.00")])
    assert await counter.is_refused("GET", f"/clients/{ACME}", by=STRANGER) == (404, "NOT_FOUND")


async def test_declined_for_ever_is_one_word(desk: Desk, counter: Counter) -> None:
    await desk.works_under()
    answer = await counter.asks("PUT", "/simulator/gateway", {"client_id": ACME, "outcomes": "declined"}, by=OPERATOR)
    assert answer.json() == {"client_id": ACME, "outcomes": ["declined"], "for_ever": True}
    lock = await desk.week_closes("2026-02-16", 6)
    await desk.runs_until(lock + 5 * DAY)
    assert (await counter.asks("GET", f"/clients/{ACME}")).json()["status"] == "suspended"
    assert await counter.is_refused("POST", "/contracts/ct_one/bonuses", {"amount": money("1.00")}) == (
        409, "CLIENT_SUSPENDED")


async def test_billing_methods_are_added_by_the_client_or_an_operator(desk: Desk, counter: Counter) -> None:
    await desk.knows_parties(billing_methods=0)
    body = {"client_id": ACME, "kind": "card"}
    assert (await counter.asks("POST", "/billing_methods", body)).json()["place"] == 1
    added = await counter.asks("POST", "/billing_methods", {**body, "kind": "wallet", "primary": True}, by=OPERATOR)
    assert (added.status_code, added.json()["place"]) == (201, 1)
    listed = (await counter.asks("GET", f"/clients/{ACME}/billing_methods")).json()["items"]
    assert [(method["kind"], method["place"]) for method in listed] == [("wallet", 1), ("card", 2)]
    assert await counter.is_refused("POST", "/billing_methods", body, by=STRANGER) == (404, "NOT_FOUND")
    assert await counter.is_refused("POST", "/billing_methods", {**body, "client_id": MIA}, by=OPERATOR) == (
        422, "NOT_A_CLIENT")
    assert await counter.is_refused("POST", "/billing_methods", {**body, "client_id": "cl_unknown"}, by=OPERATOR) == (
        404, "NOT_FOUND")


async def test_a_bonus_and_an_objection_over_http(desk: Desk, counter: Counter) -> None:
    await desk.works_under()
    desk.clock.set(START + DAY)
    given = await counter.asks("POST", "/contracts/ct_one/bonuses", {"amount": money("200.00")})
    assert (given.status_code, given.json()["bills_at"]) == (201, "2026-02-23T12:00:00.000Z")
    await desk.week_closes("2026-02-16", 6)
    objected = await counter.asks("POST", "/contracts/ct_one/objection", {"note": "Tuesday"})
    assert (objected.status_code, objected.json()["objection"], objected.json()["objection_note"]) == (
        200, "open", "Tuesday")
    assert (await counter.asks("DELETE", "/contracts/ct_one/objection")).json()["objection"] == "ended"
    assert await counter.is_refused("DELETE", "/contracts/ct_one/objection") == (409, "NO_OBJECTION")
    other = {"amount": {"amount_minor": 100, "currency": "EUR"}}
    assert await counter.is_refused("POST", "/contracts/ct_one/bonuses", other) == (422, "CURRENCY_MISMATCH")
    assert await counter.is_refused("POST", "/contracts/ct_none/bonuses", other) == (404, "NOT_FOUND")


async def test_the_billing_methods_are_put_into_another_order(desk: Desk, counter: Counter) -> None:
    """Proves I5."""
    await desk.knows_parties(billing_methods=2)
    order = f"/clients/{ACME}/billing_methods/order"
    listed = [each["id"] for each in (await counter.asks("GET", f"/clients/{ACME}/billing_methods")).json()["items"]]
    turned = {"billing_method_ids": listed[::-1]}
    answer = (await counter.asks("PUT", order, turned)).json()["items"]
    assert [(each["id"], each["place"]) for each in answer] == [(listed[1], 1), (listed[0], 2)]
    assert (await counter.asks("PUT", order, turned)).json()["items"] == answer
    for wrong in (listed[:1], [*listed, listed[0]], [listed[0], "bm_other"]):
        assert await counter.is_refused("PUT", order, {"billing_method_ids": wrong}) == (422, "BILLING_METHODS_DIFFER")
    assert await counter.is_refused("PUT", order, {"billing_method_ids": []}) == (422, "VALIDATION")
    assert await counter.is_refused("PUT", order, turned, by=STRANGER) == (404, "NOT_FOUND")
    assert (await counter.asks("PUT", order, {"billing_method_ids": listed}, by=OPERATOR)).status_code == 200


async def test_an_invoice_is_downloaded_by_its_parties(desk: Desk, counter: Counter) -> None:
    """Proves I1."""
    await desk.works_under(MARKETPLACE)
    await desk.week_closes("2026-02-16", 7)
    (invoice,) = (await counter.asks("GET", "/invoices")).json()["items"]
    path = f"/invoices/{invoice['id']}/document"
    answer = await counter.asks("GET", path, by=MIA)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="invoice-{ACME}-000001.html"'
    for said in ("<h1>Invoice 1</h1>", "Hours, week of 2026-02-16", "1 h 10 min at", "Contract initiation fee",
                 "Total in USD", invoice["id"]):
        assert said in answer.text
    assert await counter.is_refused("GET", path, by=STRANGER) == (404, "NOT_FOUND")
