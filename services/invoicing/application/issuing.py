"""Make an invoice: numbers without gaps, initiation fee, `invoice.issued`. Must never be called with no lines (T6)."""

from dataclasses import replace

from services.invoicing.application.collections import CONTRACT_BILLING, INVOICE_NUMBERS, INVOICES
from services.invoicing.application.published import invoice_resource
from services.invoicing.domain.billing_states import ContractBilling, InvoiceNumbers, count_invoice, initiation_fee
from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.invoices import Invoice, issue
from services.invoicing.domain.lines import InvoiceLine
from shared.events.invoices import InvoiceIssued
from shared.kernel.instants import Instant
from shared.kernel.money import Money
from shared.persistence.unit import Due, Phase, Unit

CHARGE_DUE = "invoice.charge"
"""Due item: the first charge of an invoice."""


async def issue_invoice(
    unit: Unit, contract: Contract, lines: tuple[InvoiceLine, ...], *, invoice_id: str, issued_at: Instant,
    from_escrow: bool = False,
) -> Invoice:
    """Number and publish an invoice; both counters move in this transaction or not at all (I1)."""
    numbers = await unit.get(INVOICE_NUMBERS, contract.client_id) or InvoiceNumbers(contract.client_id)
    billing = await unit.get(CONTRACT_BILLING, contract.id) or ContractBilling(contract.id)
    fee = Money.zero(contract.currency) if from_escrow else initiation_fee(contract, billing)
    invoice = issue(
        contract, lines, invoice_id=invoice_id, number=numbers.last + 1, contract_number=billing.invoices + 1,
        issued_at=issued_at, initiation_fee=fee, paid_from="escrow" if from_escrow else "charge",
    )
    unit.put(INVOICE_NUMBERS, replace(numbers, last=invoice.number))
    unit.put(CONTRACT_BILLING, count_invoice(billing, charged=not from_escrow))
    unit.put(INVOICES, invoice)
    unit.emit(InvoiceIssued(object=invoice_resource(invoice)),
              key=invoice.freelancer_id, subject=invoice.id, contract_id=invoice.contract_id)
    return invoice


def charge_in_its_phase(unit: Unit, invoice: Invoice, *, at: Instant) -> None:
    """Let the first charge happen at `at`, after all locks and review ends of that instant (I4)."""
    unit.schedule(Due(CHARGE_DUE, invoice.id, invoice.clock, at, Phase.CHARGE))
