"""One story's world inside the running suite: its test clock, its parties' ids, and what its acts have made.

Must never be shared between stories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.kernel.instants import Instant, format_instant, parse_instant
from tools.scenarios.stories import PartyRef, Ref, Story
from tools.scenarios.suite import Answer, Caller, Pauses, Question, Suite

PAGES_MAX = 1000
WAIT_S = 2
"""How long the suite may keep its answer back while a clock moves: short enough to see that it does."""


class StepFailed(Exception):
    """The step does not hold; the lines say why."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(slots=True)
class World:
    """Where one story happens."""

    suite: Suite
    story: Story
    run_id: str
    operator: Caller
    now: Instant
    clock: str = ""
    callers: dict[str, Caller] = field(default_factory=dict)
    ids: dict[Ref, str] = field(default_factory=dict)
    parties_of: dict[str, dict[str, str]] = field(default_factory=dict)
    """Contract id → {"client": party name, "freelancer": party name}."""
    chargebacks: dict[tuple[str, int], str] = field(default_factory=dict)
    """(contract id, number of the invoice) → chargeback id."""
    quiet: bool = False
    _asked: int = 0

    def caller(self, party: PartyRef) -> Caller:
        """Return the credentials of a party."""
        return self.callers[party.name]

    def id_of(self, ref: Ref) -> str:
        """Return the id of something an act has made; StepFailed where its act was the refused one."""
        if ref not in self.ids:
            raise StepFailed(f"nothing was made that is called {ref.name} ({ref.kind}): its act was refused")
        return self.ids[ref]

    def next_key(self, what: str) -> str:
        """Return a key for something that is not an act; the n-th of a run is always the same."""
        self._asked += 1
        return f"{self.run_id}-{what}-{self._asked}"

    async def tell(self, caller: Caller, question: Question, what: str) -> Any:
        """Ask something that must be granted; return the answer's body."""
        key = None if question.method == "GET" else self.next_key(what)
        answer = await self.suite.ask(caller, question, key=key)
        if not answer.ok:
            raise StepFailed(f"{question}: {answer.code} {answer.detail}".rstrip())
        return answer.body

    async def read(self, caller: Caller, service: str, path: str, **query: str) -> Any:
        """Read one resource."""
        return await self.tell(caller, Question(service, "GET", path, query=query), "read")

    async def read_all(self, caller: Caller, service: str, path: str, **query: str) -> list[Mapping[str, Any]]:
        """Read a list to its last page."""
        items: list[Mapping[str, Any]] = []
        cursor: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            page = await self.read(caller, service, path, **query, **cursor)
            items.extend(page["items"])
            if not page.get("next_cursor"):
                return items
            cursor = {"cursor": str(page["next_cursor"])}
        raise StepFailed(f"{service} GET {path}: the list does not end")

    async def settle(self, to: Instant | None = None) -> None:
        """Move the clock to `to` (where it stands if None) and wait until nothing is in flight on it."""
        target = to or self.now
        if self.quiet and target == self.now:
            return
        path = f"/v1/test_clocks/{self.clock}"
        question = Question("contracts", "POST", f"{path}/advance", {"to": format_instant(target)})
        await self.tell(self.operator, question, "advance")
        await self._await_ready(path, target)
        self.now, self.quiet = target, True

    async def _await_ready(self, path: str, target: Instant) -> None:
        """Wait for the clock; the deadline begins anew whenever its time moves, as a long way has many instants."""
        pauses = Pauses(self.suite.patience.deadline_s)
        seen = ""
        while True:
            clock = await self.read(self.operator, "contracts", path, wait_s=str(WAIT_S))
            if clock["status"] == "ready":
                if parse_instant(clock["now"]) != target:
                    raise StepFailed(f"the clock is ready at {clock['now']}, not at {format_instant(target)}")
                return
            if clock["now"] != seen:
                seen = clock["now"]
                pauses.start_again()
            if not await pauses.next():
                blocked = ", ".join(str(name) for name in clock.get("blocked") or ()) or "nobody says why"
                raise StepFailed(
                    f"not quiet within {self.suite.patience.deadline_s:g} s at {seen}, "
                    f"on the way to {format_instant(target)}; blocked: {blocked}"
                )

    async def ask_act(self, caller: Caller, question: Question, key: str, refused: str | None) -> Answer:
        """Ask for an act; whatever comes of it, the world may be in motion afterwards."""
        self.quiet = False
        return await self.suite.ask(caller, question, key=key, final=refused)
