"""Any story of reviews and of billing keeps the rules: windows, numbers, attempts, standing (I1 to I8)."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.invoicing.domain import bonuses, objections, reviews
from services.invoicing.domain.cadences import next_cadence_lock
from services.invoicing.domain.charges import ChargeStatus
from services.invoicing.domain.contracts import Contract, Kind
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.lines import bonus_line, submission_line
from services.invoicing.domain.reviews import Review, ReviewStatus
from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import DAY, Instant
from shared.kernel.money import Money
from tests.properties.billing_stories import BY_PERIOD, CONTRACTS, BillingStory, week
from tests.properties.stories import RED_STORIES_TAKE_LONG, tell
from tests.unit.invoicing.builders import MONDAY, contract, terms, usd

pytestmark = RED_STORIES_TAKE_LONG

CENTS = st.integers(1, 300) | st.integers(1, 10**6)
MILLISECOND = timedelta(milliseconds=1)
PARTS = st.sampled_from([0, 1, 80_000]) | st.integers(1, 79_999)
"""Cents of work that costs 800.00."""
WHICH = st.just(-1) | st.integers(0, 50)
"""The newest, or any."""
WORKED = st.lists(st.integers(0, 300), min_size=len(BY_PERIOD), max_size=len(BY_PERIOD))
"""Segments of a week, by contract."""
ANSWERS = st.sampled_from([ChargeStatus.CAPTURED, ChargeStatus.DECLINED])
BACK = st.just(0) | st.integers(0, 5)
WHEN = st.none() | st.sampled_from([-1, 0, 1])
"""Now, or milliseconds before, at and after the end of a window."""


class ReviewStory(RuleBasedStateMachine):
    """A piece of work that is handed in again and again, until a submission is approved; then the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Instant = MONDAY
        self.contract: Contract
        self.reviews: list[Review] = []
        """By number, as they stand."""
        self.decided: dict[int, Review] = {}
        """As each was decided: for good."""

    @initialize(silence=st.sampled_from([True, True, False]), prefunded=st.booleans(), days=st.sampled_from([4, 7, 14]))
    def it_begins(self, silence: bool, prefunded: bool, days: int) -> None:
        """Agree whether silence approves, and whether the work is in escrow."""
        funding = "escrow" if prefunded else "billing_method"
        self.contract = contract(
            Kind.SINGLE, terms=terms(silence_approves=silence, review_days=days, funding=funding))

        self.submit()

    @rule(hours=st.sampled_from([0, 1, 24, 24 * 3, 24 * 7]))
    def work_is_submitted_in_a_while(self, hours: int) -> None:
        """Hand it in again, whatever became of the last submission; or the next work, where it was approved."""
        self.now += timedelta(hours=hours)
        if self.approved:
            self.reviews, self.decided = [], {}
        self.submit()

    def submit(self) -> None:
        """Open a full new window; an undecided review before it no longer counts (I2)."""
        for each in list(self.reviews):
            self.decide(each.number, reviews.supersede(each), may=each.number not in self.decided)
        number = len(self.reviews)
        opened = reviews.open_review(self.contract, submission_id=f"sub_{number}", milestone_id=None, number=number,
                                     whole=usd("800.00"), opened_at=self.now)
        assert opened.ends_at == (self.now + self.contract.terms.review_days * DAY if self.has_end else None)
        self.reviews.append(opened)

    @rule(back=BACK, when=WHEN, amount=st.none() | PARTS)
    def the_client_approves(self, back: int, when: int | None, amount: int | None) -> None:
        """Approve all of it, or a part where the rest stays in escrow; at the end of the window it is too late (C7)."""
        review = self.pick(back, when)
        part = None if amount is None else Money(amount, "USD")
        fits = amount is None or amount == 80_000 or (self.contract.prefunded and 0 < amount < 80_000)
        decision = reviews.approve(review, prefunded=self.contract.prefunded, now=self.now, amount=part)
        self.decide(review.number, decision, may=fits and self.is_open(review))
        if isinstance(decision, Accepted):
            assert decision.value.approved_amount == (part or review.whole)
        too_much = reviews.approve(
            review, prefunded=self.contract.prefunded, now=self.now, amount=review.whole + usd("0.01"))
        assert isinstance(too_much, Refused)

    @rule(back=BACK, when=WHEN)
    def the_client_asks_for_changes(self, back: int, when: int | None) -> None:
        """Stop the window (I2)."""
        review = self.pick(back, when)
        self.decide(review.number, reviews.request_changes(review, now=self.now), may=self.is_open(review))

    @rule(back=BACK, when=WHEN)
    def a_timer_fires(self, back: int, when: int | None) -> None:
        """Let silence approve at the end; an early timer, or one of an older submission, is harmless (I2, I4)."""
        review = self.pick(back, when)
        late = review.ends_at is not None and self.now >= review.ends_at
        decision = reviews.approve_by_silence(review, now=self.now)
        self.decide(review.number, decision, may=late and review.number not in self.decided)
        if isinstance(decision, Accepted):
            assert (decision.value.decided_at, decision.value.approved_by) == (review.ends_at, "silence")

    def decide(self, number: int, decision: Decision[Review], *, may: bool) -> None:
        """Keep a decision, which must come exactly where it may; a second one never does."""
        assert isinstance(decision, Accepted) == may
        if isinstance(decision, Accepted):
            self.reviews[number] = self.decided[number] = decision.value
        elif isinstance(decision, AlreadyDone):
            assert decision.value == self.reviews[number]

    def pick(self, back: int, when: int | None) -> Review:
        """Return the newest review, or an older one, now or around the end of its window."""
        review = self.reviews[-1 - back % len(self.reviews)]
        if review.ends_at is not None and when is not None:
            self.now = max(self.now, review.ends_at + timedelta(milliseconds=when))
        return review

    def is_open(self, review: Review) -> bool:
        """Tell whether the client may act: undecided, and before the end."""
        return review.number not in self.decided and (review.ends_at is None or self.now < review.ends_at)

    @property
    def has_end(self) -> bool:
        """Whether silence approves, so that windows end."""
        return self.contract.terms.silence_approves

    @property
    def approved(self) -> list[Review]:
        """The approved submissions."""
        return [each for each in self.reviews if each.status is ReviewStatus.APPROVED]

    @invariant()
    def the_last_millisecond_of_a_window_is_the_clients_and_its_end_is_silence(self) -> None:
        """Windows are half-open (I2, I4)."""
        for review in self.reviews:
            if review.status is ReviewStatus.IN_REVIEW and review.ends_at is not None:
                for at, in_time in ((review.ends_at - MILLISECOND, True), (review.ends_at, False)):
                    approved = reviews.approve(review, prefunded=self.contract.prefunded, now=at)
                    stopped = reviews.request_changes(review, now=at)
                    silent = reviews.approve_by_silence(review, now=at)
                    assert [isinstance(each, Accepted) for each in (approved, stopped, silent)] == [
                        in_time, in_time, not in_time]

    @invariant()
    def a_review_takes_one_decision(self) -> None:
        """And the work as a whole one approval; at most the newest submission is in review (I2)."""
        assert all(self.reviews[number] == review for number, review in self.decided.items())
        in_review = [each.number for each in self.reviews if each.status is ReviewStatus.IN_REVIEW]
        assert in_review in ([], [len(self.reviews) - 1])
        assert len(self.approved) <= 1


