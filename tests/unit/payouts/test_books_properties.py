"""Whatever happens, in whatever order: entries balance, nothing is lost, nothing is overdrawn (invariants 1, 2, 4, 5).

A small model of the service drives the rules with random stories; the books are checked after every act.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from services.payouts.domain.accounts import Account, Balances, Deltas, Movement, credit
from services.payouts.domain.books_check import BooksCheck
from services.payouts.domain.earnings import (
    EarnedLine,
    PaidInvoice,
    amounts_to_hold,
    open_hold,
    platform_side_of_invoice,
)
from services.payouts.domain.holds import Hold, HoldState, mature, note_objection
from services.payouts.domain.ledger import CLIENT_MONEY, Entry, Posting
from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payouts import (
    Payout,
    PayoutStatus,
    RailAnswer,
    RailOutcome,
    Step,
    Wish,
    record_answer,
    request,
)
from services.payouts.domain.security_periods import SecurityPeriod
from shared.kernel.decisions import Accepted
from shared.kernel.instants import DAY, Instant
from shared.kernel.money import Money
from tests.unit.payouts.words import NOW, POLICIES, a_method

Picked = TypeVar("Picked")
AMOUNTS = st.integers(min_value=1, max_value=500_000)


@dataclass
class Model:
    """One freelancer's books in memory."""

    now: Instant = NOW
    account: Account = field(default_factory=lambda: Account("fr_mia", "live"))
    entries: list[Entry] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    payouts: dict[str, Payout] = field(default_factory=dict)
    paid_by_rail: dict[str, int] = field(default_factory=dict)

    def book(self, deltas: Deltas, platform: tuple[Posting, ...] = ()) -> None:
        """Write an entry and move the account, as the journal does."""
        postings = (*deltas.postings("fr_mia", "USD"), *platform)
        if postings:
            self.entries.append(Entry(f"ent_{len(self.entries)}", "live", self.now, "test", "it", "evt", "fr_mia",
                                      None, postings))
        self.account, movement = self.account.move("USD", deltas, entry_id=None, at=self.now)
        self.movements.append(movement)

    def pay_invoice(self, gross: int, fee: int, hold_days: list[int]) -> None:
        """Capture an invoice whose lines wait for different times."""
        each, rest = divmod(gross - fee, len(hold_days))
        lines = tuple(
            EarnedLine(Money(each + (rest if index == 0 else 0), "USD"), SecurityPeriod(self.now, days * DAY))
            for index, days in enumerate(hold_days))
        zero = Money(0, "USD")
        invoice = PaidInvoice(
            id=f"inv_{len(self.entries)}", account_id="fr_mia", contract_id="ct_one", clock="live", from_escrow=False,
            employer_of_record=False, gross=Money(gross, "USD"), fee=Money(fee, "USD"), net=Money(gross - fee, "USD"),
            client_fee=zero, initiation_fee=zero, paid_at=self.now, lines=lines)
        held = amounts_to_hold(lines)
        platform = platform_side_of_invoice(invoice)
        for index, one in enumerate(held):
            id = f"hld_{invoice.id}_{index}"
            self.holds[id] = open_hold(invoice, one, id=id, caused_by="evt")
        self.book(Deltas(pending=sum(one.amount.amount_minor for one in held)), platform)

    def say_due(self, which: int) -> None:
        """Let a hold be judged."""
        hold = self._pick(self.holds, which)
        decision = mature(hold, now=self.now) if hold is not None else None
        if hold is None or not isinstance(decision, Accepted):
            return
        assert self.now >= hold.due_at
        self.holds[hold.id] = decision.value.hold
        amount = decision.value.amount
        self.book(Deltas(pending=-amount.amount_minor) + credit(self.account.of("USD"), amount))

    def object_to(self, which: int, change: int) -> None:
        """Begin or end an objection."""
        hold = self._pick(self.holds, which)
        if hold is not None:
            self.holds[hold.id] = note_objection(hold, change=change)

    def ask_for(self, amount: int, kind: MethodKind) -> None:
        """Request a payout; what is refused changes nothing."""
        before, id = self.account.of("USD").available, f"po_{len(self.payouts)}"
        wish = Wish(Money(amount, "USD"), a_method(kind))
        decision = request(self.account, wish, POLICIES, id=id, now=self.now)
        if isinstance(decision, Accepted):
            assert amount <= before
            self.take(decision.value)

    def answer(self, which: int, outcome: RailOutcome) -> None:
        """Let the rail answer; it may answer again."""
        payout = self._pick(self.payouts, which)
        if payout is None:
            return
        decision = record_answer(payout, RailAnswer(payout.id, outcome, "rail"), self.account.of("USD"), now=self.now)
        if isinstance(decision, Accepted):
            for step in decision.value:
                self.take(step)

    def charge_back(self, amount: int) -> None:
        """Take money back, as a chargeback after payout does."""
        available = min(amount, self.account.of("USD").available)
        self.book(Deltas(available=-available, arrears=amount - available),
                  (Posting(CLIENT_MONEY, "USD", amount),) if amount else ())

    def take(self, step: Step) -> None:
        """Take one step of a payout."""
        self.payouts[step.payout.id] = step.payout
        if step.payout.status is PayoutStatus.SETTLED:
            self.paid_by_rail[step.payout.id] = self.paid_by_rail.get(step.payout.id, 0) + 1
        self.book(step.deltas, step.platform)

    def check(self) -> None:
        """Assert what is always true."""
        check = BooksCheck()
        for entry in self.entries:
            check.add_entry(entry.id, ((one.ledger_account, one.currency, one.amount_minor) for one in entry.postings))
        check.add_account("fr_mia", {code: _plain(of) for code, of in self.account.balances.items()})
        for hold in self.holds.values():
            if hold.state is HoldState.PENDING:
                check.add_hold("fr_mia", "USD", free=hold.free.amount_minor, frozen=hold.frozen.amount_minor)
        found = [one for one in check.differences() if one.of != CLIENT_MONEY]   # A chargeback may outweigh the cash.
        assert not found
        assert [movement.version for movement in self.movements] == list(range(1, self.account.version + 1))
        balances = self.account.of("USD")
        assert not (balances.available and balances.arrears), "later earnings fill the hole first"
        reserved = sum(payout.amount.amount_minor for payout in self.payouts.values()
                       if payout.status in (PayoutStatus.REQUESTED, PayoutStatus.RELEASED))
        assert balances.reserved == reserved
        assert all(times == 1 for times in self.paid_by_rail.values())

    @staticmethod
    def _pick(values: dict[str, Picked], which: int) -> Picked | None:
        return list(values.values())[which % len(values)] if values else None


