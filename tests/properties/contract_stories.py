"""What every story of a contract has: an answer, pauses for any reason in any order, an end, and news heard again.

The stories keep a plain account of what they told the contract; invariants compare the two after every step.
Must never ask a rule what another rule should have done.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.contracts.domain import answers, endings, pauses
from services.contracts.domain.contracts import LIVING, Contract, Status
from services.contracts.domain.escrows import Taken
from services.contracts.domain.offers import Standing
from services.contracts.domain.policies import Kind, ProfileVersion, Side, Terms
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant
from shared.kernel.money import Money
from tests.unit.contracts.builders import NOW, sent, version

OVER = (Status.COMPLETED, Status.ENDED, Status.CANCELLED, Status.DECLINED, Status.EXPIRED)

PROFILES = st.sampled_from(["marketplace", "byo", "direct", "any_hire"])
SIDES = st.sampled_from(Side)
NEWEST_OR_ANY = st.just(-1) | st.integers(0, 20)
SELDOM = st.sampled_from([False, False, False, True])
AROUND = st.sampled_from([-1, 0, 1])
"""Milliseconds before, at and after the end of a window."""

Decide = Callable[[Contract], Decision[Any]]


def usd(minor: int) -> Money:
    """Count in cents."""
    return Money(minor, "USD")


def contract_in(value: Any) -> Contract:
    """Return the contract that was decided about, however it is wrapped."""
    contract: Contract = value if isinstance(value, Contract) else value.contract
    return contract


class ContractStory(RuleBasedStateMachine):
    """One contract from its offer on, and what was agreed."""

    contract: Contract
    version: ProfileVersion

    def __init__(self) -> None:
        super().__init__()
        self.now: Instant = NOW
        self.forget()

    def forget(self) -> None:
        """Begin with nothing known: one story after the other, on the same clock."""
        self.agreed: Terms | None = None
        self.over: Status | None = None
        self.began_at: Instant | None = None

    def offer(self, profile: str, kind: Kind, client_fee: int, *, draft: bool = False, **fields: Any) -> None:
        """Make a new offer under the profile as shipped, with another client fee."""
        self.forget()
        self.version = replace(version(profile), client_fee_basis_points=client_fee)
        self.contract = sent(profile, kind, now=self.now, draft=draft and self.version.by_mail, **fields)

    def accept(self, by: Side, of: ProfileVersion) -> bool:
        """Say yes, under the version of the profile that counts by now (C2)."""
        answered = self.act(lambda contract: answers.accept(contract, of, by=by, standing=Standing(), now=self.now))
        if answered is not None:
            self.agreed = of.terms(self.contract.kind, self.contract.cadence, "USD")
            self.contract = answers.activate_at_once(self.contract, now=self.now) or self.contract
        return answered is not None

    def act(self, decide: Decide) -> Any | None:
        """Let a rule decide: what it accepts is kept, and not accepted once more; else nothing changes."""
        decision = decide(self.contract)
        self.done_means_unchanged(decision)
        if not isinstance(decision, Accepted):
            return None
        self.contract = contract_in(decision.value)
        again = decide(self.contract)
        assert not isinstance(again, Accepted)
        self.done_means_unchanged(again)
        return decision.value

    def done_means_unchanged(self, decision: Decision[Any]) -> None:
        """Assert that what was done before leaves the contract as it stands."""
        assert not isinstance(decision, AlreadyDone) or contract_in(decision.value) == self.contract

    def wait_until(self, end: Instant, milliseconds: int) -> None:
        """Go to just before, at, or just after the end of a window; never back."""
        self.now = max(self.now, end + timedelta(milliseconds=milliseconds))

    @invariant()
    def what_is_over_stays_over(self) -> None:
        """A contract that is over never becomes active again, nor anything else (C2)."""
        if self.over is None and self.contract.status in OVER:
            self.over = self.contract.status
        assert self.over in (None, self.contract.status)
        assert (self.contract.ended_at is not None) == (self.over is not None)

    @invariant()
    def the_terms_stay_as_they_were_agreed(self) -> None:
        """Whatever the profile says later (section 1)."""
        assert self.agreed in (None, self.contract.terms)
        assert (self.contract.accepted_at is not None) == (self.agreed is not None)

    @invariant()
    def it_begins_once(self) -> None:
        """The instant of its activation is never another (C2)."""
        self.began_at = self.began_at or self.contract.activated_at
        assert self.contract.activated_at == self.began_at


class LivingStory(ContractStory):
    """An accepted contract: disputes, and its end."""

    def forget(self) -> None:
        """Forget what was heard, too."""
        super().forget()
        self.old_news: list[Decide] = []
        self.paused_by_party = False
        self.failed: set[str] = set()
        self.recovered: set[str] = set()
        self.disputed: set[str] = set()
        self.decided: set[str] = set()
        self.refunded: list[Taken] = []

    def hear(self, decide: Decide) -> Any | None:
        """Let an event arrive; it may come again at any time."""
        self.old_news.append(decide)
        return self.act(decide)

    @rule(id=st.sampled_from(["dis_1", "dis_2", "dis_3"]), is_decided=st.booleans())
    @precondition(lambda self: self.contract.activated_at and self.contract.terms.disputes != "none")
    def a_dispute_is_opened_or_decided(self, id: str, is_decided: bool) -> None:
        """Hear of a dispute, or of its decision, whichever is heard first (D2)."""
        if is_decided:
            self.hear_decision(id)
        else:
            self.disputed |= {id} - self.decided
            self.hear(lambda contract: pauses.dispute_opened(contract, id, now=self.now))

    @rule(by=SIDES, refund=st.booleans(), in_earnest=SELDOM)
    def a_party_ends_it(self, by: Side, refund: bool, in_earnest: bool) -> None:
        """End it, or ask back what is in escrow; not too often before it is over."""
        if in_earnest or self.over:
            self.end(by, refund=refund)

    def hear_decision(self, id: str) -> None:
        """Hear that a dispute is over."""
        self.disputed.discard(id)
        self.decided.add(id)
        self.hear(lambda contract: pauses.dispute_closed(contract, id))

    def end(self, by: Side, *, refund: bool) -> None:
        """End it: about escrow the freelancer is asked first, unless it is the one who ends (C8)."""
        balance = self.contract.escrow.balance
        ending = self.act(lambda contract: endings.end(contract, by=by, refund=refund, now=self.now))
        if ending is not None:
            assert refund or not balance
            goes_back = bool(balance) and by is Side.FREELANCER
            assert (ending.refunded and ending.refunded.amount) == (balance if goes_back else None)
            self.note_refund(ending.refunded)

    def note_refund(self, taken: Taken | None) -> None:
        """Write down what went back to the client."""
        self.refunded += [taken] if taken else []

    @invariant()
    def it_is_paused_exactly_while_there_is_a_reason(self) -> None:
        """A party's wish, a failed invoice or an open dispute (C2, I5, D2)."""
        if self.contract.status in LIVING:
            paused = bool(self.paused_by_party or self.failed or self.disputed)
            assert (self.contract.status is Status.PAUSED) == paused == (self.contract.inactive_since is not None)


