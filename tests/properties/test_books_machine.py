"""Whatever happens, in whatever order: entries balance, nothing is lost, nothing is overdrawn (P1, P3 to P6).

A small model of the service drives the rules with random stories; the books are checked after every act.
"""

from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
from tests.properties.stories import PROPERTIES, RED_STORIES_TAKE_LONG, tell
from tests.unit.payouts.words import NOW, POLICIES, a_method

pytestmark = RED_STORIES_TAKE_LONG

Picked = TypeVar("Picked")
AMOUNTS = st.integers(min_value=1, max_value=500_000)
WHICH = st.integers(0, 50)
OUTCOMES = st.sampled_from(RailOutcome)


class BooksStory(RuleBasedStateMachine):
    """One freelancer's books in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Instant = NOW
        self.account = Account("fr_mia", "live")
        self.entries: list[Entry] = []
        self.movements: list[Movement] = []
        self.holds: dict[str, Hold] = {}
        self.matured: dict[str, int] = {}
        self.payouts: dict[str, Payout] = {}
        self.paid_by_rail: dict[str, int] = {}

    @initialize(gross=AMOUNTS)
    def it_begins(self, gross: int) -> None:
        """Begin with some money that is available."""
        self.pay_invoice(gross, 0, [0])
        self.say_due(0)

    @rule(gross=AMOUNTS, percent=st.integers(0, 100), hold_days=st.lists(st.integers(0, 6), min_size=1, max_size=3))
    def an_invoice_is_paid(self, gross: int, percent: int, hold_days: list[int]) -> None:
        """Earn."""
        self.pay_invoice(gross, percent, hold_days)

    def pay_invoice(self, gross: int, percent: int, hold_days: list[int]) -> None:
        """Capture an invoice whose lines wait for different times (P1)."""
        fee = gross * percent // 100
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
        for index, one in enumerate(held):
            id = f"hld_{invoice.id}_{index}"
            self.holds[id] = open_hold(invoice, one, id=id, caused_by="evt")
        self.book(Deltas(pending=sum(one.amount.amount_minor for one in held)), platform_side_of_invoice(invoice))

    @rule(which=WHICH)
    @precondition(lambda self: self.holds)
    def a_hold_is_said_to_be_due(self, which: int) -> None:
        """Hear from its timer, in time or not."""
        self.say_due(which)

    def say_due(self, which: int) -> None:
        """Let a hold be judged."""
        hold = self.pick(self.holds, which)
        decision = mature(hold, now=self.now)
        if not isinstance(decision, Accepted):
            return
        assert self.now >= hold.due_at
        assert hold.state is HoldState.PENDING
        self.holds[hold.id] = decision.value.hold
        amount = decision.value.amount
        self.matured[hold.id] = self.matured.get(hold.id, 0) + amount.amount_minor
        self.book(Deltas(pending=-amount.amount_minor) + credit(self.account.of("USD"), amount))

    @rule(which=WHICH, change=st.sampled_from([+1, -1]))
    @precondition(lambda self: self.holds)
    def an_objection_begins_or_ends(self, which: int, change: int) -> None:
        """Hear of either, in any order."""
        hold = self.pick(self.holds, which)
        self.holds[hold.id] = note_objection(hold, change=change)

    @rule(amount=st.integers(1, 5_000) | st.integers(1, 600_000), beyond=st.none() | st.integers(-1, 1),
          kind=st.sampled_from(MethodKind), outcome=st.none() | OUTCOMES)
    def a_payout_is_requested(
        self, amount: int, beyond: int | None, kind: MethodKind, outcome: RailOutcome | None
    ) -> None:
        """Request a payout, of any amount or of what is available to the cent; what is refused changes nothing (P3)."""
        before, id = self.account.of("USD").available, f"po_{len(self.payouts)}"
        amount = amount if beyond is None else before + beyond
        wish = Wish(Money(amount, "USD"), a_method(kind))
        decision = request(self.account, wish, POLICIES, id=id, now=self.now)
        if isinstance(decision, Accepted):
            assert amount <= before
            self.take(decision.value)
            if outcome is not None:
                self.answer(-1, outcome)

    @rule(which=WHICH, outcome=OUTCOMES)
    @precondition(lambda self: self.payouts)
    def the_rail_answers(self, which: int, outcome: RailOutcome) -> None:
        """Hear from the rail at last, or again."""
        self.answer(which, outcome)

    def answer(self, which: int, outcome: RailOutcome) -> None:
        """Let the rail answer; it may answer again (P5)."""
        payout = self.pick(self.payouts, which)
        decision = record_answer(payout, RailAnswer(payout.id, outcome, "rail"), self.account.of("USD"), now=self.now)
        if isinstance(decision, Accepted):
            for step in decision.value:
                self.take(step)

    @rule(amount=st.integers(0, 100_000))
    def money_is_charged_back(self, amount: int) -> None:
        """Take money back, as a chargeback after payout does (P6)."""
        available = min(amount, self.account.of("USD").available)
        self.book(Deltas(available=-available, arrears=amount - available),
                  (Posting(CLIENT_MONEY, "USD", amount),) if amount else ())

    @rule(days=st.integers(0, 3))
    def time_passes(self, days: int) -> None:
        """Wait."""
        self.now = self.now + days * DAY

    def book(self, deltas: Deltas, platform: tuple[Posting, ...] = ()) -> None:
        """Write an entry and move the account, as the journal does."""
        postings = (*deltas.postings("fr_mia", "USD"), *platform)
        if postings:
            self.entries.append(Entry(f"ent_{len(self.entries)}", "live", self.now, "test", "it", "evt", "fr_mia",
                                      None, postings))
        self.account, movement = self.account.move("USD", deltas, entry_id=None, at=self.now)
        self.movements.append(movement)

    def take(self, step: Step) -> None:
        """Take one step of a payout."""
        self.payouts[step.payout.id] = step.payout
        if step.payout.status is PayoutStatus.SETTLED:
            self.paid_by_rail[step.payout.id] = self.paid_by_rail.get(step.payout.id, 0) + 1
        self.book(step.deltas, step.platform)

    @invariant()
    def the_books_balance(self) -> None:
        """Entries, postings, accounts and holds agree, and nothing is below zero (P3, P6)."""
        check = BooksCheck()
        for entry in self.entries:
            check.add_entry(entry.id, ((one.ledger_account, one.currency, one.amount_minor) for one in entry.postings))
        check.add_account("fr_mia", {code: plain(of) for code, of in self.account.balances.items()})
        for hold in self.holds.values():
            if hold.state is HoldState.PENDING:
                check.add_hold("fr_mia", "USD", free=hold.free.amount_minor, frozen=hold.frozen.amount_minor)
        found = [one for one in check.differences() if one.of != CLIENT_MONEY]   # A chargeback may outweigh the cash.
        assert not found

    @invariant()
    def each_cent_of_a_hold_matures_once(self) -> None:
        """And what has not is still pending (P1)."""
        for id, hold in self.holds.items():
            assert hold.earned.amount_minor == hold.amount.amount_minor + self.matured.get(id, 0)
            assert bool(hold.amount) == (hold.state is HoldState.PENDING)

    @invariant()
    def movements_are_counted_without_gaps(self) -> None:
        """So that a reader can tell what it misses."""
        assert [movement.version for movement in self.movements] == list(range(1, self.account.version + 1))

    @invariant()
    def later_earnings_fill_the_hole_first(self) -> None:
        """Nothing is available to an account that owes (P6)."""
        balances = self.account.of("USD")
        assert not (balances.available and balances.arrears), "later earnings fill the hole first"

    @invariant()
    def what_is_on_its_way_is_reserved(self) -> None:
        """Until the rail has answered (P5)."""
        reserved = sum(payout.amount.amount_minor for payout in self.payouts.values()
                       if payout.status in (PayoutStatus.REQUESTED, PayoutStatus.RELEASED))
        assert self.account.of("USD").reserved == reserved

    @invariant()
    def a_payout_is_paid_at_most_once(self) -> None:
        """Whatever the rail says twice (P5)."""
        assert all(times == 1 for times in self.paid_by_rail.values())

    @staticmethod
    def pick(values: dict[str, Picked], which: int) -> Picked:
        """Return one of them."""
        return list(values.values())[which % len(values)]


def plain(of: Balances) -> dict[str, int]:
    """Return balances by name."""
    return {"pending": of.pending, "available": of.available, "frozen": of.frozen, "reserved": of.reserved,
            "paid_out": of.paid_out, "arrears": of.arrears}


def test_any_story_keeps_the_books_balanced() -> None:
    """Proves P1, P3, P5 and P6."""
    tell(BooksStory, examples=120)


@PROPERTIES
@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 6)), min_size=1, max_size=12))
def test_holds_of_an_invoice_add_up_to_its_net(lines: list[tuple[int, int]]) -> None:
    """Proves P1."""
    held = amounts_to_hold(EarnedLine(Money(net, "USD"), SecurityPeriod(NOW, days * DAY)) for net, days in lines)
    assert sum(one.amount.amount_minor for one in held) == sum(net for net, _ in lines)
    assert [one.due_at for one in held] == sorted({NOW + days * DAY for _, days in lines})
