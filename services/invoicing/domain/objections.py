"""Objections to hours and fixed rates, where a profile has them instead of disputes (I3). Must never move money."""

from dataclasses import replace
from datetime import timedelta

from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.invoices import Invoice, InvoiceStatus
from services.invoicing.domain.lines import LineKind
from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import DAY, Instant

_NO_WINDOW = Refused("REVIEW_WINDOW_CLOSED", "The time to object to these hours is over.")


def offered(contract: Contract) -> bool:
    """Tell whether the client of this contract may object at all (I3)."""
    return contract.by_period and contract.terms.hours_review == "objection"


def window_ends_at(invoice: Invoice, *, objection_days: int) -> Instant | None:
    """Return the end of the window: days after the lock plus the charge's delay; None while a charge fails (I3, I5)."""
    if invoice.status is InvoiceStatus.CHARGE_FAILED:
        return None
    return invoice.issued_at + objection_days * DAY + timedelta(seconds=invoice.delay_seconds)


def objectionable(invoice: Invoice) -> bool:
    """Tell whether it bills time: a bonus alone can not be objected to (I3)."""
    return any(line.kind in (LineKind.HOURS, LineKind.FIXED_RATE) for line in invoice.lines)


def object_to(
    contract: Contract, invoice: Invoice | None, *, now: Instant, note: str | None = None
) -> Decision[Invoice]:
    """Object to the contract's latest invoice of time, inside `[lock, end)`; once is enough (I3, I4)."""
    if not offered(contract):
        return Refused("NOT_OFFERED", "This contract has no objections.")
    if invoice is None:
        return _NO_WINDOW
    if invoice.objection_open:
        return AlreadyDone(invoice)
    ends_at = window_ends_at(invoice, objection_days=contract.terms.objection_days)
    if invoice.status is InvoiceStatus.REFUNDED or (ends_at is not None and now >= ends_at):
        return _NO_WINDOW
    return Accepted(replace(invoice, objection_open=True, objected_at=now, objection_note=note))


def end_objection(invoice: Invoice) -> Decision[Invoice]:
    """Let an open objection go: it was withdrawn, or the freelancer refunded (I3)."""
    if not invoice.objection_open:
        return AlreadyDone(invoice)
    return Accepted(replace(invoice, objection_open=False))
