"""Book a paid invoice and hold its net until the calendar lets it go (invoice.paid; P1, I5, I8, C10)."""

from datetime import timedelta
from typing import Any

from services.payouts.application.announcements import announce_hold
from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS
from services.payouts.application.journal import Occasion, account_of, earnings_of, entry_id, write_entry
from services.payouts.domain.accounts import Deltas
from services.payouts.domain.earnings import (
    EarnedLine,
    PaidInvoice,
    amounts_to_hold,
    open_hold,
    platform_side_of_invoice,
)
from services.payouts.domain.holds import HeldLine
from services.payouts.domain.security_periods import HoldFloor, SecurityPeriod
from shared.events.envelope import Envelope
from shared.events.funds import FundsHeld
from shared.events.invoices import Invoice, InvoiceLine, InvoicePaid
from shared.kernel.ids import derived_id
from shared.kernel.instants import Instant, format_instant
from shared.persistence.collections import Collection
from shared.persistence.unit import Unit

KIND = "invoice.paid"


def reads(event: Envelope[InvoicePaid]) -> list[tuple[Collection[Any], str]]:
    """The account, and the entry that exists if this invoice was booked before."""
    invoice = event.data.object
    return [(ACCOUNTS, invoice.freelancer_id), (ENTRIES, derived_id("ent", KIND, invoice.id))]


async def hold_invoice(unit: Unit, event: Envelope[InvoicePaid]) -> None:
    """Move the money of a captured invoice into fees and pending, one hold per due instant.

    What came before its cause (an objection, a refund) is handled now.
    """
    invoice = paid_invoice(event.data.object, paid_at=event.data.object.paid_at or event.time)
    occasion = Occasion(KIND, invoice.id, invoice.contract_id)
    if await unit.get(ENTRIES, entry_id(unit, occasion)) is not None:
        return
    held = () if invoice.employer_of_record else amounts_to_hold(invoice.lines)
    account = await account_of(unit, invoice.account_id)
    currency = invoice.net.currency
    pending = Deltas(pending=sum(one.amount.amount_minor for one in held))
    postings = (*pending.postings(account.id, currency), *platform_side_of_invoice(invoice))
    if not postings:
        return
    entry = write_entry(unit, occasion, postings, account_id=account.id)
    for one in held:
        hold = open_hold(invoice, one, id=hold_id(invoice.id, one.due_at), caused_by=event.id)
        account, movement = account.move(
            currency, Deltas(pending=one.amount.amount_minor), entry_id=entry, at=unit.now)
        unit.put(HOLDS, hold)
        announce_hold(unit, FundsHeld, hold, movement)
    unit.put(ACCOUNTS, account)
    unit.arrived(earnings_of(account.id))


def hold_id(invoice_id: str, due_at: Instant) -> str:
    """Name the hold of an invoice that matures at `due_at`."""
    return derived_id("hld", invoice_id, format_instant(due_at))


def paid_invoice(invoice: Invoice, *, paid_at: Instant) -> PaidInvoice:
    """Read from a published invoice what the books need."""
    return PaidInvoice(
        id=invoice.id, account_id=invoice.freelancer_id, contract_id=invoice.contract_id, clock=invoice.clock,
        from_escrow=invoice.paid_from == "escrow", employer_of_record=invoice.employer_of_record, gross=invoice.gross,
        fee=invoice.fee, net=invoice.net, client_fee=invoice.client_fee, initiation_fee=invoice.initiation_fee,
        paid_at=paid_at, lines=tuple(_earned(line, invoice, paid_at) for line in invoice.lines),
    )


def _earned(line: InvoiceLine, invoice: Invoice, paid_at: Instant) -> EarnedLine:
    period = SecurityPeriod(
        paid_at=paid_at, hold=timedelta(seconds=invoice.hold_seconds), floor=HoldFloor(line.hold_floor),
        week_start=line.week_start, locked_at=line.locked_at, delay=timedelta(seconds=invoice.delay_seconds),
    )
    return EarnedLine(line.net, period, HeldLine(line.id, line.kind, line.net, line.week_start, line.submission_id))
