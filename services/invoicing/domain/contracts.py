"""Contracts as invoicing knows them: a copy built from events. Must never be changed here: they belong to contracts."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.instants import Instant
from shared.kernel.money import Money


class Kind(StrEnum):
    """How the work is paid."""

    SINGLE = "single"
    MILESTONES = "milestones"
    HOURLY = "hourly"
    FIXED_RATE = "fixed_rate"


class Cadence(StrEnum):
    """How many billing weeks one invoice closes."""

    WEEKLY = "weekly"
    BI_WEEKLY = "bi_weekly"


class HoldFloor(StrEnum):
    """Before which instant money of a line is never available; payouts computes it (P1)."""

    NONE = "none"
    WEDNESDAY_16_DAYS = "wednesday_16_days"
    FRIDAY_AFTER_LOCK = "friday_after_lock"


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy values that were frozen into a contract at its acceptance, as far as invoicing needs them."""

    funding: str
    review_days: int
    silence_approves: bool
    hours_review: str
    objection_days: int
    hold_seconds: int
    hours_hold_floor: HoldFloor
    fixed_rate_hold_floor: HoldFloor
    fixed_rate_first_week_prorated: bool
    bonus: str
    bonus_days_after_end: int
    freelancer_fee_basis_points: int
    client_fee_basis_points: int
    initiation_fee: Money


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone of a contract; its amount is settled once it is no longer planned or proposed (C5)."""

    id: str
    amount: Money
    status: str

    @property
    def settled(self) -> bool:
        """Whether the amount can no longer be edited."""
        return self.status not in ("planned", "proposed")


@dataclass(frozen=True, slots=True)
class Contract:
    """The copy with the highest revision that was seen."""

    id: str
    clock: str
    revision: int
    client_id: str
    freelancer_id: str
    profile: str
    kind: Kind
    cadence: Cadence
    """Weekly where the contract names none: hours of other profiles than `any_hire` are weekly."""
    currency: str
    status: str
    terms: Terms
    amount: Money | None
    milestones: tuple[Milestone, ...]
    hourly_rate: Money | None
    rate: Money | None
    accepted_at: Instant | None
    activated_at: Instant | None
    inactive_since: Instant | None
    ended_at: Instant | None
    employer_of_record: bool
    resumed_at: Instant | None = None
    """When the last pause that was seen ended."""
    paused_before: Instant | None = None
    """When that pause had begun."""

    @property
    def accepted(self) -> bool:
        """Whether the terms are frozen: nothing can be billed before."""
        return self.accepted_at is not None

    @property
    def by_period(self) -> bool:
        """Whether it is billed by weeks (hours, fixed rate) and not by submissions."""
        return self.kind in (Kind.HOURLY, Kind.FIXED_RATE)

    @property
    def prefunded(self) -> bool:
        """Whether its work is paid out of escrow; hours and fixed rate are charged on every profile (C6)."""
        return self.terms.funding == "escrow" and not self.by_period

    def milestone(self, milestone_id: str) -> Milestone | None:
        """Return the milestone, None while this copy does not know it."""
        return next((milestone for milestone in self.milestones if milestone.id == milestone_id), None)

    def was_active_in(self, start: Instant, end: Instant) -> bool:
        """Tell whether it had an active instant in `[start, end)`, as far as the last pause and this copy show (T6)."""
        begun = self.activated_at
        if begun is None or begun >= end:
            return False
        if self.resumed_at is None:
            return self.inactive_since is None or self.inactive_since > max(start, begun)
        before_the_pause = (self.paused_before or self.resumed_at) > max(start, begun)
        since = max(start, self.resumed_at)
        return before_the_pause or (since < end and (self.inactive_since is None or self.inactive_since > since))
