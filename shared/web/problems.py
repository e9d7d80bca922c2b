"""Problem documents (RFC 9457): every refusal and fault leaves as `application/problem+json` with a stable `code`.

    exception                            status  code
    ├── Refusal                          its own its own (the rule that refuses)
    ├── NotFound                         404     NOT_FOUND, with Retry-After: what is not known yet looks the same
    ├── WebProblem                       its own its own (authentication, bodies, cursors, ...)
    ├── RequestValidationError           422     VALIDATION, with one entry per field in `errors`
    ├── HTTPException                    its own NOT_FOUND, METHOD_NOT_ALLOWED, ...
    ├── StoreError                       503     STORE_UNAVAILABLE, with Retry-After
    └── anything else                    500     INTERNAL, logged; the caller learns nothing but the correlation id

Must never show a stack, a driver's message or the caller's input.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.kernel.decisions import NotFound, Refusal
from shared.observability.logs import correlation_id, logger
from shared.persistence.store import StoreError

MEDIA_TYPE = "application/problem+json"
RETRY_SOON_S = 1
NAME_CHARS_MAX = 100
_MEMBER = re.compile(r"[a-z0-9_]+")
"""Members of our requests and positions in lists; names of types have capitals or brackets."""

WebCode = Literal[
    "NOT_FOUND", "VALIDATION", "MALFORMED_JSON", "INVALID_UTF8", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE",
    "METHOD_NOT_ALLOWED", "UNAUTHENTICATED", "ROLE", "AUTH_KEYS_UNAVAILABLE", "STORE_UNAVAILABLE", "INTERNAL",
    "IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_REUSED", "REVISION_CHANGED", "CURSOR_INVALID", "NOT_IMPLEMENTED",
    "HTTP_ERROR",
]
"""The codes that belong to HTTP itself. Refusals of rules have their own, in the services."""

_CODE_OF_STATUS: Mapping[int, WebCode] = {400: "MALFORMED_JSON", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED",
                                          413: "BODY_TOO_LARGE"}
_log = logger(__name__)


class FieldError(BaseModel):
    """One field that is wrong: where it stands in the request, and why."""

    field: str = Field(examples=["body.amount.amount_minor"])
    code: str = Field(examples=["greater_than"])
    message: str = Field(examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """A problem document. Programs read `code`; `detail` is one sentence for people."""

    type: str = Field(examples=["urn:holdfast:problem:contract-not-active"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["CONTRACT_NOT_ACTIVE"])
    detail: str | None = None
    correlation_id: str | None = Field(None, description="Quote this when you ask for help.")
    errors: list[FieldError] | None = Field(None, description="Present where fields of the request are wrong.")


class WebProblem(Exception):
    """A problem of HTTP itself: raise it from a dependency or a route."""

    def __init__(
        self, status: int, code: WebCode, detail: str, *, headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.errors = headers, errors


def problem_response(
    status: int, code: str, detail: str | None = None, *, headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
) -> Response:
    """Return the problem document as a response."""
    document: dict[str, Any] = {
        "type": f"urn:holdfast:problem:{code.lower().replace('_', '-')}",
        "title": _title(status),
        "status": status,
        "code": code,
    }
    if detail:
        document["detail"] = detail
    correlation = correlation_id()
    if correlation is not None:
        document["correlation_id"] = correlation
    if errors:
        document["errors"] = list(errors)
    return Response(orjson.dumps(document), status, headers, MEDIA_TYPE)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def answer_of(error: Exception) -> Response:
    """Return the response for any exception; unexpected ones are logged here, once."""
    if isinstance(error, Refusal):
        return problem_response(error.status, error.code, error.detail)
    if isinstance(error, NotFound):
        return problem_response(404, "NOT_FOUND", f"{error.what} not found, or not known here yet",
                                headers={"Retry-After": str(RETRY_SOON_S)})
    if isinstance(error, WebProblem):
        return problem_response(error.status, error.code, error.detail, headers=error.headers, errors=error.errors)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        code = _CODE_OF_STATUS.get(error.status_code, "HTTP_ERROR")
        return problem_response(error.status_code, code, None, headers=error.headers)
    if isinstance(error, StoreError):
        _log.warning("store unavailable", error=str(error), kind=type(error).__name__)
        return problem_response(503, "STORE_UNAVAILABLE", "the store does not answer; try again with the same key",
                                headers={"Retry-After": str(RETRY_SOON_S)})
    _log.error("unexpected error", exc_info=error)
    return problem_response(500, "INTERNAL", "unexpected error; it has been logged")


def _invalid(error: RequestValidationError) -> Response:
    found = [
        {"field": _field_of(item["loc"], item["type"]), "code": item["type"], "message": item["msg"]}
        for item in error.errors()
    ]
    if any(item["code"] == "json_invalid" for item in found):
        return problem_response(400, "MALFORMED_JSON", "the body is not JSON")
    return problem_response(422, "VALIDATION", "the request is not valid", errors=found)


def _field_of(location: Sequence[str | int], code: str) -> str:
    """Name the field as the caller wrote it: without the names of types that a choice of types puts in between."""
    parts = [str(part)[:NAME_CHARS_MAX] for part in location]
    *before, last = parts
    kept = [part for part in before if _MEMBER.fullmatch(part)]
    if code == "extra_forbidden" or _MEMBER.fullmatch(last):
        kept.append(last)
    return ".".join(kept)


def install_problem_handlers(app: FastAPI) -> None:
    """Answer the expected exceptions close to the route; what is left is answered at the edge (`edge.py`)."""
    async def handle(_request: Request, error: Exception) -> Response:
        return answer_of(error)

    async def handle_method(request: Request, _error: Exception) -> Response:
        allowed = ", ".join(methods_of(app, request.url.path))
        return problem_response(405, "METHOD_NOT_ALLOWED", f"this path takes {allowed}", headers={"Allow": allowed})

    for kind in (Refusal, NotFound, WebProblem, RequestValidationError, HTTPException, StoreError):
        app.add_exception_handler(kind, handle)
    app.add_exception_handler(405, handle_method)


def methods_of(app: FastAPI, path: str) -> list[str]:
    """Return every method that `path` takes: routes of one path stand apart, and the router names only the first's."""
    found: set[str] = set()
    for template, operations in app.openapi()["paths"].items():
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", template))
        if re.fullmatch(pattern, path):
            found.update(method.upper() for method in operations)
    return sorted(found) or ["GET"]
