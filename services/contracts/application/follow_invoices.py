"""Hear of invoices: a failed charge pauses, its payment resumes, the last payment completes (I5, C2, C9)."""

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.finding import contract_of_event
from services.contracts.domain import pauses, releases
from services.contracts.domain.contracts import Contract
from shared.events.envelope import Envelope
from shared.events.invoices import Invoice, InvoiceChargeFailed, InvoicePaid
from shared.kernel.decisions import Accepted
from shared.persistence.group_commit import Handler
from shared.persistence.unit import Unit


async def invoice_paid(unit: Unit, event: Envelope[InvoicePaid]) -> None:
    """Resume where a charge had failed, and complete where the last submission is paid."""
    invoice = event.data.object
    contract = before = await contract_of_event(unit, invoice.contract_id)
    if _had_failed(contract, invoice):
        contract = pauses.charge_recovered(contract, invoice.id).unwrap()
    paid = releases.mark_paid(contract, _paid_milestones(contract, invoice), now=unit.now)
    contract = paid.unwrap()
    if contract != before:
        keep(unit, before, contract)


async def charge_failed(unit: Unit, event: Envelope[InvoiceChargeFailed]) -> None:
    """Pause until this invoice is paid."""
    invoice = event.data.object
    contract = await contract_of_event(unit, invoice.contract_id)
    decision = pauses.charge_failed(contract, invoice.id, now=unit.now)
    if isinstance(decision, Accepted):
        keep(unit, contract, decision.value)


def _had_failed(contract: Contract, invoice: Invoice) -> bool:
    """Whether a failed attempt came before: heard of already, or told by the invoice itself."""
    return invoice.id in contract.failed_invoices or invoice.attempts > 1 or invoice.delay_seconds > 0


def _paid_milestones(contract: Contract, invoice: Invoice) -> frozenset[str]:
    """Return the milestones whose submissions this invoice pays; a single payment stands under its contract's id."""
    return frozenset(line.milestone_id or contract.id for line in invoice.lines if line.kind == "submission")


HANDLERS = {
    "invoice.paid": Handler(invoice_paid, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
    "invoice.charge_failed": Handler(charge_failed, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
}
