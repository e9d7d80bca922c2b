"""Classify a contract: the client answers the questionnaire, an operator decides (C10)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract
from services.contracts.domain import classifications
from services.contracts.domain.classifications import Questionnaire
from services.contracts.domain.contracts import Classification, Contract
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class AnswerQuestionnaire:
    """The client's yes or no to every question, by its id."""

    party_id: str
    contract_id: str
    answers: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class DecideClassification:
    """The operator's decision."""

    contract_id: str
    outcome: Classification


async def answer_questionnaire(unit: Unit, command: AnswerQuestionnaire, *, questionnaire: Questionnaire) -> Contract:
    """Keep the recommendation; the contract still waits for the decision."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    return keep(unit, contract, classifications.answer(contract, questionnaire, command.answers, by=side).unwrap())


async def decide_classification(unit: Unit, command: DecideClassification) -> Contract:
    """Keep the outcome; the offer may be accepted from now on."""
    contract = await unit.get(CONTRACTS, command.contract_id)
    if contract is None:
        raise NotFound("contract")
    return keep(unit, contract, classifications.decide(contract, command.outcome).unwrap())