class PausingStory(LivingStory):
    """A contract in use: parties pause it, charges fail, news comes again."""

    @rule(hours=st.sampled_from([1, 24, 7 * 24]))
    def time_passes(self, hours: int) -> None:
        """Wait."""
        self.now += timedelta(hours=hours)

    @rule(which=NEWEST_OR_ANY)
    @precondition(lambda self: self.old_news)
    def old_news_comes_again(self, which: int) -> None:
        """Repeat any event that was heard before: it is done, whatever has happened since."""
        decision = self.old_news[which % len(self.old_news)](self.contract)
        assert isinstance(decision, AlreadyDone)
        self.done_means_unchanged(decision)

    @rule(twice=SELDOM)
    def a_party_pauses_or_resumes(self, twice: bool) -> None:
        """Pause, or lift the parties' own pause; not twice (C2)."""
        resumes = self.paused_by_party != twice
        may = self.contract.status in LIVING and not twice
        decide = pauses.resume if resumes else pauses.pause
        assert (self.act(lambda contract: decide(contract, now=self.now)) is not None) == may
        self.paused_by_party = self.paused_by_party != may

    @rule(id=st.sampled_from(["inv_1", "inv_2", "inv_3"]), recovers=st.booleans())
    @precondition(lambda self: self.contract.activated_at)
    def a_charge_fails_or_recovers(self, id: str, recovers: bool) -> None:
        """Hear that an invoice's charge failed, or that it is paid, whichever is heard first (I5)."""
        if recovers:
            self.hear_recovery(id)
            return
        if self.contract.status in LIVING:
            self.failed |= {id} - self.recovered
        self.hear(lambda contract: pauses.charge_failed(contract, id, now=self.now))

    def hear_recovery(self, id: str) -> None:
        """Hear that a failed invoice is paid in the end."""
        self.failed.discard(id)
        self.recovered.add(id)
        self.hear(lambda contract: pauses.charge_recovered(contract, id))

    def lift_every_pause(self) -> None:
        """Let all reasons go, so that the story goes on."""
        for id in sorted(self.failed):
            self.hear_recovery(id)
        for id in sorted(self.disputed):
            self.hear_decision(id)
        if self.paused_by_party and self.contract.status in LIVING:
            assert self.act(lambda contract: pauses.resume(contract, now=self.now)) is not None
            self.paused_by_party = False
