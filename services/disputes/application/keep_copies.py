"""Keep copies of foreign facts: parties, contracts, paid invoices. Must never decide anything about them.

Events of different topics come in any order, and again: each copy is replaced only by a newer one of its kind.
"""

from services.disputes.application.collections import CONTRACTS, INVOICES, PARTIES
from services.disputes.domain.contracts import KnownContract
from services.disputes.domain.invoices import PaidInvoice, PaidWeek
from services.disputes.domain.parties import KnownParty
from shared.events.contracts import Contract
from shared.events.envelope import Envelope
from shared.events.fields import Change
from shared.events.invoices import InvoicePaid
from shared.events.parties import PartyRegistered
from shared.persistence.unit import Unit


async def keep_party(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    """Remember a party."""
    party = event.data.object
    if await unit.get(PARTIES, party.id) is None:
        unit.put(PARTIES, KnownParty(party.id, party.role, party.clock))


async def keep_contract(unit: Unit, event: Envelope[Change[Contract]]) -> None:
    """Remember the contract if this is the highest revision so far."""
    told = event.data.object
    copy = KnownContract(
        id=told.id, revision=told.revision, clock=told.clock, client_id=told.client_id,
        freelancer_id=told.freelancer_id, profile=told.profile, kind=told.kind, currency=told.currency,
        status=told.status, disputes=told.terms.disputes, ended_at=told.ended_at,
    )
    known = await unit.get(CONTRACTS, copy.id)
    if copy.is_newer_than(known):
        unit.put(CONTRACTS, copy)


async def keep_paid_invoice(unit: Unit, event: Envelope[InvoicePaid]) -> None:
    """Remember a paid invoice and its weeks of hours, as the ceiling of what may be contested (D2)."""
    invoice = event.data.object
    if await unit.get(INVOICES, invoice.id) is not None:
        return
    weeks = tuple(
        PaidWeek(line.id, line.week_start, line.gross, line.fee)
        for line in invoice.lines if line.kind == "hours" and line.week_start is not None
    )
    unit.put(INVOICES, PaidInvoice(
        id=invoice.id, clock=invoice.clock, contract_id=invoice.contract_id, client_id=invoice.client_id,
        freelancer_id=invoice.freelancer_id, gross=invoice.gross, paid_at=invoice.paid_at or event.time, weeks=weeks,
    ))
