"""Send a draft to the other side (C2)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract
from services.contracts.application.offer_contract import OfferRules, deliver
from services.contracts.domain import offers
from services.contracts.domain.contracts import Contract
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class SendOffer:
    """The author sends its draft."""

    party_id: str
    contract_id: str


async def send_offer(unit: Unit, command: SendOffer, *, rules: OfferRules) -> Contract:
    """Send it; its lifetime begins now."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    sent = keep(unit, contract, offers.send(contract, by=side, now=unit.now).unwrap())
    await deliver(unit, sent, by_mail=True, tokens=rules.tokens)   # Only profiles by mail have drafts.
    return sent
