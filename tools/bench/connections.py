"""A small HTTP/1.1 client for load: kept connections, answers parsed in C, one question per connection at a time.

It costs a fraction of a general client's time, because driver and suite share one machine. Must never follow redirects,
retry, or speak TLS: it talks to the local platform.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httptools
import orjson

CONNECTIONS_MAX = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 where the connection broke."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the parsed body."""
        return orjson.loads(self.body)


class _Connection(asyncio.Protocol):
    """One connection, one question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._answer: asyncio.Future[Answer] | None = None
        self._body: list[bytes] = []
        self.open = False

    def connection_made(self, transport: Any) -> None:
        """Called by the loop."""
        self._transport, self.open = transport, True

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, AttributeError):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(0, b""))

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if not self._parser.should_keep_alive():
            self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))

    async def ask(self, question: bytes) -> Answer:
        """Send a whole request and return its answer."""
        self._parser, self._body = httptools.HttpResponseParser(self), []
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport is None:
            return Answer(0, b"")
        self._transport.write(question)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self.open = False
        if self._transport is not None:
            self._transport.close()


class Connections:
    """The kept connections to one service."""

    def __init__(self, url: str, *, at_most: int = CONNECTIONS_MAX) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._host, self._port = host, int(port)
        self._idle: list[_Connection] = []
        self._room = asyncio.Semaphore(at_most)

    async def ask(self, method: str, path: str, token: str, body: Any = None, *, key: str | None = None) -> Answer:
        """Ask one question; `key` is its Idempotency-Key."""
        question = self._question(method, path, token, body, key)
        async with self._room:
            connection = await self._connection()
            if connection is None:
                return Answer(0, b"")
            answer = await connection.ask(question)
            if connection.open:
                self._idle.append(connection)
            return answer

    async def _connection(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        try:
            _, made = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        except OSError:
            return None
        return made

    def _question(self, method: str, path: str, token: str, body: Any, key: str | None) -> bytes:
        content = b"" if body is None else orjson.dumps(body)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}", f"Authorization: Bearer {token}"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        if key is not None:
            lines.append(f"Idempotency-Key: {key}")
        return "\r\n".join([*lines, "\r\n"]).encode() + content

    def close(self) -> None:
        """Hang up everywhere."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()
