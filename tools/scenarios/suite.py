"""The running suite as a caller sees it: five base URLs, bearer tokens, questions that are asked again when told to.

Must never be used for anything but the public HTTP APIs.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

SERVICES = ("contracts", "timesheets", "invoicing", "payouts", "disputes")
CLOCK_ADVANCING = "CLOCK_ADVANCING"
PAUSE_S_MIN, PAUSE_S_MAX, PAUSE_GROWTH = 0.03, 0.3, 1.4
"""A suite that is quiet but for one act says so within a tenth of a second."""

TokenFor = Callable[[str, str], str]
"""(subject, role) → bearer token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a party's id (or any subject) and role."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True)
class Question:
    """One HTTP request to one service."""

    service: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether the question was granted."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The problem document's stable code, or the bare status where there is none."""
        code = self.body.get("code") if isinstance(self.body, Mapping) else None
        return str(code) if code else f"HTTP {self.status}"

    @property
    def detail(self) -> str:
        """The problem document's sentence for people."""
        detail = self.body.get("detail") if isinstance(self.body, Mapping) else None
        return str(detail or "")


class Unanswered(Exception):
    """No final answer before the deadline."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one question or one quiet may take, and whether outages are to be expected."""

    deadline_s: float
    crash: bool

    @classmethod
    def normal(cls) -> "Patience":
        """Everything is up: ten seconds."""
        return cls(10.0, crash=False)

    @classmethod
    def under_crashes(cls) -> "Patience":
        """Processes are being killed meanwhile: two minutes, and every act is tried again with its key."""
        return cls(120.0, crash=True)


class Pauses:
    """Growing pauses up to a deadline on the machine's monotonic clock."""

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._pause_s = PAUSE_S_MIN
        self.start_again()

    def start_again(self) -> None:
        """Give the whole time again: something moved."""
        self._ends = asyncio.get_running_loop().time() + self._deadline_s

    async def next(self) -> bool:
        """Wait a little; False where the deadline has passed."""
        left = self._ends - asyncio.get_running_loop().time()
        if left <= 0:
            return False
        await asyncio.sleep(min(self._pause_s, left))
        self._pause_s = min(self._pause_s * PAUSE_GROWTH, PAUSE_S_MAX)
        return True


class Suite:
    """Asks questions; knows when an answer is not the last word."""

    def __init__(
        self, http: httpx.AsyncClient, urls: Mapping[str, str], token_for: TokenFor, patience: Patience
    ) -> None:
        self._http, self._urls, self._token_for, self.patience = http, urls, token_for, patience
        self._tokens: dict[Caller, str] = {}

    async def ask(
        self, caller: Caller, question: Question, *, key: str | None = None, final: str | None = None
    ) -> Answer:
        """Ask until the answer is final or the deadline passes; `final` is a code that is welcome at once.

        What a service does not know yet (404 with Retry-After) and a clock that is still moving are asked again, and
        under crashes also lost connections and 5xx, always with the same Idempotency-Key.
        """
        pauses = Pauses(self.patience.deadline_s)
        while True:
            response: httpx.Response | None = None
            try:
                response = await self._send(caller, question, key)
                problem = f"{response.status_code} {response.text[:300]}"
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
                if not self.patience.crash:
                    raise Unanswered(f"{question}: {problem}") from error
            if response is not None and not self._again(response, final):
                return Answer(response.status_code, _body_of(response))
            if not await pauses.next():
                if response is not None and response.status_code < 500:
                    return Answer(response.status_code, _body_of(response))
                raise Unanswered(f"{question}: no final answer in {self.patience.deadline_s:g} s; last: {problem}")

    def _again(self, response: httpx.Response, final: str | None) -> bool:
        if response.status_code < 400:
            return False
        body = _body_of(response)
        code = body.get("code") if isinstance(body, Mapping) else None
        if final is not None and code == final:
            return False
        if response.status_code == 409:
            return bool(code == CLOCK_ADVANCING)
        if response.status_code in (404, 503) and "retry-after" in response.headers:
            return True
        return response.status_code >= 500 and self.patience.crash

    async def _send(self, caller: Caller, question: Question, key: str | None) -> httpx.Response:
        if caller not in self._tokens:
            self._tokens[caller] = self._token_for(caller.subject, caller.role)
        headers = {"Authorization": f"Bearer {self._tokens[caller]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self._http.request(
            question.method,
            self._urls[question.service] + question.path,
            params=dict(question.query),
            json=question.body,
            headers=headers,
        )


def _body_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
