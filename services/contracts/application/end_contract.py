"""End a contract, ask its escrow back, and hear the freelancer's answer or its silence (C8, C9)."""

from dataclasses import dataclass

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.escrow_events import announce_refund
from services.contracts.application.finding import own_contract
from services.contracts.application.offer_contract import OFFER_EXPIRES
from services.contracts.domain import endings
from services.contracts.domain.contracts import Contract
from services.contracts.domain.endings import Ending
from shared.kernel.decisions import Accepted, NotFound
from shared.persistence.unit import Due, Phase, Unit

ESCROW_QUESTION = "escrow.question"
ESCROW_QUESTION_PHASE = Phase.CHARGE
"""After the review ends of the same instant: silence that approves outranks silence that refunds (I2, C8)."""


@dataclass(frozen=True, slots=True)
class EndContract:
    """A party ends the contract; `refund` asks for what is in escrow."""

    party_id: str
    contract_id: str
    refund: bool = False


@dataclass(frozen=True, slots=True)
class AnswerRefund:
    """The freelancer's answer: `accept` or `decline`."""

    party_id: str
    contract_id: str
    answer: str


async def end_contract(unit: Unit, command: EndContract) -> Contract:
    """End it; a question about escrow is answered within its days or refunds."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    ended = _keep(unit, contract, endings.end(contract, by=side, refund=command.refund, now=unit.now).unwrap())
    unit.unschedule(OFFER_EXPIRES, contract.id)
    if ended.refund_question is not None:
        unit.schedule(Due(ESCROW_QUESTION, ended.id, ended.clock, ended.refund_question.ends_at,
                          ESCROW_QUESTION_PHASE))
    return ended


async def answer_refund(unit: Unit, command: AnswerRefund) -> Contract:
    """Send escrow back, or leave it where it is."""
    decide = {"accept": endings.accept_refund, "decline": endings.decline_refund}.get(command.answer)
    if decide is None:
        raise NotFound("answer")
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    answered = _keep(unit, contract, decide(contract, by=side, now=unit.now).unwrap())
    unit.unschedule(ESCROW_QUESTION, contract.id)
    return answered


async def refund_on_silence(unit: Unit, due: Due) -> None:
    """Refund the client when the freelancer did not answer; an answered question's timer does nothing."""
    contract = await unit.get(CONTRACTS, due.ref)
    if contract is None:
        return
    decision = endings.silence_refunds(contract, now=unit.now)
    if isinstance(decision, Accepted):
        _keep(unit, contract, decision.value)


def _keep(unit: Unit, before: Contract, ending: Ending) -> Contract:
    kept = keep(unit, before, ending.contract)
    if ending.refunded is not None:
        announce_refund(unit, kept, ending.refunded)
    return kept
