"""The story of the demonstration: Mia works a week for Acme at 45.00 an hour, is paid, and withdraws the money.

It acts and reads over the public HTTP APIs alone, on a test clock of its own, and compares every amount to the cent.
"""

import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.kernel.instants import Instant
from shared.kernel.money import Money
from tools.demo.boards import Chapter, Purse
from tools.scenarios.stories import Party, Story
from tools.scenarios.suite import Answer, Caller, Question, Suite
from tools.scenarios.telling import REGISTERED_BEFORE, register_parties
from tools.scenarios.world import StepFailed, World

CURRENCY = "USD"
MONDAY = datetime(2026, 2, 23, tzinfo=UTC)
WEDNESDAY = MONDAY + timedelta(days=2)
LOCK = MONDAY + timedelta(days=7, hours=12)
AVAILABLE_AT = LOCK + timedelta(days=4)
RATE = Money(45_00, CURRENCY)
SEGMENTS = 193
EARNED = Money(1447_50, CURRENCY)
"""193 segments of ten minutes at 45.00 an hour; any_hire takes no fee from the freelancer."""
NOTHING = Money.zero(CURRENCY)

_PARTIES = (Party("Acme", "client", "none"), Party("Mia", "freelancer", "bank"))


class Week:
    """One telling of the story; `world` is where it happens."""

    def __init__(self, suite: Suite) -> None:
        story = Story(Path("demo"), "demo", "A week of billing", (), MONDAY, CURRENCY, _PARTIES, ())
        operator = Caller("op_demo", "operator")
        self.world = World(suite, story, f"demo-{uuid.uuid4()}", operator, MONDAY - REGISTERED_BEFORE)
        self._contract = ""

    @property
    def mia(self) -> Caller:
        """The freelancer."""
        return self.world.callers["Mia"]

    @property
    def acme(self) -> Caller:
        """The client."""
        return self.world.callers["Acme"]

    async def tell(self) -> AsyncIterator[Chapter]:
        """Live the week; each chapter is yielded when it holds. StepFailed where one does not."""
        await register_parties(self.world)
        yield self._chapter(f"Acme and Mia are registered, on test clock {self.world.clock}")
        yield await self._agree()
        yield await self._work()
        yield await self._lock()
        yield await self._wait()
        yield await self._mature()
        yield await self._ask_too_much()
        yield await self._pay_out()
        yield await self._audit()

    async def purse(self) -> Purse:
        """Mia's balance as she sees it."""
        body = await self.world.read(self.mia, "payouts", f"/v1/accounts/{self.mia.subject}/balance")
        row = next((row for row in body["balances"] if row["currency"] == CURRENCY), None)
        return Purse.of(row, CURRENCY) if row else Purse.empty(CURRENCY)

    async def _agree(self) -> Chapter:
        terms = {"profile": "any_hire", "kind": "hourly", "cadence": "weekly", "currency": CURRENCY}
        offer = {**terms, "freelancer_id": self.mia.subject, "hourly_rate": _money(RATE)}
        body = await self._act(self.acme, "contracts", "/v1/contracts", offer)
        self._contract = str(body["id"])
        await self._act(self.mia, "contracts", f"/v1/contracts/{self._contract}/accept", {})
        contract = await self.world.read(self.mia, "contracts", f"/v1/contracts/{self._contract}")
        _same("the contract's status", contract["status"], "active")
        return self._chapter(f"Acme offers {RATE} {CURRENCY} an hour, Mia accepts", "contract is active")

    async def _work(self) -> Chapter:
        await self.world.settle(WEDNESDAY)
        logged = {"segments": SEGMENTS, "memo": "backend", "source": "tracker", "activity": 100}
        await self._act(self.mia, "timesheets", f"/v1/contracts/{self._contract}/time_entries", logged)
        hours, minutes = divmod(SEGMENTS * 10, 60)
        return self._chapter(f"Mia has tracked {hours} h {minutes} min", *await self._holds(NOTHING, NOTHING, NOTHING))

    async def _lock(self) -> Chapter:
        await self.world.settle(LOCK)
        query = {"contract_id": self._contract}
        (invoice,) = await self.world.read_all(self.acme, "invoicing", "/v1/invoices", **query)
        _same("the invoice's status", invoice["status"], "paid")
        _same("the invoice's net amount", _read(invoice["net"]), EARNED)
        checked = (f"invoice paid, net {EARNED}", *await self._holds(EARNED, NOTHING, NOTHING))
        return self._chapter("The week locks: it is invoiced, charged and held", *checked)

    async def _wait(self) -> Chapter:
        await self.world.settle(AVAILABLE_AT - timedelta(seconds=1))
        return self._chapter("One second before the hold ends", *await self._holds(EARNED, NOTHING, NOTHING))

    async def _mature(self) -> Chapter:
        await self.world.settle(AVAILABLE_AT)
        return self._chapter("The hold ends: the money is available", *await self._holds(NOTHING, EARNED, NOTHING))

    async def _ask_too_much(self) -> Chapter:
        more = Money(EARNED.amount_minor + 1, CURRENCY)
        answer = await self._ask(self.mia, "payouts", "/v1/payouts", {"amount": _money(more)})
        _same(f"the answer to a payout of {more}", answer.code, "INSUFFICIENT_AVAILABLE")
        return self._chapter(f"Mia asks for {more}: one cent too much", "refused, INSUFFICIENT_AVAILABLE")

    async def _pay_out(self) -> Chapter:
        payout = await self._act(self.mia, "payouts", "/v1/payouts", {"amount": _money(EARNED)})
        payout = await self.world.read(self.mia, "payouts", f"/v1/payouts/{payout['id']}")
        _same("the payout's status", payout["status"], "settled")
        checked = ("payout settled", *await self._holds(NOTHING, NOTHING, EARNED))
        return self._chapter(f"Mia asks for {EARNED}: paid out", *checked)

    async def _audit(self) -> Chapter:
        path, query = "/v1/books/check", {"test_clock": self.world.clock}
        books = await self.world.read(self.world.operator, "payouts", path, **query)
        _same("the books", books["differences"] or "balanced", "balanced")
        return self._chapter("The operator checks the books", "balanced to the cent")

    async def _holds(self, pending: Money, available: Money, paid_out: Money) -> tuple[str, ...]:
        """Mia's balance is exactly this."""
        purse = await self.purse()
        for name, expected in (("pending", pending), ("available", available), ("paid_out", paid_out)):
            _same(f"Mia's {name.replace('_', ' ')} balance", getattr(purse, name), expected)
        return (f"pending {pending}, available {available}, paid out {paid_out}",)

    async def _ask(self, caller: Caller, service: str, path: str, body: Mapping[str, Any]) -> Answer:
        question = Question(service, "POST", path, body)
        answer = await self.world.ask_act(caller, question, self.world.next_key("act"), None)
        await self.world.settle()
        return answer

    async def _act(self, caller: Caller, service: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do something that must be granted, and wait until everything that follows from it has happened."""
        answer = await self._ask(caller, service, path, body)
        if not answer.ok:
            raise StepFailed(f"{service} POST {path}: {answer.code} {answer.detail}".rstrip())
        made: Mapping[str, Any] = answer.body
        return made

    def _chapter(self, text: str, *checked: str) -> Chapter:
        return Chapter(self.world.now, text, checked)


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise StepFailed(f"{what}: expected {expected}, found {found}")


def _money(amount: Money) -> dict[str, Any]:
    return {"amount_minor": amount.amount_minor, "currency": amount.currency}


def _read(amount: Mapping[str, Any]) -> Money:
    return Money(int(amount["amount_minor"]), str(amount["currency"]))


def day_of(at: Instant) -> str:
    """A weekday and a time: what a watcher wants to know of an instant."""
    return at.strftime("%a %d %b %H:%M:%S" if at.second else "%a %d %b %H:%M")
