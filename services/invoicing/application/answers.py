"""Record what the gateway answered, once, and what follows from it. Must never call the gateway.

Captured invoices and deposits are published; declined invoices are tried again a day later, five times, then the client
is suspended (I5, I6); declined deposits are over (C6).
"""

from services.invoicing.application.collections import CHARGES, CLIENTS, DEPOSITS, INVOICES
from services.invoicing.application.published import client_resource, deposit_resource, invoice_resource
from services.invoicing.domain import clients
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus, answer
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.deposits import settle
from services.invoicing.domain.invoices import Invoice, attempt_captured, attempt_failed
from shared.events.contracts import DepositCaptured, DepositDeclined
from shared.events.invoices import ClientReinstated, ClientSuspended, InvoiceChargeFailed, InvoicePaid
from shared.kernel.decisions import Accepted
from shared.persistence.unit import Due, Phase, Unit

RETRY_DUE = "invoice.retry"
"""Due item: the next daily attempt of an invoice (I6)."""


async def record_answer(
    unit: Unit, charge: Charge, status: ChargeStatus, *, billing_method_id: str | None = None
) -> None:
    """Record the answer to one call; a second answer to the same call changes nothing."""
    answered = answer(charge, status, now=unit.now, billing_method_id=billing_method_id)
    if not isinstance(answered, Accepted):
        return
    unit.put(CHARGES, answered.value)
    captured = status is ChargeStatus.CAPTURED
    if charge.kind is ChargeKind.INVOICE:
        await _settle_invoice(unit, charge, captured=captured)
    elif charge.kind is ChargeKind.DEPOSIT:
        await _settle_deposit(unit, charge, captured=captured)
    else:
        unit.put(CLIENTS, clients.add_charged(await client_account(unit, charge), -charge.amount))


async def client_account(unit: Unit, charge: Charge) -> ClientAccount:
    """Return the client's account; it begins in good standing."""
    return await unit.get(CLIENTS, charge.client_id) or ClientAccount(charge.client_id, charge.clock)


async def _settle_invoice(unit: Unit, charge: Charge, *, captured: bool) -> None:
    invoice = await unit.get(INVOICES, charge.subject_id)
    if invoice is None or invoice.open_charge_id != charge.id:
        raise LookupError(f"{charge.id} was answered, but {charge.subject_id} does not wait for it")
    if captured:
        if invoice.due_at is not None:
            unit.unschedule(RETRY_DUE, invoice.id)
        await _invoice_captured(unit, charge, attempt_captured(invoice, now=unit.now))
    else:
        await _invoice_failed(unit, charge, attempt_failed(invoice, by_hand=charge.by_hand))


async def _invoice_captured(unit: Unit, charge: Charge, invoice: Invoice) -> None:
    unit.put(INVOICES, invoice)
    unit.emit(InvoicePaid(object=invoice_resource(invoice)),
              key=invoice.freelancer_id, subject=invoice.id, contract_id=invoice.contract_id)
    client = clients.add_charged(await client_account(unit, charge), invoice.client_total)
    client = clients.note_paid_invoice(client, invoice.id)
    reinstated = clients.reinstate(client)
    client = reinstated.unwrap()
    unit.put(CLIENTS, client)
    if isinstance(reinstated, Accepted):
        unit.emit(ClientReinstated(object=client_resource(client)), key=client.id, subject=client.id)


async def _invoice_failed(unit: Unit, charge: Charge, invoice: Invoice) -> None:
    unit.put(INVOICES, invoice)
    unit.emit(InvoiceChargeFailed(object=invoice_resource(invoice)),
              key=invoice.freelancer_id, subject=invoice.id, contract_id=invoice.contract_id)
    client = clients.note_failed_invoice(await client_account(unit, charge), invoice.id)
    if invoice.due_at is not None:
        unit.schedule(Due(RETRY_DUE, invoice.id, invoice.clock, invoice.due_at, Phase.CHARGE))
    suspended = clients.suspend(client) if invoice.attempts_used_up and not charge.by_hand else None
    if isinstance(suspended, Accepted):
        client = suspended.value
        unit.emit(ClientSuspended(object=client_resource(client)), key=client.id, subject=client.id)
    unit.put(CLIENTS, client)


async def _settle_deposit(unit: Unit, charge: Charge, *, captured: bool) -> None:
    deposit = await unit.get(DEPOSITS, charge.subject_id)
    if deposit is None:
        raise LookupError(f"{charge.id} was answered, but there is no deposit {charge.subject_id}")
    settled = settle(deposit, captured=captured).unwrap()
    unit.put(DEPOSITS, settled)
    event = DepositCaptured if captured else DepositDeclined
    unit.emit(event(object=deposit_resource(settled)),
              key=settled.freelancer_id, subject=settled.id, contract_id=settled.contract_id)
    if captured:
        unit.put(CLIENTS, clients.add_charged(await client_account(unit, charge), settled.total))
