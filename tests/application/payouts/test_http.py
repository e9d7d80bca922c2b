"""Payouts over HTTP: whose account it is, what is answered, and lists in pages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from services.payouts.adapters.book_reads import StoredBooks
from services.payouts.api.accounts import account_routes
from services.payouts.api.desk import Desk
from services.payouts.api.operations import operator_routes
from services.payouts.api.payees import payee_routes
from services.payouts.api.payouts import payout_routes
from shared.events.invoices import InvoiceLine, InvoiceObjected, InvoiceObjectionEnded
from shared.kernel.instants import DAY
from shared.observability.metrics import Metrics
from shared.persistence.reading import StoreReading
from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.auth import Authenticator, KeysInFile
from shared.web.dev_issuer import DEV_AUDIENCE, DEV_ISSUER, DevIssuer
from tests.application.payouts.books import CONTRACT, LOCK, MIA, MONDAY, Books, paid, usd

TOM = "fr_tom"
ANSWERED = {"amount_minor": 6000, "currency": "USD"}


class Http:
    """Callers of the API."""

    def __init__(self, client: httpx.AsyncClient, issuer: DevIssuer) -> None:
        self._client, self._issuer = client, issuer

    async def ask(
        self, method: str, path: str, *, by: str = MIA, role: str = "freelancer", key: str | None = None, **json: Any
    ) -> httpx.Response:
        """Send one request."""
        headers = {"Authorization": f"Bearer {self._issuer.token(by, role)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._client.request(method, "/v1" + path, headers=headers, json=json or None)

    async def read(self, path: str, **more: Any) -> Any:
        """Read what must be there."""
        answer = await self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def http(books: Books, tmp_path: Path) -> AsyncIterator[Http]:
    """The API over the books of this test."""
    issuer = DevIssuer(DevIssuer.load_or_create(tmp_path).key, tmp_path / "jwks.json", clock=books.clock)
    desk = Desk(books.committer, StoredBooks(books.store), StoreReading(books.store, books.clock), books.policies,
                books.rail)
    app = build_app(
        "payouts", ServiceSettings(), [payout_routes(desk), payee_routes(desk), account_routes(desk),
                                       operator_routes(desk)],
        metrics=Metrics(), clock=books.clock,
        authenticator=Authenticator(KeysInFile(issuer.jwks_file), issuer=DEV_ISSUER, audience=DEV_AUDIENCE,
                                    clock=books.clock))
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://payouts") as client:
        yield Http(client, issuer)


async def test_a_payout_is_answered_with_its_whole_resource(books: Books, http: Http) -> None:
    await books.has_a_payee_with("100.00")
    answer = await http.ask("POST", "/payouts", amount=ANSWERED)
    payout = answer.json()
    assert (answer.status_code, payout["status"], payout["amount"], payout["fee"]["amount_minor"]) == (
        201, "requested", ANSWERED, 0)
    await books.calls_the_rail()
    assert (await http.read(f"/payouts/{payout['id']}"))["status"] == "settled"
    assert (await http.read(f"/accounts/{MIA}/balance"))["balances"] == [{
        "currency": "USD", "pending": 0, "available": 4000, "frozen": 0, "reserved": 0, "paid_out": 6000, "arrears": 0}]


async def test_the_same_key_asks_once(books: Books, http: Http) -> None:
    await books.has_a_payee_with("100.00")
    answers = [await http.ask("POST", "/payouts", key="one", amount=ANSWERED) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await books.payouts()) == 1
    other = await http.ask("POST", "/payouts", key="one", all=True)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(("amount", "status", "code"), [
    (499, 422, "PAYOUT_BELOW_MINIMUM"), (10001, 409, "INSUFFICIENT_AVAILABLE"), (0, 422, "PAYOUT_BELOW_MINIMUM"),
    (-1, 422, "VALIDATION"), (5.5, 422, "VALIDATION")])
async def test_a_refusal_is_a_problem_with_a_code(
    books: Books, http: Http, amount: float, status: int, code: str
) -> None:
    await books.has_a_payee_with("100.00")
    answer = await http.ask("POST", "/payouts", amount={"amount_minor": amount, "currency": "USD"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [{}, {"amount": ANSWERED, "all": True}, {"all": False},
                                  {"amount": ANSWERED, "currency": "EUR"}])
async def test_a_payout_names_an_amount_or_all(books: Books, http: Http, body: dict[str, Any]) -> None:
    await books.has_a_payee_with("100.00")
    assert (await http.ask("POST", "/payouts", **(body or {"note": "neither"}))).status_code == 422


async def test_what_is_not_ones_own_looks_unknown(books: Books, http: Http) -> None:
    await books.has_a_payee_with("100.00")
    await books.knows(TOM)
    payout = await books.asks_for("60.00")
    (hold,) = await books.holds()
    paths = [f"/payouts/{payout.id}", f"/accounts/{MIA}/balance", f"/accounts/{MIA}/holds", f"/accounts/{MIA}/entries",
             f"/holds/{hold.id}", f"/payouts?account_id={MIA}", f"/payout_methods?account_id={MIA}",
             f"/payout_schedule?account_id={MIA}"]
    for path in paths:
        foreign = await http.ask("GET", path, by=TOM)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND"), path
        assert foreign.headers["retry-after"] == "1"
        await http.read(path)
        await http.read(path, by="op_desk", role="operator")
    stolen = await http.ask("POST", "/payouts", by=TOM, all=True, account_id=MIA)
    assert stolen.status_code == 404
    assert (await http.ask("POST", "/payouts", by="cl_acme", role="client", all=True)).status_code == 404


async def test_only_operators_check_the_books_and_tell_the_rail(books: Books, http: Http) -> None:
    await books.has_a_payee_with("100.00")
    outcomes: dict[str, Any] = {"account_id": MIA, "outcomes": ["failed"]}
    for method, path, body in (("GET", "/books/check", {}), ("PUT", "/simulator/rail", outcomes)):
        refused = await http.ask(method, path, **body)
        assert (refused.status_code, refused.json()["code"]) == (403, "ROLE")
    told = await http.ask("PUT", "/simulator/rail", by="op_desk", role="operator", account_id=MIA, outcomes=["failed"])
    assert told.json() == {"account_id": MIA, "outcomes": ["failed"]}
    for path in ("/books/check", "/books/check?test_clock=live"):
        check = await http.read(path, by="op_desk", role="operator")
        assert (check["balanced"], check["entries"], check["differences"]) == (True, 2, [])


@pytest.mark.parametrize("path", ["/books/check", "/books/check?test_clock=live"])
async def test_the_check_finds_an_account_that_was_changed_behind_our_back(
    books: Books, http: Http, path: str
) -> None:
    await books.has_a_payee_with("100.00")
    books.store.tables["accounts"][MIA]["balances"]["USD"]["available"] += 1
    check = await http.read(path, by="op_desk", role="operator")
    assert check["balanced"] is False
    assert [one["check"] for one in check["differences"]] == ["postings_equal_account"]


async def test_the_check_of_a_clock_knows_an_account_whose_money_came_before_its_party(
    books: Books, http: Http
) -> None:
    await books.has_a_payee_with("100.00")
    del books.store.tables["parties"][MIA]
    check = await http.read("/books/check?test_clock=live", by="op_desk", role="operator")
    assert (check["balanced"], check["differences"]) == (True, [])


async def test_a_hold_answers_why_it_is_not_available_yet(books: Books, http: Http) -> None:
    """Proves P7."""
    await books.knows()
    await books.is_paid("60.00")
    (hold,) = (await http.read(f"/accounts/{MIA}/holds"))["items"]
    assert hold["amount"] == ANSWERED
    assert (hold["reason"], hold["rule"], hold["state"]) == ("security_period", "P1:hold", "pending")
    assert (hold["started_at"], hold["due_at"]) == ("2026-03-02T12:00:00.000Z", "2026-03-06T12:00:00.000Z")
    assert (await http.read(f"/holds/{hold['id']}"))["items"] == [hold]
    assert hold["explanation"].startswith("Waits until 2026-03-06T12:00:00.000Z: the security period")


async def test_money_is_followed_back_to_its_invoice_line_and_the_work(books: Books, http: Http) -> None:
    """Proves P7."""
    await books.knows()
    hours = InvoiceLine(id="iln_hours", kind="hours", gross=usd("40.00"), fee=usd("0.00"), net=usd("40.00"),
                        client_fee=usd("0.00"), week_start=MONDAY, locked_at=LOCK, segments=6,
                        hold_floor="friday_after_lock")
    work = InvoiceLine(id="iln_work", kind="submission", gross=usd("20.00"), fee=usd("0.00"), net=usd("20.00"),
                       client_fee=usd("0.00"), submission_id="sub_one")
    await books.is_paid("60.00", lines=(hours, work))
    (hold,) = (await http.read(f"/accounts/{MIA}/holds"))["items"]
    assert hold["invoice"] == {"service": "invoicing", "path": "/v1/invoices/inv_one"}
    assert [(line["id"], line["net"]["amount_minor"], line["work"]["path"]) for line in hold["lines"]] == [
        ("iln_hours", 4_000, f"/v1/contracts/{CONTRACT}/time_entries"
                             "?from=2026-02-23T00:00:00.000Z&until=2026-03-02T00:00:00.000Z"),
        ("iln_work", 2_000, "/v1/submissions/sub_one")]


async def test_the_answer_says_what_became_of_money_that_waits_no_more(books: Books, http: Http) -> None:
    """Proves P7 and I3."""
    await books.knows()
    await books.is_paid("60.00")
    (hold,) = await books.holds()
    await books.hears("invoice.objected", InvoiceObjected(object=paid("60.00")))
    (shown,) = (await http.read(f"/accounts/{MIA}/holds"))["items"]
    assert shown["explanation"].startswith("The client objects")
    await books.hears("invoice.objection_ended", InvoiceObjectionEnded(object=paid("60.00")))
    await books.comes_due(hold)
    (shown,) = (await http.read(f"/accounts/{MIA}/holds"))["items"]
    assert shown["explanation"] == "Available since 2026-03-06T12:00:00.000Z."


@pytest.mark.parametrize(("path", "query", "found"), [
    ("holds", "contract_id=ct_one", 1), ("holds", "contract_id=ct_two", 0), ("holds", "state=matured", 0),
    ("holds", "from=2026-03-06T12:00:00Z", 1), ("holds", "until=2026-03-06T12:00:00Z", 0),
    ("entries", "kind=invoice.paid", 1), ("entries", "kind=payout.settled", 0), ("entries", "contract_id=ct_one", 1),
    ("entries", "from=2026-03-02T12:00:00.001Z", 0), ("entries", "until=2026-03-02T12:00:00.001Z", 1),
])
async def test_the_books_are_filtered(books: Books, http: Http, path: str, query: str, found: int) -> None:
    await books.knows()
    await books.is_paid("60.00")
    assert len((await http.read(f"/accounts/{MIA}/{path}?{query}"))["items"]) == found


@pytest.mark.parametrize(("query", "found"), [
    ("status=requested", 1), ("status=settled", 0), ("from=2026-02-26T00:00:00Z", 1),
    ("until=2026-02-26T00:00:00Z", 0),
])
async def test_payouts_are_filtered(books: Books, http: Http, query: str, found: int) -> None:
    await books.has_a_payee_with("100.00")
    await books.asks_for("60.00")
    assert len((await http.read(f"/payouts?{query}"))["items"]) == found


@pytest.mark.parametrize("path", [f"/accounts/{MIA}/entries", f"/accounts/{MIA}/holds", "/payouts"])
@pytest.mark.parametrize("together", [True, False])
async def test_pages_lose_and_repeat_nothing(books: Books, http: Http, path: str, together: bool) -> None:
    await books.has_a_payee_with("100.00")
    for _ in range(7):
        if not together:
            books.clock.advance(DAY)
        await books.asks_for("5.00")
        await books.earns("1.00")
    whole = (await http.read(path))["items"]
    pages: list[Any] = []
    cursor = ""
    while True:
        page = await http.read(f"{path}{'&' if '?' in path else '?'}limit=3{cursor}")
        assert len(page["items"]) <= 3
        pages += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pages == whole
    assert len({item["id"] for item in pages}) == len(pages) >= 7


async def test_methods_and_schedule_are_shown_as_they_were_chosen(books: Books, http: Http) -> None:
    await books.knows()
    for kind, first in (("bank", True), ("card", False)):
        added = (await http.ask("POST", "/payout_methods", kind=kind)).json()
        assert (added["kind"], added["is_default"], added["usable_at"]) == (kind, first, "2026-02-26T00:00:00.000Z")
    assert [item["kind"] for item in (await http.read("/payout_methods"))["items"]] == ["bank", "card"]
    chosen = await http.ask("PUT", "/payout_schedule", every="monthly",
                            threshold={"amount_minor": 0, "currency": "USD"})
    assert chosen.json() == {"every": "monthly", "threshold": {"amount_minor": 0, "currency": "USD"},
                             "next_run_at": "2026-02-25T12:00:00.000Z"}
    assert await http.read("/payout_schedule") == chosen.json()
    assert (await http.ask("PUT", "/payout_schedule", every="none")).json()["next_run_at"] is None
    assert (await http.ask("POST", "/payout_methods", kind="pigeon")).status_code == 422
