"""Reviews, invoices, charges and refunds (owner: invoicing)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload


class Review(Payload):
    """The client's review of one submission, half-open window `[opened_at, ends_at)` (I2, I4)."""

    submission_id: str
    clock: str
    contract_id: str
    milestone_id: str | None
    client_id: str
    freelancer_id: str
    number: int
    status: Literal["in_review", "changes_requested", "approved", "superseded"]
    opened_at: InstantField
    ends_at: InstantField | None
    """Null where silence never approves (direct)."""
    decided_at: InstantField | None = None
    approved_by: Literal["client", "silence"] | None = None
    amount: MoneyField | None = None
    """What the client approved, where it is less than the whole (C7)."""
    note: str | None = None


class WorkApproved(Change[Review]):
    """The submission is approved, by the client or by silence."""


class WorkChangesRequested(Change[Review]):
    """The client asked for changes; the review stops."""


class InvoiceLine(Payload):
    """One line: net = gross − fee; fees rounded half-up once per line (I8)."""

    id: str
    kind: Literal["hours", "fixed_rate", "submission", "bonus"]
    gross: MoneyField
    fee: MoneyField
    net: MoneyField
    client_fee: MoneyField
    week_start: InstantField | None = None
    locked_at: InstantField | None = None
    segments: int | None = None
    hourly_rate: MoneyField | None = None
    submission_id: str | None = None
    milestone_id: str | None = None
    hold_floor: Literal["none", "wednesday_16_days", "friday_after_lock"] = "none"


class Invoice(Payload):
    """A whole invoice. `delay_seconds` is the time from the first charge attempt to the success (I5)."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    profile: str
    contract_kind: Literal["single", "milestones", "hourly", "fixed_rate"]
    number: int
    """Gapless per client."""
    contract_number: int
    """The n-th invoice of its contract."""
    status: Literal["open", "charge_failed", "paid", "refunded"]
    paid_from: Literal["charge", "escrow"]
    currency: str
    lines: tuple[InvoiceLine, ...]
    gross: MoneyField
    fee: MoneyField
    net: MoneyField
    client_fee: MoneyField
    initiation_fee: MoneyField
    client_total: MoneyField
    hold_seconds: int
    employer_of_record: bool = False
    issued_at: InstantField
    first_attempt_at: InstantField | None = None
    paid_at: InstantField | None = None
    delay_seconds: int = 0
    attempts: int = 0
    due_at: InstantField | None = None
    """The next charge attempt."""


class InvoiceIssued(Change[Invoice]):
    """An invoice was made from work."""


class InvoicePaid(Change[Invoice]):
    """Money for the invoice is captured: charged, or released from escrow (I5)."""


class InvoiceChargeFailed(Change[Invoice]):
    """A charge attempt failed on every billing method of the client."""


class InvoiceObjected(Change[Invoice]):
    """The client objects to the hours of an `any_hire` invoice: its holds wait (I3)."""


class InvoiceObjectionEnded(Change[Invoice]):
    """The objection was withdrawn or settled by a refund."""


class Refund(Payload):
    """Money that goes back to the client from paid invoices: gross `amount` and both fee shares (I9)."""

    id: str
    clock: str
    contract_id: str
    invoice_ids: tuple[str, ...]
    client_id: str
    freelancer_id: str
    amount: MoneyField
    fee: MoneyField
    net: MoneyField
    client_fee: MoneyField
    client_total: MoneyField
    refunded_at: InstantField


class InvoiceRefunded(Change[Refund]):
    """The freelancer gave money back."""


class Client(Payload):
    """A client's standing; `charged_total` is captured minus refunded, per currency."""

    id: str
    clock: str
    status: Literal["good", "suspended"]
    revision: int


class ClientSuspended(Change[Client]):
    """The last daily retry failed: offers, activations and bonuses are refused (I6)."""


class ClientReinstated(Change[Client]):
    """All failed invoices of the client are paid."""
