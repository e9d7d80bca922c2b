"""From what invoicing keeps to what it publishes. Must never leave out what a subscriber was promised."""

from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.deposits import Deposit
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.lines import InvoiceLine
from services.invoicing.domain.reviews import Review
from shared.events import contracts, invoices


def review_resource(review: Review) -> invoices.Review:
    """Return the published review."""
    return invoices.Review.model_validate({
        "submission_id": review.id, "clock": review.clock, "contract_id": review.contract_id,
        "milestone_id": review.milestone_id, "client_id": review.client_id, "freelancer_id": review.freelancer_id,
        "number": review.number, "status": review.status.value, "opened_at": review.opened_at,
        "ends_at": review.ends_at, "decided_at": review.decided_at, "approved_by": review.approved_by,
        "amount": review.amount, "note": review.note,
    })


def line_resource(line: InvoiceLine) -> invoices.InvoiceLine:
    """Return the published line."""
    return invoices.InvoiceLine.model_validate({
        "id": line.id, "kind": line.kind.value, "gross": line.gross, "fee": line.fee, "net": line.net,
        "client_fee": line.client_fee, "week_start": line.week_start, "locked_at": line.locked_at,
        "segments": line.segments, "hourly_rate": line.hourly_rate, "submission_id": line.submission_id,
        "milestone_id": line.milestone_id, "hold_floor": line.hold_floor.value,
    })


def invoice_resource(invoice: Invoice) -> invoices.Invoice:
    """Return the published invoice, whole."""
    return invoices.Invoice.model_validate({
        "id": invoice.id, "clock": invoice.clock, "contract_id": invoice.contract_id, "client_id": invoice.client_id,
        "freelancer_id": invoice.freelancer_id, "profile": invoice.profile, "contract_kind": invoice.contract_kind,
        "number": invoice.number, "contract_number": invoice.contract_number, "status": invoice.status.value,
        "paid_from": invoice.paid_from, "currency": invoice.currency,
        "lines": tuple(line_resource(line) for line in invoice.lines), "gross": invoice.gross, "fee": invoice.fee,
        "net": invoice.net, "client_fee": invoice.client_fee, "initiation_fee": invoice.initiation_fee,
        "client_total": invoice.client_total, "hold_seconds": invoice.hold_seconds,
        "employer_of_record": invoice.employer_of_record, "issued_at": invoice.issued_at,
        "first_attempt_at": invoice.first_attempt_at, "paid_at": invoice.paid_at,
        "delay_seconds": invoice.delay_seconds, "attempts": invoice.attempts, "due_at": invoice.due_at,
    })


def deposit_resource(deposit: Deposit) -> contracts.Deposit:
    """Return the published deposit."""
    return contracts.Deposit.model_validate({
        "id": deposit.id, "clock": deposit.clock, "contract_id": deposit.contract_id,
        "milestone_id": deposit.milestone_id, "client_id": deposit.client_id, "freelancer_id": deposit.freelancer_id,
        "amount": deposit.amount, "client_fee": deposit.client_fee, "initiation_fee": deposit.initiation_fee,
        "total": deposit.total, "status": deposit.status.value, "requested_at": deposit.requested_at,
    })


def client_resource(client: ClientAccount) -> invoices.Client:
    """Return the published standing of a client."""
    return invoices.Client.model_validate({
        "id": client.id, "clock": client.clock, "status": client.status.value, "revision": client.revision})
