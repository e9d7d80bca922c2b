"""Decide whether a contract is a contractor's or an employee's (C10)."""

from dataclasses import dataclass

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.domain import classifications
from services.contracts.domain.contracts import Classification, Contract
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class DecideClassification:
    """The operator's decision."""

    contract_id: str
    outcome: Classification


async def decide_classification(unit: Unit, command: DecideClassification) -> Contract:
    """Keep the outcome; the offer may be accepted from now on."""
    contract = await unit.get(CONTRACTS, command.contract_id)
    if contract is None:
        raise NotFound("contract")
    return keep(unit, contract, classifications.decide(contract, command.outcome).unwrap())
