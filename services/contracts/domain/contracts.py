"""The contract: what two parties agreed, how far it has come, and what is in escrow for it (C1, C2).

Holds the shape and the questions that every rule asks of it. Must never change one: the rules beside it do.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.contracts.domain.escrows import Escrow
from services.contracts.domain.policies import Cadence, Kind, Side, Terms
from shared.kernel.instants import Instant
from shared.kernel.money import Money


class Status(StrEnum):
    """The life of a contract (C2)."""

    DRAFTED = "drafted"
    SENT = "sent"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"


class MilestoneStatus(StrEnum):
    """The life of a milestone, or of a single payment (C4, C5)."""

    PLANNED = "planned"
    PROPOSED = "proposed"
    ACTIVE = "active"
    SUBMITTED = "submitted"
    RELEASED = "released"
    CANCELLED = "cancelled"


class Classification(StrEnum):
    """Contractor or employee, where the client asked (C10)."""

    NOT_ASKED = "not_asked"
    REQUIRED = "required"
    CONTRACTOR = "contractor"
    EMPLOYEE = "employee"


class Pause(StrEnum):
    """Why a contract is paused; it resumes when no reason is left."""

    PARTY = "party"
    CHARGE_FAILED = "charge_failed"
    DISPUTE = "dispute"


IN_WORK = (MilestoneStatus.ACTIVE, MilestoneStatus.SUBMITTED)
LIVING = (Status.ACTIVE, Status.PAUSED)
STAGED = (Kind.SINGLE, Kind.MILESTONES)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone; a single payment is kept as one too, without a title and under its contract's id.

    `deposit` is what was charged for it; `submission_number` the newest submission heard of; `paid` whether its
    invoice is paid.
    """

    id: str
    title: str
    amount: Money
    status: MilestoneStatus
    deposit: Money
    submission_number: int = 0
    paid: bool = False


@dataclass(frozen=True, slots=True)
class WeeklyLimit:
    """`hours` per week from the billing week that begins at `from_week`; None means no limit (T5)."""

    hours: int | None
    from_week: Instant


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit that is being charged: nothing is in escrow before it is captured (C6)."""

    id: str
    milestone_id: str
    amount: Money
    client_fee: Money
    initiation_fee: Money
    requested_at: Instant

    @property
    def total(self) -> Money:
        """What the client is charged."""
        return self.amount + self.client_fee + self.initiation_fee


@dataclass(frozen=True, slots=True)
class RefundQuestion:
    """The client asked its escrow back; the freelancer answers before `ends_at`, silence refunds (C8)."""

    asked_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract, whole. `revision` counts what was published about it."""

    id: str
    clock: str
    revision: int
    client_id: str
    freelancer_id: str
    offered_by: Side
    profile: str
    kind: Kind
    cadence: Cadence | None
    currency: str
    status: Status
    terms: Terms
    escrow: Escrow
    offered_at: Instant
    offer_ends_at: Instant
    named_version: str | None = None
    amount: Money | None = None
    hourly_rate: Money | None = None
    rate: Money | None = None
    milestones: tuple[Milestone, ...] = ()
    weekly_limits: tuple[WeeklyLimit, ...] = ()
    manual_time: bool = False
    classification: Classification = Classification.NOT_ASKED
    recommendation: Classification | None = None
    """What the questionnaire recommends; it decides nothing (C10)."""
    accepted_at: Instant | None = None
    activated_at: Instant | None = None
    inactive_since: Instant | None = None
    ended_at: Instant | None = None
    ended_reason: str | None = None
    pauses: tuple[Pause, ...] = ()
    deposit: Deposit | None = None
    initiation_charged: bool = False
    refund_question: RefundQuestion | None = None
    refund_asked_at: Instant | None = None
    failed_invoices: tuple[str, ...] = ()
    recovered_invoices: tuple[str, ...] = ()
    """Paid after a failed attempt: a late `invoice.charge_failed` about one of them changes nothing."""
    open_disputes: tuple[str, ...] = ()
    closed_disputes: tuple[str, ...] = ()

    @property
    def staged(self) -> bool:
        """Whether it is paid by submission: a single payment or milestones."""
        return self.kind in STAGED

    @property
    def prefunded(self) -> bool:
        """Whether its work is paid from escrow (C6)."""
        return self.staged and self.terms.funding == "escrow"

    @property
    def employer_of_record(self) -> bool:
        """Whether its money goes to the employer of record (C10)."""
        return self.classification is Classification.EMPLOYEE

    def side_of(self, party_id: str) -> Side | None:
        """Return the side of a party; None for strangers."""
        if party_id == self.client_id:
            return Side.CLIENT
        return Side.FREELANCER if party_id == self.freelancer_id else None

    def milestone(self, milestone_id: str | None) -> Milestone | None:
        """Return the milestone of that id; None stands for the single payment."""
        wanted = self.id if milestone_id is None and self.kind is Kind.SINGLE else milestone_id
        return next((each for each in self.milestones if each.id == wanted), None)

    @property
    def milestone_in_work(self) -> Milestone | None:
        """The one that is active or submitted (C4)."""
        return next((each for each in self.milestones if each.status in IN_WORK), None)
