"""The two loads: payouts asked for over HTTP, and payouts that follow from invoices by events.

Open loop: requests leave at their seeded instants whatever the suite does. A payout counts when `payout.settled` is in
the log, and its time runs from the instant at which its request was meant to be sent.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tools.bench.arrivals import Choices, arrivals
from tools.bench.connections import Connections
from tools.bench.crowds import CURRENCY, Payee, Suite

HOT_SHARE = 0.2
FINEST_S = 0.002
"""The driver looks at its timetable this often; what is due meanwhile leaves together."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One payout that arrived: loop times."""

    intended: float
    settled: float


@dataclass(slots=True)
class Ledger:
    """What was sent and what became of it."""

    sent: int = 0
    settled: list[Settled] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    asked_late_s: float = 0.0

    @property
    def backlog(self) -> int:
        """How many are on their way."""
        return self.sent - len(self.settled) - self.refused.total()


class Load(Protocol):
    """One kind of load."""

    name: str
    topics: tuple[str, ...]
    ledger: Ledger

    def send(self, intended: float) -> Awaitable[None]:
        """Send the next request, meant for `intended`."""

    def hear(self, topic: str, event: dict[str, Any]) -> None:
        """Hear an event."""


class _Matching:
    """Brings a payout's request and its settlement together, whichever is known first."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._intended: dict[str, float] = {}
        self._settled: dict[str, float] = {}

    def asked(self, payout_id: str, intended: float) -> None:
        """The service named the payout."""
        settled = self._settled.pop(payout_id, None)
        if settled is None:
            self._intended[payout_id] = intended
        else:
            self._ledger.settled.append(Settled(intended, settled))

    def settled(self, payout_id: str, at: float) -> None:
        """The log has its settlement; a repeat changes nothing."""
        intended = self._intended.pop(payout_id, None)
        if intended is not None:
            self._ledger.settled.append(Settled(intended, at))
        else:
            self._settled[payout_id] = at


async def _ask_for_payout(payouts: Connections, payee: Payee, amount_minor: int, key: str) -> tuple[str | None, str]:
    """Return the payout's id, or why there is none."""
    body = {"amount": {"amount_minor": amount_minor, "currency": CURRENCY}}
    answer = await payouts.ask("POST", "/v1/payouts", payee.token, body, key=key)
    if answer.status == 201:
        return answer.json()["id"], ""
    return None, f"{answer.status} {answer.json().get('code', '') if answer.body else ''}".strip()


class HttpLoad:
    """Payouts from accounts with money: uniform, and a fifth of them from one hot account."""

    name = "http"
    topics: tuple[str, ...] = ("payout.settled",)

    def __init__(self, suite: Suite, payees: list[Payee], *, seed: str) -> None:
        self._suite, self._payees, self._seed = suite, payees, seed
        self._choices = Choices(len(payees), seed=seed, hot_share=HOT_SHARE)
        self.ledger = Ledger()
        self._matching = _Matching(self.ledger)

    async def send(self, intended: float) -> None:
        """Ask for one payout."""
        payee, amount = self._payees[self._choices.account()], self._choices.amount_minor()
        self.ledger.sent += 1
        key = f"{self._suite.run}-{self._seed}-{self.ledger.sent}"
        payout_id, why = await _ask_for_payout(self._suite.payouts, payee, amount, key)
        if payout_id is None:
            self.ledger.refused[why] += 1
        else:
            self._matching.asked(payout_id, intended)

    def hear(self, topic: str, event: dict[str, Any]) -> None:
        """A payout arrived."""
        self._matching.settled(str(event["subject"]), asyncio.get_running_loop().time())