class InvoiceStory(BillingStory):
    """A client that works with six contracts, pays or fails to, gives bonuses and objects."""

    def __init__(self) -> None:
        super().__init__()
        self.weeks = 0
        self.unheard: list[tuple[str, Instant, int]] = []
        """Locked weeks whose news is still on its way."""

    @initialize(segments=WORKED, days=st.lists(st.integers(0, 7), max_size=4))
    def it_begins(self, segments: list[int], days: list[int]) -> None:
        """Bill the first week; some of its invoices are declined for days, one after the other."""
        self.lock(segments, heard="in order")
        for place, declined in zip(list(self.invoices), days, strict=False):
            self.fail(place, declined)

    @rule(segments=WORKED, heard=st.sampled_from(["in order", "newest first", "later"]))
    def a_week_is_locked(self, segments: list[int], heard: str) -> None:
        """Go to the next lock; its news comes now, with what is still on its way, or later."""
        self.lock(segments, heard=heard)

    def lock(self, segments: list[int], *, heard: str) -> None:
        """Lock a week of all contracts of time."""
        self.unheard += [(id, week(self.weeks), worked) for id, worked in zip(BY_PERIOD, segments, strict=True)]
        self.weeks += 1
        self.now = max(self.now, week(self.weeks) + timedelta(hours=12))
        while self.unheard and heard != "later":
            self.hear_period(*self.unheard.pop(0 if heard == "in order" else -1))

    @rule(which=WHICH)
    @precondition(lambda self: self.unheard)
    def a_locked_week_is_heard_of(self, which: int) -> None:
        """Hear of any week that is still on its way."""
        self.hear_period(*self.unheard.pop(which % len(self.unheard)))

    @rule(id=st.sampled_from(sorted(CONTRACTS)), cents=st.just(0) | CENTS)
    def a_bonus_is_given(self, id: str, cents: int) -> None:
        """Charge it at once, or let it ride on the next invoice of time; not from a suspended client (I6, I7)."""
        of = CONTRACTS[id]
        allowed = bonuses.may_give_bonus(
            of, Money(cents, "USD"), client_suspended=self.client.suspended, now=self.now)
        assert isinstance(allowed, Accepted) == (cents > 0 and not self.suspended)
        if not isinstance(allowed, Accepted):
            return
        line = bonus_line(of, line_id=f"line_{len(self.made)}", gross=allowed.value)
        if bonuses.rides_next_cadence(of):
            self.let_wait(id, line, next_cadence_lock(self.now, of.cadence, began_at=MONDAY))
        else:
            self.made.append(line)
            self.attempt(self.issue(of, (line,), self.now))

    @rule(cents=CENTS, client_fee=st.none() | st.integers(0, 300))
    def work_is_approved(self, cents: int, client_fee: int | None) -> None:
        """Charge approved work; or, with the fee that came with its deposit, pay it from escrow (C6)."""
        of = CONTRACTS["ct_single" if client_fee is None else "ct_escrow"]
        line = submission_line(
            of, line_id=f"line_{len(self.made)}", submission_id="sub", milestone_id=None, gross=Money(cents, "USD"),
            client_fee=None if client_fee is None else Money(client_fee, "USD"))
        self.made.append(line)
        invoice = self.issue(of, (line,), self.now, from_escrow=client_fee is not None)
        if client_fee is None:
            self.attempt(invoice)

    @rule(which=WHICH)
    @precondition(lambda self: self.invoices)
    def the_timer_of_an_invoice_fires(self, which: int) -> None:
        """Attempt what is due; a timer of a paid invoice, or beside an open attempt, does nothing."""
        invoice = self.pick(which)
        if invoice.due_at is not None:
            self.now = max(self.now, invoice.due_at)
        self.attempt(invoice)

    @rule(which=WHICH)
    @precondition(lambda self: self.invoices)
    def the_client_pays_by_hand(self, which: int) -> None:
        """Let it pay, suspended or not, where a charge failed (I6)."""
        self.attempt(self.pick(which), by_hand=True)

    @rule(which=WHICH, status=ANSWERS)
    @precondition(lambda self: self.charges)
    def the_gateway_answers(self, which: int, status: ChargeStatus) -> None:
        """Answer any call, perhaps again, and perhaps otherwise: the first answer counts."""
        charges = list(self.charges.values())
        self.hear_answer(charges[which % len(charges)], status)

    @rule(which=WHICH, days=st.integers(1, 7))
    @precondition(lambda self: self.invoices)
    def an_invoice_fails_day_after_day(self, which: int, days: int) -> None:
        """Decline what is open, then what is due."""
        self.fail(self.pick(which).id, days)

    def fail(self, id: str, days: int) -> None:
        """Let an invoice wait for each attempt, and decline it; a timer too many does nothing."""
        for _ in range(days):
            invoice = self.invoices[id]
            if invoice.due_at is not None:
                self.now = max(self.now, invoice.due_at)
            self.attempt(invoice)
            for charge_id in self.awaited(invoice):
                self.hear_answer(self.charges[charge_id], ChargeStatus.DECLINED)

    @rule()
    @precondition(lambda self: self.unpaid)
    def everything_is_paid_by_hand(self) -> None:
        """Let the client pay what failed: then it is in good standing again (I6)."""
        for id in sorted(self.unpaid):
            self.attempt(self.invoices[id], by_hand=True)
            for charge_id in self.awaited(self.invoices[id]):
                self.hear_answer(self.charges[charge_id], ChargeStatus.CAPTURED)
        assert not self.client.suspended

    @rule(id=st.sampled_from(BY_PERIOD), when=WHEN)
    def the_client_objects(self, id: str, when: int | None) -> None:
        """Object to the latest invoice of time, once, inside its window: endless while its charge fails (I3)."""
        latest = self.latest_of_time(id)
        ends_at = self.objection_ends_at(latest)
        if ends_at is not None and when is not None:
            self.now = max(self.now, ends_at + timedelta(milliseconds=when))
        may = (id != "ct_market" and latest is not None and not latest.objection_open
               and (ends_at is None or self.now < ends_at))
        decision = objections.object_to(CONTRACTS[id], latest, now=self.now)
        assert isinstance(decision, Accepted) == may
        if isinstance(decision, Accepted):
            self.invoices[decision.value.id] = decision.value
            again = objections.object_to(CONTRACTS[id], decision.value, now=self.now)
            assert again == AlreadyDone(decision.value)

    @rule(which=WHICH)
    @precondition(lambda self: any(each.objection_open for each in self.invoices.values()))
    def an_objection_ends(self, which: int) -> None:
        """Withdraw it, once."""
        invoice = self.pick(which)
        decision = objections.end_objection(invoice)
        assert isinstance(decision, Accepted) == invoice.objection_open
        self.invoices[invoice.id] = decision.unwrap()

    @rule(hours=st.sampled_from([1, 24, 24 * 3]))
    def time_passes(self, hours: int) -> None:
        """Wait."""
        self.now += timedelta(hours=hours)

    @invariant()
    def time_to_object_ends_four_days_after_the_lock_and_the_delay_of_the_charge(self) -> None:
        """Its last millisecond is in time, its end is late (I3, I4, I5)."""
        for id in BY_PERIOD:
            latest = self.latest_of_time(id)
            ends_at = self.objection_ends_at(latest)
            if ends_at is not None and id != "ct_market":
                last, late = (objections.object_to(CONTRACTS[id], latest, now=at)
                              for at in (ends_at - MILLISECOND, ends_at))
                assert not isinstance(last, Refused)
                assert isinstance(late, AlreadyDone if latest and latest.objection_open else Refused)

    def latest_of_time(self, id: str) -> Invoice | None:
        """Return the newest invoice of a contract that bills hours or a rate."""
        return next((each for each in reversed(self.invoices.values())
                     if each.contract_id == id and any(line.week_start for line in each.lines)), None)

    def objection_ends_at(self, invoice: Invoice | None) -> Instant | None:
        """Return when it is too late: four days after the lock and the charge's delay, never while it fails (I5)."""
        if invoice is None or invoice.id in self.unpaid:
            return None
        attempts = [each for each in self.charges.values() if each.subject_id == invoice.id]
        delay = invoice.paid_at - attempts[0].asked_at if invoice.paid_at else timedelta(0)
        return invoice.issued_at + 4 * DAY + timedelta(seconds=delay // timedelta(seconds=1))

    def pick(self, which: int) -> Invoice:
        """Return one of the invoices."""
        return list(self.invoices.values())[which % len(self.invoices)]


def test_any_story_of_reviews_keeps_the_rules() -> None:
    """Proves I2, I4 and C7."""
    tell(ReviewStory, examples=80)


def test_any_story_of_billing_keeps_the_rules() -> None:
    """Proves I1, I3, I5, I6, I7 and I8."""
    tell(InvoiceStory)
