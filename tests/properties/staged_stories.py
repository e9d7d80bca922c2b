"""Staged work: milestones and single payments, what was charged for them, and what left escrow in which order.

The account beside the contract is kept in plain lists; invariants compare the two after every step (C4 to C9).
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import invariant

from services.contracts.domain import deposits, milestones, releases
from services.contracts.domain.contracts import IN_WORK, LIVING, Contract, Deposit, Milestone, MilestoneStatus, Status
from services.contracts.domain.escrows import Taken
from services.contracts.domain.offers import PlannedMilestone
from services.contracts.domain.policies import Kind, Side
from shared.kernel.decisions import Accepted
from shared.kernel.money import Money
from tests.properties.contract_stories import PROFILES, SELDOM, LivingStory, usd
from tests.properties.stories import half_up
from tests.unit.contracts.builders import starter

OPEN = (Status.ACCEPTED, Status.ACTIVE)

CLIENT_FEES = st.sampled_from([333, 0, 1, 300, 500, 9_999])
"""Basis points, so that shares seldom come out even."""
AMOUNTS = st.integers(500, 1_000) | st.integers(500, 60_000)
"""Cents from the minimum on (C3)."""
PERCENT = st.just(100) | st.integers(1, 100)


@dataclass(frozen=True)
class Step:
    """One step of work: whether a deposit is captured, what of the work is approved, when its payment is heard of."""

    captured: bool
    percent: int
    paid: Literal["before", "after", "later"]


STEPS = st.builds(Step, captured=st.sampled_from([True, True, False]), percent=PERCENT,
                  paid=st.sampled_from(["after", "before", "later"]))


@dataclass(frozen=True)
class Agreement:
    """What a story begins with: an accepted offer, perhaps a proposal behind it, and some steps in peace."""

    profile: str
    client_fee: int
    amounts: list[int]
    single: bool
    is_more_proposed: bool
    steps: list[Step]


AGREEMENTS = st.builds(
    Agreement, profile=PROFILES, client_fee=CLIENT_FEES, amounts=st.lists(AMOUNTS, min_size=1, max_size=4),
    single=SELDOM, is_more_proposed=st.booleans(), steps=st.lists(STEPS, max_size=12))


class StagedStory(LivingStory):
    """Deposits, work, approvals and payments; every act is checked against the account as it happens."""

    def forget(self) -> None:
        """Forget all milestones and money."""
        super().forget()
        self.created: list[str] = []
        self.begun: list[str] = []
        self.approved: set[str] = set()
        self.paid: set[str] = set()
        self.captured: list[Deposit] = []
        self.released: list[Taken] = []

    def agree(self, on: Agreement) -> None:
        """Agree on one payment, or on the first milestones, and go some of the way."""
        planned = tuple(PlannedMilestone(f"ms_{place}", "", usd(amount)) for place, amount in enumerate(on.amounts))
        fields: dict[str, Any] = {"amount": usd(on.amounts[0])} if on.single else {"milestones": planned}
        self.offer(on.profile, Kind.SINGLE if on.single else Kind.MILESTONES, on.client_fee, **fields)
        assert self.accept(starter(on.profile).other, self.version)
        self.created = [each.id for each in self.contract.milestones]
        self.begun = list(self.created) if on.single and not self.prefunded else []
        if on.is_more_proposed and not on.single:
            self.add(Side.FREELANCER, 500)
        for step in on.steps:
            self.go_on(step)

    def go_on(self, step: Step) -> None:
        """Answer the deposit, approve the work, or activate what is next."""
        in_work, waiting = self.contract.milestone_in_work, self.waiting
        if self.contract.deposit is not None:
            self.answer_deposit(step.captured)
        elif in_work is not None:
            if step.paid == "before" and not self.prefunded:
                self.pay(in_work.id)
            self.approve(in_work.id, step.percent)
            if step.paid == "after":
                self.pay(in_work.id)
        elif waiting:
            self.activate(waiting[0], Side.CLIENT)

    def add(self, by: Side, amount: int) -> None:
        """Plan a milestone as the client, or propose one as the freelancer (C3, C5)."""
        id = f"ms_{len(self.created)}"
        added = milestones.add(self.contract, by=by, milestone_id=id, title="", amount=usd(amount))
        assert isinstance(added, Accepted) == (self.contract.status in OPEN and amount >= 500)
        if isinstance(added, Accepted):
            self.contract = added.value
            self.created.append(id)
            assert (id in self.waiting) == (by is Side.CLIENT)

    def activate(self, id: str, by: Side) -> None:
        """Activate a milestone: only the first that waits may be, and none beside another (C4)."""
        may = (by is Side.CLIENT and self.contract.status in OPEN and id == next(iter(self.waiting), None)
               and (self.prefunded or self.contract.kind is Kind.MILESTONES) and not self.busy)
        missing = self.named(id).amount - self.contract.escrow.balance
        deposit_id = f"dep_{len(self.old_news)}"
        activation = self.act(lambda contract: deposits.activate(
            contract, named(contract, id), by=by, client_suspended=False, deposit_id=deposit_id, now=self.now))
        assert (activation is not None) == may
        if activation is not None:
            self.only_the_difference_is_charged(activation.deposit, missing)
            self.begun += [id] if activation.deposit is None else []

    def only_the_difference_is_charged(self, deposit: Deposit | None, missing: Money) -> None:
        """Assert that a deposit is what escrow lacks, with the fee on it alone (C6, C7)."""
        if not self.prefunded or missing <= usd(0):
            assert deposit is None
            return
        assert deposit is not None
        fee = half_up(Fraction(missing.amount_minor * self.contract.terms.client_fee_basis_points, 10_000))
        assert (deposit.amount, deposit.client_fee) == (missing, usd(fee))

    def answer_deposit(self, captured: bool) -> None:
        """Capture the deposit; or decline it, and milestone and contract are as before (C6)."""
        before, deposit = self.contract, self.contract.deposit
        assert deposit is not None
        if captured:
            assert self.hear(lambda contract: deposits.capture(contract, deposit.id, now=self.now)) is not None
            self.captured.append(deposit)
            self.begun.append(deposit.milestone_id)
        self.hear(lambda contract: deposits.decline(contract, deposit.id))   # What is captured stays captured.
        assert captured or self.contract == replace(before, deposit=None)

    def approve(self, id: str, percent: int) -> None:
        """Release what was approved, all of it or a part; released or refunded work is left alone (C6, C7)."""
        before, waiting = self.named(id), self.waiting
        part = before.amount if percent == 100 or not self.prefunded else usd(
            max(1, before.amount.amount_minor * percent // 100))
        amount = None if part == before.amount else part
        release = self.hear(
            lambda contract: releases.approve(contract, named(contract, id), amount=amount, now=self.now))
        assert (release is not None) == (before.status in IN_WORK)
        if release is not None:
            assert (release.taken and release.taken.amount) == (part if self.prefunded else None)
            self.note_release(id, release.taken)
        assert not (waiting and self.contract.status is Status.COMPLETED)

    def pay(self, id: str) -> None:
        """Hear that the invoice of this milestone is paid."""
        waiting = self.waiting
        self.paid.add(id)
        self.hear(lambda contract: releases.mark_paid(contract, frozenset({id}), now=self.now))
        assert not (waiting and self.contract.status is Status.COMPLETED)

    def note_release(self, id: str | None, taken: Taken | None) -> None:
        """Write down what was released, and what left escrow for it."""
        self.approved |= {id} if id else set()
        self.released += [taken] if taken else []

    def named(self, id: str) -> Milestone:
        """Return a milestone as it stands."""
        return named(self.contract, id)

    @property
    def waiting(self) -> list[str]:
        """The planned milestones, first created first."""
        return [each.id for each in self.contract.milestones if each.status is MilestoneStatus.PLANNED]

    @property
    def prefunded(self) -> bool:
        """Whether deposits come first: everywhere but on `any_hire` (section 1)."""
        return self.contract.profile != "any_hire"

    @property
    def busy(self) -> bool:
        """Whether a milestone is in work or being activated."""
        return self.contract.deposit is not None or any(each.status in IN_WORK for each in self.contract.milestones)

    @property
    def payable(self) -> list[str]:
        """The work whose invoice may be paid: escrow is released first, a charge may be heard of before its cause."""
        return [id for id in self.begun if id in self.approved or not self.prefunded]

    @invariant()
    def at_most_one_milestone_is_in_work_or_being_activated(self) -> None:
        """And escrow covers the one in work (C4, C6)."""
        in_work = [each for each in self.contract.milestones if each.status in IN_WORK]
        assert len(in_work) + (self.contract.deposit is not None) <= 1
        assert not self.prefunded or all(each.amount <= self.contract.escrow.balance for each in in_work)

    @invariant()
    def milestones_stay_in_the_order_of_their_creation_and_begin_once(self) -> None:
        """Nothing is lost, moved or begun again (C4)."""
        assert [each.id for each in self.contract.milestones] == self.created
        assert len(set(self.begun)) == len(self.begun)

    @invariant()
    def escrow_holds_what_was_captured_and_did_not_leave(self) -> None:
        """Its balance is never below zero, and each deposit's fee leaves once, with it (C6 to C8)."""
        left = sum(taken.amount.amount_minor for taken in (*self.released, *self.refunded))
        balance = sum(deposit.amount.amount_minor for deposit in self.captured) - left
        assert self.contract.escrow.balance == usd(balance)
        assert balance >= 0
        fees_left = sum(taken.client_fee.amount_minor for taken in (*self.released, *self.refunded))
        assert fees_left == fees_of(self.captured, left)
        _, half = self.contract.escrow.take(usd(balance // 2))
        assert fees_left + half.client_fee.amount_minor == fees_of(self.captured, left + balance // 2)
        assert balance or self.contract.refund_question is None

    @invariant()
    def the_initiation_fee_goes_with_the_first_captured_deposit_alone(self) -> None:
        """Once per contract (section 1, C6)."""
        fees = [deposit.initiation_fee for deposit in self.captured]
        assert fees == [self.contract.terms.initiation_fee, *[usd(0)] * len(fees)][:len(fees)]

    @invariant()
    def it_is_completed_exactly_when_all_that_counts_is_released_and_paid(self) -> None:
        """Neither a proposal nor what was refunded keeps it open (C2, C9)."""
        counting = [each for each in self.contract.milestones
                    if each.status not in (MilestoneStatus.PROPOSED, MilestoneStatus.CANCELLED)]
        done = bool(counting) and all(each.id in self.approved & self.paid for each in counting)
        if self.contract.status is Status.COMPLETED:
            assert done
            assert all(each.status is MilestoneStatus.RELEASED and each.paid for each in counting)
        assert not (done and self.contract.status in LIVING)


def named(contract: Contract, id: str) -> Milestone:
    """Return the milestone of that id."""
    return next(each for each in contract.milestones if each.id == id)


def fees_of(captured: list[Deposit], left: int) -> int:
    """Return what of the fees goes with the first `left` cents: of each deposit its share, all once it is used up."""
    fees = 0
    for deposit in captured:
        used = min(left, deposit.amount.amount_minor)
        fees += half_up(Fraction(deposit.client_fee.amount_minor * used, deposit.amount.amount_minor))
        left -= used
    return fees
