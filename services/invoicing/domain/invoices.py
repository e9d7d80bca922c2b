"""Invoices and their charge attempts (I1, I5, I6, I8). Must never edit a line of an invoice that was issued."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.lines import InvoiceLine
from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import DAY, Instant, format_instant
from shared.kernel.money import Money, total

ATTEMPTS_MAX = 6
"""The first charge and five daily retries (I6)."""


class InvoiceStatus(StrEnum):
    """Where an invoice stands (I6)."""

    OPEN = "open"
    CHARGE_FAILED = "charge_failed"
    PAID = "paid"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A whole invoice; lines and amounts never change once issued, only what became of the charge."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    profile: str
    contract_kind: str
    kind: str
    """The kind of its first line, to filter by."""
    number: int
    contract_number: int
    status: InvoiceStatus
    paid_from: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    gross: Money
    fee: Money
    net: Money
    client_fee: Money
    initiation_fee: Money
    client_total: Money
    hold_seconds: int
    employer_of_record: bool
    issued_at: Instant
    listed_as: str
    """Its place in lists: instant and id, so that a page can go on after it."""
    due_at: Instant | None
    first_attempt_at: Instant | None = None
    last_attempt_at: Instant | None = None
    paid_at: Instant | None = None
    delay_seconds: int = 0
    attempts: int = 0
    scheduled_attempts: int = 0
    """Attempts without those by hand: only these lead to suspension (I6)."""
    open_charge_id: str | None = None
    """The attempt whose answer is awaited; never two at once."""
    objected_at: Instant | None = None
    objection_open: bool = False
    objection_note: str | None = None

    @property
    def attempts_used_up(self) -> bool:
        """Whether no daily retry is left (I6)."""
        return self.scheduled_attempts >= ATTEMPTS_MAX


def issue(
    contract: Contract, lines: tuple[InvoiceLine, ...], *, invoice_id: str, number: int, contract_number: int,
    issued_at: Instant, initiation_fee: Money, paid_from: str = "charge",
) -> Invoice:
    """Make an invoice from its lines: client_total = gross + client fees + initiation fee (I1, I8)."""
    currency = contract.currency
    gross, client_fee = total([line.gross for line in lines], currency), total([x.client_fee for x in lines], currency)
    return Invoice(
        id=invoice_id, clock=contract.clock, contract_id=contract.id, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, profile=contract.profile, contract_kind=contract.kind.value,
        kind=lines[0].kind.value, number=number, contract_number=contract_number, status=InvoiceStatus.OPEN,
        paid_from=paid_from, currency=currency, lines=lines, gross=gross,
        fee=total([line.fee for line in lines], currency), net=total([line.net for line in lines], currency),
        client_fee=client_fee, initiation_fee=initiation_fee, client_total=gross + client_fee + initiation_fee,
        hold_seconds=contract.terms.hold_seconds, employer_of_record=contract.employer_of_record, issued_at=issued_at,
        listed_as=f"{format_instant(issued_at)}/{invoice_id}", due_at=issued_at if paid_from == "charge" else None,
    )


def begin_attempt(invoice: Invoice, *, charge_id: str, by_hand: bool, now: Instant) -> Decision[Invoice]:
    """Start one charge attempt; nothing to do while another is awaited, or once paid (I5, I6)."""
    if invoice.open_charge_id is not None or invoice.status in (InvoiceStatus.PAID, InvoiceStatus.REFUNDED):
        return AlreadyDone(invoice)
    if not by_hand and invoice.attempts_used_up:
        return AlreadyDone(invoice)
    return Accepted(replace(
        invoice, attempts=invoice.attempts + 1, scheduled_attempts=invoice.scheduled_attempts + (0 if by_hand else 1),
        first_attempt_at=invoice.first_attempt_at or now, open_charge_id=charge_id,
        last_attempt_at=invoice.last_attempt_at if by_hand else now, due_at=invoice.due_at if by_hand else None,
    ))


def pay_by_hand(invoice: Invoice, *, charge_id: str, now: Instant) -> Decision[Invoice]:
    """Start an attempt that the client asked for, suspended or not (I6)."""
    if invoice.status is not InvoiceStatus.CHARGE_FAILED:
        return Refused("INVOICE_NOT_PAYABLE", "Only an invoice whose charge failed is paid by hand.")
    return begin_attempt(invoice, charge_id=charge_id, by_hand=True, now=now)


def attempt_failed(invoice: Invoice, *, by_hand: bool) -> Invoice:
    """Note a declined attempt: the next is due 24 hours after this one; one by hand changes no schedule (I6)."""
    due_at = invoice.due_at
    if not by_hand:
        due_at = None if invoice.attempts_used_up or invoice.last_attempt_at is None else invoice.last_attempt_at + DAY
    return replace(invoice, status=InvoiceStatus.CHARGE_FAILED, open_charge_id=None, due_at=due_at)


def attempt_captured(invoice: Invoice, *, now: Instant) -> Invoice:
    """Note the capture: the delay is the time from the first attempt to this success, in whole seconds (I5)."""
    first = invoice.first_attempt_at or now
    return replace(
        invoice, status=InvoiceStatus.PAID, open_charge_id=None, due_at=None, paid_at=now,
        delay_seconds=(now - first) // timedelta(seconds=1),
    )


def paid_from_escrow(invoice: Invoice, *, now: Instant) -> Invoice:
    """Note that escrow was released to it: paid without a charge (I5)."""
    return replace(invoice, status=InvoiceStatus.PAID, paid_at=now)
