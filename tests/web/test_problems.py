"""Every wrong request leaves as a problem document with a stable code, and never as a stack."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from fastapi import APIRouter, Response
from starlette.testclient import TestClient

from shared.kernel.decisions import NotFound, Refusal
from shared.observability.metrics import Metrics
from shared.persistence.store import CommitUnknown, Conflict, StoreUnavailable
from shared.settings import ServiceSettings
from shared.testing.clocks import CountingIds
from shared.web.app import build_app
from shared.web.edge import MAX_BODY_BYTES
from shared.web.schemas import CountIn, IdIn, InstantIn, MoneyIn, RequestModel, TextIn


class ThingIn(RequestModel):
    """A body with a field of every kind."""

    price: MoneyIn
    at: InstantIn | None = None
    count: CountIn = 0
    owner: IdIn | None = None
    memo: TextIn = ""
    outcomes: list[Literal["ok", "lost"]] | Literal["ok"] | MoneyIn = "ok"


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1")
    faults: dict[str, Exception] = {
        "refusal": Refusal("WEEK_LOCKED", "the week is locked"), "value": Refusal("TOO_SMALL", status=422),
        "absent": NotFound("contract"), "bug": ZeroDivisionError("secret detail"),
        "store": StoreUnavailable("mongodb://user:secret@host"), "unknown": CommitUnknown("?"),
        "conflict": Conflict("?"),
    }

    @router.post("/things", response_model=None)
    async def make(body: ThingIn) -> Response:
        return Response(body.model_dump_json(), media_type="application/json")

    @router.get("/things", response_model=None)
    async def look() -> Response:
        return Response("[]", media_type="application/json")

    @router.get("/faults/{kind}", response_model=None)
    async def fail(kind: str) -> Response:
        raise faults[kind]

    return router


@pytest.fixture(name="client")
def _client() -> Iterator[TestClient]:
    app = build_app("things", ServiceSettings(), [routes()], ids=CountingIds(), metrics=Metrics())
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["correlation_id"] == response.headers["x-correlation-id"]
    assert document["type"].startswith("urn:holdfast:problem:")
    return document


GOOD = {"price": {"amount_minor": 12500, "currency": "USD"}}


def test_a_good_request_passes(client: TestClient) -> None:
    response = client.post("/v1/things", json={**GOOD, "at": "2026-02-23T01:00:00+01:00", "count": 3})
    assert response.status_code == 200
    assert response.json()["at"] == "2026-02-23T00:00:00Z"


def test_acts_are_taken_in_when_they_may_be_and_reads_at_once() -> None:
    asked: list[str] = []

    async def before_acts() -> None:
        asked.append("act")

    app = build_app("things", ServiceSettings(), [routes()], ids=CountingIds(), metrics=Metrics(),
                    before_acts=before_acts)
    with TestClient(app) as client:
        assert client.get("/v1/things").status_code == client.get("/livez").status_code == 200
        assert asked == []
        assert client.post("/v1/things", json=GOOD).status_code == 200
        assert asked == ["act"]


@pytest.mark.parametrize(("kind", "status", "code", "retry"), [
    ("refusal", 409, "WEEK_LOCKED", None), ("value", 422, "TOO_SMALL", None), ("absent", 404, "NOT_FOUND", "1"),
    ("bug", 500, "INTERNAL", None), ("store", 503, "STORE_UNAVAILABLE", "1"),
    ("unknown", 503, "STORE_UNAVAILABLE", "1"), ("conflict", 503, "STORE_UNAVAILABLE", "1"),
])
def test_what_is_raised_has_its_problem(
    client: TestClient, kind: str, status: int, code: str, retry: str | None
) -> None:
    response = client.get(f"/v1/faults/{kind}")
    problem(response, status, code)
    assert response.headers.get("retry-after") == retry
    assert "secret" not in response.text


def wrong_price(**change: Any) -> dict[str, Any]:
    return {"price": {**GOOD["price"], **change}}


@pytest.mark.parametrize(("body", "field"), [
    ({}, "body.price"),
    ({**GOOD, "extra": 1}, "body.extra"),
    (wrong_price(extra=1), "body.price.extra"),
    (wrong_price(amount_minor=125.0), "body.price.amount_minor"),
    (wrong_price(amount_minor="12500"), "body.price.amount_minor"),
    (wrong_price(amount_minor=True), "body.price.amount_minor"),
    (wrong_price(amount_minor=None), "body.price.amount_minor"),
    (wrong_price(amount_minor=-1), "body.price.amount_minor"),
    (wrong_price(amount_minor=2**53), "body.price.amount_minor"),
    (wrong_price(amount_minor=2**70), "body.price.amount_minor"),
    (wrong_price(currency="usd"), "body.price.currency"),
    (wrong_price(currency="XXQ"), "body.price.currency"),
    (wrong_price(currency="USD\n"), "body.price.currency"),
    (wrong_price(currency=840), "body.price.currency"),
    ({"price": 12500}, "body.price"),
    ({"price": "125.00"}, "body.price"),
    ({**GOOD, "at": "2026-02-23T00:00:00"}, "body.at"),
    ({**GOOD, "at": "2026-02-23"}, "body.at"),
    ({**GOOD, "at": 1771804800}, "body.at"),
    ({**GOOD, "at": "2026-02-30T00:00:00Z"}, "body.at"),
    ({**GOOD, "at": "0001-01-01T00:00:00+14:00"}, "body.at"),
    ({**GOOD, "count": 1.0}, "body.count"),
    ({**GOOD, "count": -1}, "body.count"),
    ({**GOOD, "owner": "ct_'; drop"}, "body.owner"),
    ({**GOOD, "owner": {"$gt": ""}}, "body.owner"),
    ({**GOOD, "memo": "x" * 2001}, "body.memo"),
    ({**GOOD, "A [strange] name": 1}, "body.A [strange] name"),
    ({**GOOD, "x" * 5_000: 1}, f"body.{'x' * 100}"),
    ([GOOD], "body"),
    ("text", "body"),
])
def test_a_wrong_field_is_named(client: TestClient, body: Any, field: str) -> None:
    found = problem(client.post("/v1/things", json=body), 422, "VALIDATION")
    assert [error["field"] for error in found["errors"]] == [field]


def test_a_choice_of_types_is_no_part_of_the_fields_name(client: TestClient) -> None:
    found = problem(client.post("/v1/things", json={**GOOD, "outcomes": ["ok", 7]}), 422, "VALIDATION")
    assert {error["field"] for error in found["errors"]} == {"body.outcomes.1", "body.outcomes"}


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(("content", "headers", "status", "code"), [
    (b"{", JSON, 400, "MALFORMED_JSON"),
    (b'{"price": NaN}', JSON, 400, "MALFORMED_JSON"),
    (b'{"memo": "\\ud800"}', JSON, 400, "MALFORMED_JSON"),
    (b"[" * 3000 + b"]" * 3000, JSON, 400, "MALFORMED_JSON"),
    (b'{"memo": "\xff"}', JSON, 400, "INVALID_UTF8"),
    (b"{}", {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"content-type": "application/json; charset=utf-16"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"a=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b'"' + b"x" * MAX_BODY_BYTES + b'"', JSON, 413, "BODY_TOO_LARGE"),
    (b"", JSON, 422, "VALIDATION"),
])
def test_a_body_that_is_no_json_is_refused(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    problem(client.post("/v1/things", content=content, headers=headers), status, code)


def test_a_deep_body_that_the_parser_takes_is_no_error_of_ours(client: TestClient) -> None:
    response = client.post("/v1/things", content=b"[" * 1000 + b"]" * 1000, headers=JSON)
    assert response.status_code in (400, 422)


def test_a_long_body_is_refused_while_it_streams(client: TestClient) -> None:
    sent = 0

    def stream() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1024
            yield b" " * 1024

    problem(client.post("/v1/things", content=stream(), headers=JSON), 413, "BODY_TOO_LARGE")


def test_a_body_at_the_limit_is_read(client: TestClient) -> None:
    text = b'{"price":{"amount_minor":1,"currency":"USD"}}'
    assert client.post("/v1/things", content=text.ljust(MAX_BODY_BYTES), headers=JSON).status_code == 200
    problem(client.post("/v1/things", content=text.ljust(MAX_BODY_BYTES + 1), headers=JSON), 413, "BODY_TOO_LARGE")


def test_unknown_paths_and_methods_are_problems_too(client: TestClient) -> None:
    problem(client.get("/v1/nothing"), 404, "NOT_FOUND")
    problem(client.get("/v1/things/"), 404, "NOT_FOUND")
    refused = client.put("/v1/things", json={})
    problem(refused, 405, "METHOD_NOT_ALLOWED")
    assert refused.headers["allow"] == "GET, POST"
    assert client.delete("/v1/faults/x").headers["allow"] == client.post("/livez").headers["allow"] == "GET"


def test_the_callers_correlation_id_is_kept_if_it_is_one(client: TestClient) -> None:
    assert client.get("/v1/nothing", headers={"X-Correlation-Id": "order-7"}).headers["x-correlation-id"] == "order-7"
    made = client.get("/v1/nothing", headers={"X-Correlation-Id": "order 7"}).headers["x-correlation-id"]
    assert made.startswith("cor_")


def test_the_openapi_document_promises_problem_documents(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/v1/things"]["post"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert set(operation["responses"]) >= {"200", "401", "404", "409", "413", "415", "422", "503"}
    assert operation["responses"]["422"]["content"].keys() == {"application/problem+json"}