class EventLoad:
    """Invoices that are charged, held for two seconds, become available and are then paid out by a subscriber."""

    name = "events"
    topics: tuple[str, ...] = ("payout.settled", "funds.available")

    def __init__(self, suite: Suite, payees: list[Payee], *, seed: str) -> None:
        self._suite, self._payees, self._seed = suite, {payee.id: payee for payee in payees}, seed
        self._all = payees
        self._choices = Choices(len(payees), seed=seed)
        self.ledger = Ledger()
        self.payouts = Ledger()
        """The last leg alone: from `funds.available` heard to settled."""
        self._matching, self._last_leg = _Matching(self.ledger), _Matching(self.payouts)
        self._by_invoice: dict[str, float] = {}
        self._early: dict[str, tuple[str, int]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def send(self, intended: float) -> None:
        """Give one bonus: it is charged at once and makes one invoice."""
        payee, amount = self._all[self._choices.account()], self._choices.amount_minor()
        self.ledger.sent += 1
        key = f"{self._suite.run}-{self._seed}-{self.ledger.sent}"
        answer = await self._suite.invoicing.ask(
            "POST", f"/v1/contracts/{payee.contract_id}/bonuses", payee.client_token,
            {"amount": {"amount_minor": amount, "currency": CURRENCY}}, key=key)
        if answer.status != 201:
            self.ledger.refused[f"bonus {answer.status}"] += 1
            return
        invoice = str(answer.json()["invoice_id"])
        self._by_invoice[invoice] = intended
        if (early := self._early.pop(invoice, None)) is not None:
            self._available(invoice, *early)

    def hear(self, topic: str, event: dict[str, Any]) -> None:
        """A hold matured, or a payout arrived."""
        now = asyncio.get_running_loop().time()
        if topic == "payout.settled":
            self._matching.settled(str(event["subject"]), now)
            self._last_leg.settled(str(event["subject"]), now)
            return
        data: Any = event["data"]
        hold, movement = data["object"], data["movement"]
        self._available(hold["invoice_id"], hold["account_id"], int(movement["deltas"]["available"]))

    def _available(self, invoice: str, account_id: str, amount_minor: int) -> None:
        if invoice not in self._by_invoice:
            if account_id in self._payees:
                self._early[invoice] = (account_id, amount_minor)
            return
        intended = self._by_invoice.pop(invoice)
        task = asyncio.create_task(self._pay_out(invoice, self._payees[account_id], amount_minor, intended))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _pay_out(self, invoice: str, payee: Payee, amount_minor: int, intended: float) -> None:
        heard = asyncio.get_running_loop().time()
        payout_id, why = await _ask_for_payout(self._suite.payouts, payee, amount_minor, f"bench-{invoice}")
        if payout_id is None:
            self.ledger.refused[why] += 1
            return
        self._matching.asked(payout_id, intended)
        self._last_leg.asked(payout_id, heard)


class Driver:
    """Sends a load at a rate, in the background, until it is told to stop."""

    def __init__(self, load: Load, rate: float, *, seed: str) -> None:
        self._load, self.rate, self._seed = load, rate, seed
        self._task: asyncio.Task[None] | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.started = 0.0

    def start(self) -> None:
        """Begin."""
        self.started = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._run(), name=f"load {self._load.name}")

    async def stop(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for offset in arrivals(self.rate, seed=f"{self._seed}-{self._load.name}"):
            intended = self.started + offset
            if (left := intended - loop.time()) > 0:
                await asyncio.sleep(max(left, FINEST_S))
            self._load.ledger.asked_late_s = max(self._load.ledger.asked_late_s, loop.time() - intended)
            task = loop.create_task(_sent(self._load.send(intended)))
            self._open.add(task)
            task.add_done_callback(self._open.discard)


async def _sent(sending: Awaitable[None]) -> None:
    await sending


async def probe(load: Load, *, seconds: float, at_once: int, tell: Callable[[float, int], None]) -> float:
    """Return how many payouts per second settle when `at_once` are always on their way: more than this never can."""
    loop = asyncio.get_running_loop()
    started, marks = loop.time(), deque[tuple[float, int]]()
    sending: set[asyncio.Task[None]] = set()
    while (now := loop.time()) < started + seconds:
        for _ in range(max(0, min(32, at_once - load.ledger.backlog))):
            task = loop.create_task(_sent(load.send(loop.time())))
            sending.add(task)
            task.add_done_callback(sending.discard)
        if not marks or now - marks[-1][0] >= 1.0:
            marks.append((now, len(load.ledger.settled)))
            tell(now - started, len(load.ledger.settled))
        await asyncio.sleep(0.005)
    later = [mark for mark in marks if mark[0] >= started + seconds / 2]
    if len(later) < 2:
        return len(load.ledger.settled) / seconds
    return (later[-1][1] - later[0][1]) / (later[-1][0] - later[0][0])
