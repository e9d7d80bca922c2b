"""Charge an invoice when it is due: the first time, every daily retry, and by hand (I3, I6)."""

from dataclasses import dataclass

from services.invoicing.application.attempts import ask_for, attempt_charge, next_charge_id
from services.invoicing.application.collections import INVOICES
from services.invoicing.application.ownership import Actor, require_client
from services.invoicing.domain.invoices import Invoice, pay_by_hand
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Due, Unit


async def charge_due_invoice(unit: Unit, due: Due) -> None:
    """Begin the attempt that is due; a paid invoice, or one whose answer is awaited, is left alone."""
    invoice = await unit.get(INVOICES, due.ref)
    if invoice is not None:
        await attempt_charge(unit, invoice)


@dataclass(frozen=True, slots=True)
class PayInvoice:
    """The client pays an invoice by hand after failed charges."""

    actor: Actor
    invoice_id: str


async def pay_invoice(unit: Unit, command: PayInvoice) -> Invoice:
    """Begin an attempt now, also for a suspended client (I6); its outcome follows."""
    invoice = await unit.get(INVOICES, command.invoice_id)
    require_client(invoice, command.actor, "invoice")
    if invoice is None:
        raise NotFound("invoice")
    begun = pay_by_hand(invoice, charge_id=next_charge_id(unit, invoice), now=unit.now)
    return await ask_for(unit, begun, by_hand=True)
