"""Book a captured deposit: cash in, escrow and the client's fees (deposit.captured; C6)."""

from services.payouts.application.journal import Occasion, write_entry
from services.payouts.domain.earnings import postings_of_deposit
from shared.events.contracts import DepositCaptured
from shared.events.envelope import Envelope
from shared.persistence.unit import Unit


async def book_deposit(unit: Unit, event: Envelope[DepositCaptured]) -> None:
    """Keep the entry of a deposit; no freelancer's balance changes until its escrow is released."""
    deposit = event.data.object
    postings = postings_of_deposit(
        amount=deposit.amount, client_fee=deposit.client_fee, initiation_fee=deposit.initiation_fee)
    if postings:
        write_entry(unit, Occasion("deposit.captured", deposit.id, deposit.contract_id), postings, account_id=None)
