"""A wrong body of any kind, at any route of any service: a problem with a stable code, and nothing has changed."""

import json
import re
from typing import Any

import httpx2
import pytest

from shared.events.catalogue import SERVICES
from shared.web.edge import MAX_BODY_BYTES
from shared.web.problems import MEDIA_TYPE
from tests.api.in_process import OPERATOR, InProcessSuite
from tests.api.wrong_bodies import Operation, example_of, operations_with_bodies, wrong_bodies

CLIENT, FREELANCER = ("cl_tests", "client"), ("fr_tests", "freelancer")
CALLERS = (CLIENT, FREELANCER, OPERATOR)
CODE = re.compile(r"[A-Z][A-Z0-9_]{2,}")


def assert_problem(answer: httpx2.Response, told: str) -> dict[str, Any]:
    """The answer is a problem document with a stable code."""
    assert answer.headers["content-type"] == MEDIA_TYPE, f"{told}: {answer.status_code} {answer.text[:300]}"
    return checked_problem(answer.status_code, answer.text, told)


def checked_problem(status: int, text: str, told: str) -> dict[str, Any]:
    """The text is a problem document with a stable code, and no fault of ours."""
    document: dict[str, Any] = json.loads(text)
    assert document["status"] == status < 500, f"{told}: {text[:300]}"
    assert CODE.fullmatch(document["code"]), told
    assert "Traceback" not in text
    return document


@pytest.fixture(name="operations", params=SERVICES)
def _operations(request: pytest.FixtureRequest, suite: InProcessSuite) -> tuple[str, list[Operation]]:
    operations = operations_with_bodies(suite.openapi(request.param))
    assert operations
    return request.param, operations


def test_wrong_values_are_refused_and_change_nothing(
    suite: InProcessSuite, operations: tuple[str, list[Operation]]
) -> None:
    service, routes = operations
    before, sent = suite.state(service), 0
    for operation in routes:
        for wrong in wrong_bodies(operation):
            told = f"{operation.method} {operation.path}: {wrong.name}"
            answer = suite.ask(service, operation.method, operation.url, CALLERS[sent % 3], json=wrong.body)
            problem = assert_problem(answer, told)
            assert problem["code"] == "VALIDATION", f"{told}: {answer.text}"
            assert any(error["field"].startswith(wrong.field) for error in problem["errors"]), f"{told}: {answer.text}"
            sent += 1
    assert sent > 20
    assert suite.state(service) == before


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("content", "headers", "status", "code"), [
    (b"{", JSON, 400, "MALFORMED_JSON"),
    (b'{"amount": NaN}', JSON, 400, "MALFORMED_JSON"),
    (b'{"note": "\\udead"}', JSON, 400, "MALFORMED_JSON"),
    (b'{"note": "\xff\xfe"}', JSON, 400, "INVALID_UTF8"),
    (b"amount=1", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b'{"note": "' + b"x" * MAX_BODY_BYTES + b'"}', JSON, 413, "BODY_TOO_LARGE"),
    (b"", JSON, 422, "VALIDATION"),
])
def test_what_is_no_json_is_refused_everywhere(
    suite: InProcessSuite, operations: tuple[str, list[Operation]], content: bytes, headers: dict[str, str],
    status: int, code: str,
) -> None:
    service, routes = operations
    before = suite.state(service)
    for operation in routes:
        answer = suite.ask(service, operation.method, operation.url, CLIENT, content=content, headers=headers)
        told = f"{operation.method} {operation.path}"
        if status == 422 and not operation.required:
            continue
        assert (assert_problem(answer, told)["code"], answer.status_code) == (code, status), told
    assert suite.state(service) == before


def test_nobody_gets_in_without_a_token(suite: InProcessSuite, operations: tuple[str, list[Operation]]) -> None:
    service, _ = operations
    for path, methods in suite.openapi(service)["paths"].items():
        for method, operation in methods.items():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            body = None if schema is None else json.dumps(example_of(
                schema, suite.openapi(service)["components"]["schemas"], whole=True))
            answer = suite.ask(service, method.upper(), path.replace("{", "").replace("}", ""), None,
                               content=body, headers=JSON)
            if operation.get("security") == []:
                continue
            assert assert_problem(answer, f"{method} {path}")["code"] == "UNAUTHENTICATED", f"{method} {path}"


def test_what_does_not_exist_is_not_found(suite: InProcessSuite, operations: tuple[str, list[Operation]]) -> None:
    service, _ = operations
    for path, methods in suite.openapi(service)["paths"].items():
        if "get" not in methods or "{" not in path:
            continue
        for strange in ("x_unknown", "%00", "%FF%FE", "$where", "a" * 2_000, "..%2F..", "%F0%9F%92%B8"):
            answer = suite.ask(service, "GET", re.sub(r"\{\w+\}", strange, path), CLIENT)
            told = f"GET {path} with {strange[:20]}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code == 404, told
            assert_problem(answer, told)


def test_wrong_pages_are_refused(suite: InProcessSuite, operations: tuple[str, list[Operation]]) -> None:
    service, _ = operations
    for path, methods in suite.openapi(service)["paths"].items():
        names = {parameter["name"] for parameter in methods.get("get", {}).get("parameters", [])}
        if "{" in path or not {"limit", "cursor"} <= names:
            continue
        for query in ("limit=0", "limit=201", "limit=1.5", "limit=x", "cursor=%00", "cursor=WyJ4Il0x", "cursor=!"):
            answer = suite.ask(service, "GET", f"{path}?{query}", OPERATOR)
            assert answer.status_code == 422, f"GET {path}?{query}: {answer.status_code} {answer.text[:200]}"
            assert_problem(answer, path)
