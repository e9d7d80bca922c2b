"""Make the invoice of work whose escrow was released: paid at once (I5, C6). Must never decide about escrow."""

from services.invoicing.application.collections import INVOICES
from services.invoicing.application.copies import accepted_contract
from services.invoicing.application.issuing import issue_invoice
from services.invoicing.application.published import invoice_resource
from services.invoicing.domain.invoices import paid_from_escrow
from services.invoicing.domain.lines import submission_line
from shared.events.contracts import EscrowReleased
from shared.events.envelope import Envelope
from shared.events.invoices import InvoicePaid
from shared.persistence.unit import Unit


async def invoice_released_escrow(unit: Unit, event: Envelope[EscrowReleased]) -> None:
    """Issue and pay; its client fee is the share that was paid with the deposits."""
    release = event.data.object
    contract = await accepted_contract(unit, release.contract_id)
    line = submission_line(
        contract, line_id=unit.derived_id("line", release.id), submission_id=release.submission_id,
        milestone_id=release.milestone_id, gross=release.amount, client_fee=release.client_fee)
    issued = await issue_invoice(
        unit, contract, (line,), invoice_id=unit.derived_id("inv", release.id), issued_at=release.released_at,
        from_escrow=True)
    invoice = paid_from_escrow(issued, now=release.released_at)
    unit.put(INVOICES, invoice)
    unit.emit(InvoicePaid(object=invoice_resource(invoice)),
              key=invoice.freelancer_id, subject=invoice.id, contract_id=invoice.contract_id)
