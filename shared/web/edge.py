"""The outermost layer of every API: correlation, bounded bodies that are really JSON, metrics, and the last net.

Plain ASGI, because it is on the path of every request. Must never know a route or a service.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from time import perf_counter
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.money import AMOUNT_MINOR_MAX
from shared.observability.clock import IdSource
from shared.observability.logs import correlated
from shared.observability.metrics import Metrics
from shared.web.problems import WebProblem, answer_of

MAX_BODY_BYTES = 64 * 1024
CORRELATION_HEADER = "X-Correlation-Id"
BODY_KEY = "holdfast.json"
"""Where the parsed JSON body stands in the ASGI scope; absent where the request has no body."""

_CORRELATION = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_LONG_NUMBER = re.compile(rb"[0-9]{16}")
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class CallerLeft(Exception):
    """The caller closed the connection before the body was complete: nobody is left to answer."""


class Edge:
    """Wraps an ASGI application; see the module."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, ids: IdSource, max_body_bytes: int = MAX_BODY_BYTES,
        before_acts: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._app, self._metrics, self._ids, self._max_body_bytes = app, metrics, ids, max_body_bytes
        self._before_acts = before_acts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        correlation = _header(scope, b"x-correlation-id")
        if correlation is None or _CORRELATION.fullmatch(correlation) is None:
            correlation = self._ids.new("cor").encode()
        answer = _Answer(send, correlation)
        with correlated(correlation.decode()):
            try:
                await self._serve(scope, receive, answer)
            except CallerLeft:
                return
            except Exception as error:
                if answer.status:   # The head is on the wire: nothing can be taken back.
                    raise
                await answer_of(error)(scope, receive, answer)
        self._measure(scope, answer.status, perf_counter() - started)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in _BODILESS:
            await self._app(scope, receive, send)
            return
        if self._before_acts is not None:
            await self._before_acts()
        body = await _whole_body(scope, receive, self._max_body_bytes)
        if body:
            scope[BODY_KEY] = _json_of(scope, body)
        await self._app(scope, _replay(body, receive), send)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        self._metrics.count("holdfast_http_requests_total", method, route, str(status))
        self._metrics.observe("holdfast_http_request_seconds", method, route, value=seconds)


class _Answer:
    """Passes the answer on and remembers its status."""

    def __init__(self, send: Send, correlation: bytes) -> None:
        self._send, self._correlation, self.status = send, correlation, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-correlation-id", self._correlation)]
        await self._send(message)


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


async def _whole_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Read the body, never more than `limit` bytes of it."""
    announced = _header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise CallerLeft
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> WebProblem:
    return WebProblem(413, "BODY_TOO_LARGE", f"a body may have {limit} bytes", headers={"Connection": "close"})


def _json_of(scope: Scope, body: bytes) -> Any:
    """Return the parsed body; only JSON in UTF-8 whose numbers every JSON reader can hold exactly gets in."""
    if not _says_json(_header(scope, b"content-type")):
        raise WebProblem(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json in UTF-8")
    try:
        body.decode()
    except UnicodeDecodeError:
        raise WebProblem(400, "INVALID_UTF8", "the body is not UTF-8") from None
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WebProblem(400, "MALFORMED_JSON", f"the body is not JSON, at character {error.pos}") from None
    if _LONG_NUMBER.search(body) is not None:
        _refuse_inexact(parsed)
    return parsed


def _says_json(content_type: bytes | None) -> bool:
    if content_type == b"application/json":
        return True
    if content_type is None:
        return False
    kind, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    if kind != b"application/json":
        return False
    charsets = [part.split(b"=", 1)[1].strip(b' "') for part in parameters if part.startswith(b"charset=")]
    return all(charset in (b"utf-8", b"utf8", b"us-ascii") for charset in charsets)


def _refuse_inexact(parsed: Any) -> None:
    wrong = [
        {"field": path, "code": "number_not_exact", "message": f"Numbers may not exceed {AMOUNT_MINOR_MAX}"}
        for path, number in _numbers(parsed, "body") if abs(number) > AMOUNT_MINOR_MAX
    ]
    if wrong:
        raise WebProblem(422, "VALIDATION", "the request is not valid", errors=wrong)


def _numbers(parsed: Any, path: str) -> Iterator[tuple[str, int | float]]:
    waiting = [(path, parsed)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{where}.{name}", item) for name, item in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{where}.{index}", item) for index, item in enumerate(value))
        elif isinstance(value, int | float):
            yield where, value


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the application, then go on listening for the caller leaving."""
    pending: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
