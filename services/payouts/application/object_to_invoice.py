"""Block and unblock the holds of an invoice to which the client objects (invoice.objected, .objection_ended; I3)."""

from typing import Any

from services.payouts.application.announcements import announce_hold
from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS
from services.payouts.application.hold_invoice import KIND
from services.payouts.application.journal import account_of, earnings_of
from services.payouts.domain.accounts import Deltas
from services.payouts.domain.holds import note_objection
from shared.events.envelope import Envelope
from shared.events.funds import FundsFrozen, FundsUnfrozen, HoldChange
from shared.events.invoices import Invoice, InvoiceObjected, InvoiceObjectionEnded
from shared.kernel.ids import derived_id
from shared.persistence.collections import Collection
from shared.persistence.unit import Early, Unit


def reads(event: Envelope[InvoiceObjected] | Envelope[InvoiceObjectionEnded]) -> list[tuple[Collection[Any], str]]:
    """The account, and the entry that says whether the invoice was booked."""
    invoice = event.data.object
    return [(ACCOUNTS, invoice.freelancer_id), (ENTRIES, derived_id("ent", KIND, invoice.id))]


async def block_holds(unit: Unit, event: Envelope[InvoiceObjected]) -> None:
    """Stop the calendar of the invoice's holds; the balance stays pending."""
    await _note(unit, event.data.object, change=+1, announced=FundsFrozen)


async def unblock_holds(unit: Unit, event: Envelope[InvoiceObjectionEnded]) -> None:
    """Let the calendar go on; what is past its due instant is announced as due again, and matures at once."""
    await _note(unit, event.data.object, change=-1, announced=FundsUnfrozen)


async def _note(unit: Unit, invoice: Invoice, *, change: int, announced: type[HoldChange]) -> None:
    if await unit.get(ENTRIES, derived_id("ent", KIND, invoice.id)) is None:
        raise Early(earnings_of(invoice.freelancer_id))
    account = await account_of(unit, invoice.freelancer_id)
    of_invoice = {"contract_id": invoice.contract_id, "invoice_id": invoice.id}
    for before in await unit.find(HOLDS, of_invoice, sort="due_at"):
        hold = note_objection(before, change=change)
        unit.put(HOLDS, hold)
        if hold.version == before.version:
            continue
        account, movement = account.move(hold.amount.currency, Deltas(), entry_id=None, at=unit.now)
        unit.put(ACCOUNTS, account)
        announce_hold(unit, announced, hold, movement)
