"""Book escrow that goes back to the client (escrow.refunded; C8)."""

from services.payouts.application.journal import Occasion, write_entry
from services.payouts.domain.earnings import postings_of_escrow_refund
from shared.events.contracts import EscrowRefunded
from shared.events.envelope import Envelope
from shared.persistence.unit import Unit


async def book_escrow_refund(unit: Unit, event: Envelope[EscrowRefunded]) -> None:
    """Keep the entry of a refund of escrow: the deposit's rest and its client fee."""
    refund = event.data.object
    postings = postings_of_escrow_refund(amount=refund.amount, client_fee=refund.client_fee)
    if postings:
        write_entry(unit, Occasion("escrow.refunded", refund.id, refund.contract_id), postings, account_id=None)