def _plain(of: Balances) -> dict[str, int]:
    return {"pending": of.pending, "available": of.available, "frozen": of.frozen, "reserved": of.reserved,
            "paid_out": of.paid_out, "arrears": of.arrears}


ACTS = st.one_of(
    st.tuples(st.just("pay_invoice"), AMOUNTS, st.integers(0, 100),
              st.lists(st.integers(0, 6), min_size=1, max_size=3)),
    st.tuples(st.just("say_due"), st.integers(0, 50)),
    st.tuples(st.just("object_to"), st.integers(0, 50), st.sampled_from([+1, -1])),
    st.tuples(st.just("ask_for"), st.integers(1, 600_000), st.sampled_from(list(MethodKind))),
    st.tuples(st.just("answer"), st.integers(0, 50), st.sampled_from(list(RailOutcome))),
    st.tuples(st.just("charge_back"), st.integers(0, 100_000)),
    st.tuples(st.just("wait"), st.integers(0, 3)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=40))
def test_any_story_keeps_the_books_balanced(acts: list[tuple[object, ...]]) -> None:
    """Proves P1, P3, P5 and P6."""
    model = Model()
    for name, *arguments in acts:
        if name == "wait":
            model.now = model.now + DAY * int(str(arguments[0]))
        elif name == "pay_invoice":
            gross, percent, days = arguments
            assert isinstance(gross, int)
            assert isinstance(percent, int)
            assert isinstance(days, list)
            model.pay_invoice(gross, gross * percent // 100, days)
        else:
            getattr(model, str(name))(*arguments)
        model.check()


@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 6)), min_size=1, max_size=12))
def test_holds_of_an_invoice_add_up_to_its_net(lines: list[tuple[int, int]]) -> None:
    """Proves P1."""
    held = amounts_to_hold(EarnedLine(Money(net, "USD"), SecurityPeriod(NOW, days * DAY)) for net, days in lines)
    assert sum(one.amount.amount_minor for one in held) == sum(net for net, _ in lines)
    assert [one.due_at for one in held] == sorted({NOW + days * DAY for _, days in lines})
