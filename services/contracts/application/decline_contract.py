"""Decline an offer, or let it expire (C2)."""

from dataclasses import dataclass

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract
from services.contracts.application.offer_contract import OFFER_EXPIRES
from services.contracts.domain import answers
from services.contracts.domain.contracts import Contract
from shared.kernel.decisions import Accepted
from shared.persistence.unit import Due, Unit


@dataclass(frozen=True, slots=True)
class DeclineContract:
    """The other side says no."""

    party_id: str
    contract_id: str


async def decline_contract(unit: Unit, command: DeclineContract) -> Contract:
    """Close the offer."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    declined = keep(unit, contract, answers.decline(contract, by=side, now=unit.now).unwrap())
    unit.unschedule(OFFER_EXPIRES, contract.id)
    return declined


async def expire_offer(unit: Unit, due: Due) -> None:
    """End an offer that nobody answered; the timer of an answered one does nothing."""
    contract = await unit.get(CONTRACTS, due.ref)
    if contract is None:
        return
    decision = answers.expire(contract, now=unit.now)
    if isinstance(decision, Accepted):
        keep(unit, contract, decision.value)
