"""A suite of a few lines behind the public HTTP interface: every freelancer starts with 100.00 available.

It knows clocks, parties, contracts, payouts, balances and one canned invoice; trouble is planted by its attributes.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx

from tools.scenarios.suite import SERVICES, Caller, Patience, Suite

Handler = Callable[..., httpx.Response]
OPERATOR = Caller("op_test", "operator")
AVAILABLE = 10_000


def usd(amount_minor: int) -> dict[str, Any]:
    """Money as the APIs write it."""
    return {"amount_minor": amount_minor, "currency": "USD"}


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    """A problem document."""
    return httpx.Response(status, json={"code": code, "detail": "because"}, headers=headers)


class FakeSuite:
    """Answers like the suite; `asked` keeps (method, path, Idempotency-Key) of everything that came."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []
        self.kept: dict[str, httpx.Response] = {}
        self.now = ""
        self.made = 0
        self.paid_out = 0
        self.stuck = False
        self.blocked: list[str] = []
        self.lost: dict[str, int] = {}
        """Path → how many of the next requests are answered by nobody."""
        self.unknown: dict[str, int] = {}
        """Path → how many of the next requests find a service that does not know yet."""
        self.gross = 4500
        self.books: dict[str, Any] = {"balanced": True, "differences": []}
        self.first_asked: dict[str, str] = {}
        """Path → the clock's time at its first request."""

    def suite(self, patience: Patience) -> Suite:
        """The suite as the runner sees it."""
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        urls = {service: f"http://{service}" for service in SERVICES}
        return Suite(http, urls, lambda subject, role: f"{subject} {role}", patience)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; the same key gets the same answer."""
        path, key = request.url.path, request.headers.get("Idempotency-Key")
        self.asked.append((request.method, path, key))
        self.first_asked.setdefault(path, self.now)
        if self._planted(self.unknown, path):
            return problem(404, "NOT_FOUND", **{"Retry-After": "1"})
        if key in self.kept:
            return self.kept[key]
        response = self._handle(request)
        if key is not None:
            self.kept[key] = response
        if self._planted(self.lost, path):
            raise httpx.ReadError("connection lost", request=request)
        return response

    @staticmethod
    def _planted(trouble: dict[str, int], path: str) -> bool:
        left = trouble.get(path, 0)
        trouble[path] = left - 1
        return left > 0

    def _handle(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        for pattern, handler in self._routes():
            found = re.fullmatch(pattern, f"{request.method} {request.url.path}")
            if found:
                return handler(body)
        return problem(404, "NOT_FOUND")

    def _routes(self) -> list[tuple[str, Handler]]:
        return [
            (r"POST /v1/test_clocks", self._clock),
            (r"POST /v1/test_clocks/clk_1/advance", self._advance),
            (r"GET /v1/test_clocks/clk_1", lambda _: httpx.Response(200, json=self._clock_body())),
            (r"GET /v1/invoices", self._invoices),
            (r"GET /v1/accounts/.*/balance", self._balance),
            (r"GET /v1/accounts/.*/holds", self._holds),
            (r"GET /v1/payouts/.*", lambda _: httpx.Response(200, json={"status": "settled", "amount": usd(6000)})),
            (r"GET /v1/events", self._events),
            (r"GET /v1/books/check", lambda _: httpx.Response(200, json=self.books)),
            (r"POST /v1/payouts", self._pay_out),
            (r"DELETE /v1/time_entries/.*", lambda _: httpx.Response(204)),
            (r"POST .*", lambda _: httpx.Response(201, json={"id": self._new_id()})),
        ]

    def _new_id(self) -> str:
        self.made += 1
        return f"id_{self.made}"

    def _clock_body(self) -> dict[str, Any]:
        status = "advancing" if self.stuck else "ready"
        return {"id": "clk_1", "now": self.now, "status": status, "blocked": self.blocked}

    def _clock(self, body: dict[str, Any]) -> httpx.Response:
        self.now = body["now"]
        return httpx.Response(201, json=self._clock_body())

    def _advance(self, body: dict[str, Any]) -> httpx.Response:
        self.now = body["to"]
        return httpx.Response(202, json=self._clock_body())

    def _invoices(self, _body: dict[str, Any]) -> httpx.Response:
        invoice = {"id": "inv_1", "contract_number": 1, "status": "paid", "gross": usd(self.gross)}
        return httpx.Response(200, json={"items": [invoice], "next_cursor": None})

    def _balance(self, _body: dict[str, Any]) -> httpx.Response:
        row = {"currency": "USD", "available": AVAILABLE - self.paid_out, "paid_out": self.paid_out}
        return httpx.Response(200, json={"balances": [row]})

    def _holds(self, _body: dict[str, Any]) -> httpx.Response:
        hold = {"amount": usd(self.gross), "due_at": "2026-03-13T12:00:00.000Z", "reason": "security_period"}
        return httpx.Response(200, json={"items": [hold], "next_cursor": None})

    def _events(self, _body: dict[str, Any]) -> httpx.Response:
        event = {"id": "evt_1", "type": "billing.invoice.paid.v1"}
        return httpx.Response(200, json={"items": [event, event], "next_cursor": None})

    def _pay_out(self, body: dict[str, Any]) -> httpx.Response:
        if self.paid_out + body["amount"]["amount_minor"] > AVAILABLE:
            return problem(409, "INSUFFICIENT_AVAILABLE")
        self.paid_out += body["amount"]["amount_minor"]
        return httpx.Response(201, json={"id": self._new_id()})
