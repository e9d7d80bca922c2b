"""Any story of a contract keeps its rules: offers, staged work, money after the end, hours (C2 to C9, I5, T5)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from services.contracts.domain import answers, endings, escrow_disputes, milestones, offers, weekly_limits
from services.contracts.domain.contracts import LIVING, MilestoneStatus, Status
from services.contracts.domain.policies import Kind, Side
from shared.kernel.decisions import Accepted
from shared.kernel.instants import WEEK, Instant, week_of
from tests.properties.contract_stories import (
    AROUND,
    NEWEST_OR_ANY,
    OVER,
    PROFILES,
    SELDOM,
    SIDES,
    ContractStory,
    PausingStory,
    usd,
)
from tests.properties.staged_stories import (
    AGREEMENTS,
    AMOUNTS,
    OPEN,
    PERCENT,
    STEPS,
    Agreement,
    StagedStory,
    Step,
    named,
)
from tests.properties.stories import RED_STORIES_TAKE_LONG, tell
from tests.unit.contracts.builders import starter, version

pytestmark = RED_STORIES_TAKE_LONG

TOO_LITTLE = st.just(499)
LIMITS = st.none() | st.integers(0, 60)


class OfferStory(ContractStory):
    """An offer of any profile and kind, until it is answered, withdrawn or forgotten."""

    @initialize(profile=st.just("direct") | PROFILES, kind=st.sampled_from(Kind), draft=st.booleans())
    def it_is_made(self, profile: str, kind: Kind, draft: bool) -> None:
        """Offer, or only draft where that is possible."""
        kind = kind if kind in version(profile).kinds else Kind.HOURLY
        self.offer(profile, kind, 500, draft=draft)

    @rule(by=SIDES)
    @precondition(lambda self: self.contract.status is Status.DRAFTED)
    def the_draft_is_sent(self, by: Side) -> None:
        """Send it; its lifetime begins now."""
        sent = self.act(lambda contract: offers.send(contract, by=by, now=self.now)) is not None
        assert sent == (by is self.contract.offered_by)
        assert not sent or self.contract.offer_ends_at == self.now + timedelta(days=30)

    @rule(freelancer_fee=st.none() | st.integers(0, 2_000), wrong_side=SELDOM)
    def it_is_answered(self, freelancer_fee: int | None, wrong_side: bool) -> None:
        """Say no, or yes to what the profile offers by now; an answer exactly at the end is late (I4)."""
        by = self.contract.offered_by if wrong_side else self.contract.offered_by.other
        may = (not wrong_side and self.contract.status is Status.SENT and self.now < self.contract.offer_ends_at)
        if freelancer_fee is None:
            assert (self.act(lambda contract: answers.decline(contract, by=by, now=self.now)) is not None) == may
        else:
            assert self.accept(by, replace(self.version, freelancer_fee_basis_points=freelancer_fee)) == may

    @rule(milliseconds=st.none() | AROUND)
    def its_timer_fires(self, milliseconds: int | None) -> None:
        """Let silence end an offer, and nothing else (C2)."""
        if milliseconds is not None:
            self.wait_until(self.contract.offer_ends_at, milliseconds)
        may = self.contract.status is Status.SENT and self.now >= self.contract.offer_ends_at
        assert (self.act(lambda contract: answers.expire(contract, now=self.now)) is not None) == may

    @rule(milliseconds=AROUND)
    def its_lifetime_is_about_to_end(self, milliseconds: int) -> None:
        """Wait for the end of its lifetime."""
        self.wait_until(self.contract.offer_ends_at, milliseconds)

    @rule(by=SIDES, in_earnest=SELDOM)
    def it_is_ended(self, by: Side, in_earnest: bool) -> None:
        """End it: cancelled before it was active, ended after (C2)."""
        if not in_earnest:
            return
        before = self.contract.status
        ended = self.act(lambda contract: endings.end(contract, by=by, refund=False, now=self.now)) is not None
        assert ended == (before not in OVER)
        assert not ended or self.contract.status is (Status.ENDED if before in LIVING else Status.CANCELLED)


class WorkStory(StagedStory, PausingStory):
    """Staged work, its acts and its news in any order; when one contract is over, the next."""

    @initialize(agreement=AGREEMENTS)
    def it_is_agreed(self, agreement: Agreement) -> None:
        """Begin."""
        self.agree(agreement)

    @rule(agreement=AGREEMENTS)
    @precondition(lambda self: self.over)
    def another_contract_is_agreed(self, agreement: Agreement) -> None:
        """Begin again."""
        self.agree(agreement)

    @rule(step=STEPS)
    def the_work_goes_on(self, step: Step) -> None:
        """Lift what pauses it and take the step that is due, so that stories come far."""
        self.lift_every_pause()
        self.go_on(step)

    @rule(by=SIDES, amount=AMOUNTS | TOO_LITTLE)
    @precondition(lambda self: self.contract.kind is Kind.MILESTONES and len(self.created) < 8)
    def a_milestone_is_added(self, by: Side, amount: int) -> None:
        """Put one behind the others, unless it is too small."""
        self.add(by, amount)

    @rule(which=NEWEST_OR_ANY, by=SIDES, amount=st.none() | AMOUNTS | TOO_LITTLE)
    @precondition(lambda self: self.contract.kind is Kind.MILESTONES)
    def a_milestone_is_edited_or_a_proposal_accepted(self, which: int, by: Side, amount: int | None) -> None:
        """Change a future one, or let a proposed one count; what was begun stays as it is (C3, C5)."""
        id = self.created[which % len(self.created)]
        if self.contract.deposit is not None and which % 2:
            id = self.contract.deposit.milestone_id
        before = self.named(id)
        if amount is None:
            may = by is Side.CLIENT and self.contract.status in OPEN and before.status is MilestoneStatus.PROPOSED
            proposed = self.act(lambda contract: milestones.accept_proposal(contract, named(contract, id), by=by))
            assert (proposed is not None) == may
        else:
            edited = milestones.edit(self.contract, before, by=by, title=None, amount=usd(amount))
            self.contract = edited.value if isinstance(edited, Accepted) else self.contract
        being_activated = self.contract.deposit is not None and self.contract.deposit.milestone_id == id
        assert self.named(id) == before or not (being_activated or id in self.begun)
        assert self.named(id).amount >= usd(500)

    @rule(which=NEWEST_OR_ANY, by=st.just(Side.CLIENT) | SIDES, in_turn=st.booleans())
    def a_milestone_is_activated(self, which: int, by: Side, in_turn: bool) -> None:
        """Ask for the next one, or for any, whatever is in work; its deposit is answered later."""
        self.activate(self.waiting[0] if in_turn and self.waiting else self.created[which % len(self.created)], by)

    @rule(captured=st.booleans())
    @precondition(lambda self: self.contract.deposit is not None)
    def the_deposit_is_answered(self, captured: bool) -> None:
        """Hear of it at last, whatever came between."""
        self.answer_deposit(captured)

    @rule()
    @precondition(lambda self: self.contract.milestone_in_work is not None)
    def work_is_submitted(self) -> None:
        """Show the milestone as submitted: it is still the one in work."""
        submitted = replace(self.named(self.begun[-1]), status=MilestoneStatus.SUBMITTED)
        self.contract = milestones.change_milestone(self.contract, submitted)

    @rule(which=NEWEST_OR_ANY, percent=PERCENT)
    @precondition(lambda self: self.begun)
    def an_approval_is_heard(self, which: int, percent: int) -> None:
        """Approve any work that was begun."""
        self.approve(self.begun[which % len(self.begun)], percent)

    @rule(which=NEWEST_OR_ANY)
    @precondition(lambda self: self.payable)
    def an_invoice_is_paid(self, which: int) -> None:
        """Hear that work is paid; where it is charged, perhaps before its approval is heard (C2)."""
        self.pay(self.payable[which % len(self.payable)])


class RefundStory(StagedStory):
    """What becomes of money in escrow that the client asks back; when it is gone, the next contract."""

    @initialize(agreement=AGREEMENTS)
    def it_is_asked_back(self, agreement: Agreement) -> None:
        """Begin."""
        self.ask_back(agreement)

    def ask_back(self, agreement: Agreement) -> None:
        """Agree, put money into escrow, and end it."""
        profile = "direct" if agreement.profile == "any_hire" else agreement.profile
        self.agree(replace(agreement, profile=profile))
        for _ in range(4):
            if not self.contract.escrow.balance:
                self.go_on(Step(captured=True, percent=50, paid="after"))
        self.end(Side.CLIENT, refund=True)

    @rule(agreement=AGREEMENTS)
    @precondition(lambda self: not self.contract.escrow.balance)
    def another_is_asked_back(self, agreement: Agreement) -> None:
        """Begin again."""
        self.ask_back(agreement)

    @rule(answer=st.sampled_from([endings.accept_refund, endings.decline_refund, None]),
          by=st.just(Side.FREELANCER) | SIDES, milliseconds=st.none() | AROUND)
    @precondition(lambda self: self.contract.refund_question is not None)
    def the_question_is_answered(self, answer: Any, by: Side, milliseconds: int | None) -> None:
        """Answer inside the window, or let silence refund from its end on; a dispute keeps both away (C8, D3, I4)."""
        question, balance = self.contract.refund_question, self.contract.escrow.balance
        assert question is not None
        if milliseconds is not None:
            self.wait_until(question.ends_at, milliseconds)
        late = self.now >= question.ends_at
        may = not self.disputed and (late if answer is None else by is Side.FREELANCER and not late)
        ending = self.act(
            lambda contract: endings.silence_refunds(contract, now=self.now) if answer is None
            else answer(contract, by=by, now=self.now))
        assert (ending is not None) == may
        if ending is not None:
            goes_back = None if answer is endings.decline_refund else balance
            assert (ending.refunded and ending.refunded.amount) == goes_back
            self.note_refund(ending.refunded)

    @rule(step=STEPS)
    @precondition(lambda self: self.begun)
    def an_approval_is_heard_late(self, step: Step) -> None:
        """Release what was approved before the money went back, all of it or a part."""
        self.approve(self.begun[-1], step.percent)
        if step.paid == "after" and self.payable:
            self.pay(self.payable[-1])

    @rule(percent=st.integers(0, 100), contested_percent=st.integers(100, 150))
    @precondition(lambda self: self.contract.escrow.balance and self.over)
    def contested_escrow_is_split(self, percent: int, contested_percent: int) -> None:
        """Split all of it, or what was more before something left: no more moves than is there (D4)."""
        there, milestone = self.contract.escrow.balance, self.contract.milestone_in_work
        contested = there.times(contested_percent, 100)
        part = contested.times(percent, 100)
        split = escrow_disputes.split(self.contract, to_freelancer=part, to_client=contested - part)
        self.contract = split.contract
        assert (split.released.amount if split.released else usd(0)) == min(part, there)
        if split.released:
            self.note_release(milestone.id if milestone else None, split.released)
        self.note_refund(split.refunded)
        assert not self.contract.escrow.balance
        if milestone is not None:
            status = MilestoneStatus.RELEASED if split.released else MilestoneStatus.CANCELLED
            assert self.named(milestone.id).status is status


class HourlyStory(PausingStory):
    """Hourly contracts: the weekly limit as it was decided for each week."""

    @initialize(profile=PROFILES, hours=LIMITS)
    def it_is_agreed(self, profile: str, hours: int | None) -> None:
        """Agree on hours, with a limit or without."""
        self.offer(profile, Kind.HOURLY, 500, weekly_limit_hours=hours)
        assert self.accept(starter(profile).other, self.version)
        self.limits: dict[Instant, int | None] = {week_of(self.now) + number * WEEK: hours for number in range(60)}

    @rule(hours=LIMITS, by=st.just(Side.CLIENT) | SIDES)
    def the_limit_is_changed(self, hours: int | None, by: Side) -> None:
        """Raise it for this week on, or cut it from next Monday (T5)."""
        week, before = week_of(self.now), self.contract
        self.act(lambda contract: weekly_limits.change(contract, hours, by=by, now=self.now))
        if by is not Side.CLIENT or before.status not in LIVING:
            assert self.contract == before
            return
        current = self.limits[week]
        raised = hours is None or (current is not None and hours > current)
        self.limits |= {each: hours for each in self.limits if each > week or (raised and each == week)}

    @invariant()
    def every_week_has_the_limit_that_was_decided_for_it(self) -> None:
        """No decision changes an earlier week (T5)."""
        for week, hours in self.limits.items():
            assert week > self.now + 2 * WEEK or weekly_limits.limit_in(self.contract, week) == hours

    @invariant()
    def it_has_no_escrow(self) -> None:
        """Hours are charged at the lock on every profile (section 1)."""
        assert self.contract.escrow.layers == ()
        assert (self.contract.deposit, self.contract.refund_question) == (None, None)


def test_any_story_of_an_offer_keeps_the_rules() -> None:
    """Proves C2."""
    tell(OfferStory, steps=8)


def test_any_story_of_staged_work_keeps_the_rules() -> None:
    """Proves C2 to C7 and I5."""
    tell(WorkStory, examples=140)


def test_any_story_of_escrow_that_is_asked_back_keeps_the_rules() -> None:
    """Proves C7 to C9."""
    tell(RefundStory, examples=140, steps=15)


def test_any_story_of_hours_keeps_the_rules() -> None:
    """Proves C2, D2, I5 and T5."""
    tell(HourlyStory)
