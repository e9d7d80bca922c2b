"""Contracts, milestones, deposits and escrow (owner: contracts)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload
from shared.events.terms import Terms

Kind = Literal["single", "milestones", "hourly", "fixed_rate"]
Cadence = Literal["weekly", "bi_weekly"]
ContractStatus = Literal[
    "drafted", "sent", "accepted", "active", "paused", "completed", "ended", "cancelled", "declined", "expired"
]
MilestoneStatus = Literal["planned", "proposed", "active", "submitted", "released", "cancelled"]


class Milestone(Payload):
    """One milestone; `deposit` is what was charged for it (0 until activation)."""

    id: str
    title: str
    amount: MoneyField
    status: MilestoneStatus
    deposit: MoneyField


class WeeklyLimit(Payload):
    """`hours` per week from the billing week that begins at `from_week` (a Monday); null means no limit (T5)."""

    hours: int | None
    from_week: InstantField


class Contract(Payload):
    """The whole contract as of `revision`; readers keep the highest revision."""

    id: str
    clock: str
    revision: int
    client_id: str
    freelancer_id: str
    profile: str
    kind: Kind
    cadence: Cadence | None
    currency: str
    status: ContractStatus
    funding_mode: Literal["escrow", "billing_method"]
    terms: Terms
    amount: MoneyField | None = None
    milestones: tuple[Milestone, ...] = ()
    hourly_rate: MoneyField | None = None
    rate: MoneyField | None = None
    weekly_limits: tuple[WeeklyLimit, ...] = ()
    manual_time: bool = False
    escrow: MoneyField
    offered_at: InstantField
    accepted_at: InstantField | None = None
    activated_at: InstantField | None = None
    """When it first became active: its first billing week is the week of this instant."""
    inactive_since: InstantField | None = None
    """When it was paused or ended; null while active."""
    ended_at: InstantField | None = None
    ended_reason: str | None = None
    refund_asked_at: InstantField | None = None
    """When escrow was last asked back (C8): a dispute about it may be filed from then on (D3)."""
    pauses: tuple[str, ...] = ()
    """Why it is paused now: "party", "charge_failed", "dispute"; empty while not paused."""
    employer_of_record: bool = False


class ContractOffered(Change[Contract]):
    """An offer was sent to the other party."""


class ContractAccepted(Change[Contract]):
    """The offer was accepted; the terms are frozen."""


class ContractFunded(Change[Contract]):
    """The contract is funded and active: escrow was deposited, or it is charged later (`funding_mode`)."""


class ContractAmended(Change[Contract]):
    """Milestones, escrow or the weekly limit changed."""


class ContractPaused(Change[Contract]):
    """Work was paused."""


class ContractResumed(Change[Contract]):
    """Work may go on."""


class ContractEnded(Change[Contract]):
    """The contract is over: completed, ended, cancelled, declined or expired."""


class Deposit(Payload):
    """A charge that fills escrow; `total` = amount + client_fee + initiation_fee (C6)."""

    id: str
    clock: str
    contract_id: str
    milestone_id: str | None
    client_id: str
    freelancer_id: str
    amount: MoneyField
    client_fee: MoneyField
    initiation_fee: MoneyField
    total: MoneyField
    status: Literal["requested", "captured", "declined"]
    requested_at: InstantField


class DepositRequested(Change[Deposit]):
    """Contracts asks invoicing to charge a deposit."""


class DepositCaptured(Change[Deposit]):
    """The deposit's money is captured."""


class DepositDeclined(Change[Deposit]):
    """The deposit was declined; nothing was charged and it is not tried again (C6)."""


class EscrowRelease(Payload):
    """Escrow that leaves for an invoice: gross `amount` and the client's fee share that was paid with it."""

    id: str
    clock: str
    contract_id: str
    milestone_id: str | None
    submission_id: str
    client_id: str
    freelancer_id: str
    amount: MoneyField
    client_fee: MoneyField
    released_at: InstantField


class EscrowReleased(Change[EscrowRelease]):
    """Contracts moved escrow to an approved submission; only now is its invoice paid."""


class EscrowRefund(Payload):
    """Escrow that goes back to the client, with the client fee that was paid on it (C8)."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    amount: MoneyField
    client_fee: MoneyField
    total: MoneyField
    refunded_at: InstantField


class EscrowRefunded(Change[EscrowRefund]):
    """Escrow goes back to the client."""
