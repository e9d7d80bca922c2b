"""Endings: ending a contract, asking escrow back, and the freelancer's answer (C2, C8, C9).

An end with money in escrow ends the contract at once and asks about the money. Must never let escrow go back without
the freelancer's word or the silence of the whole window.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.contracts.domain.contracts import IN_WORK, LIVING, Contract, MilestoneStatus, RefundQuestion, Status
from services.contracts.domain.escrows import Taken
from services.contracts.domain.policies import Side
from services.contracts.domain.refusals import Code, not_a_party, refuse
from services.contracts.domain.releases import without_future
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant
from shared.kernel.money import Money

_BEFORE_ACTIVATION = (Status.DRAFTED, Status.SENT, Status.ACCEPTED)
_OVER_WITH_MONEY = (Status.COMPLETED, Status.ENDED)


@dataclass(frozen=True, slots=True)
class Ending:
    """The contract after an end or an answer, and what went back to the client; None where nothing did."""

    contract: Contract
    refunded: Taken | None = None


def end(contract: Contract, *, by: Side, refund: bool, now: Instant) -> Decision[Ending]:
    """End the contract: cancelled before activation, ended after it (C2); escrow is asked back with `refund` (C8).

    A contract that is over keeps its status; the client may still ask for what is left in escrow (C9).
    """
    if refund and not contract.prefunded:
        return refuse(Code.NOT_OFFERED, "This contract has no escrow to refund.")
    if contract.deposit is not None:
        return refuse(Code.DEPOSIT_IN_FLIGHT, "A deposit is being charged; end the contract when it is answered.")
    if contract.status in _BEFORE_ACTIVATION:
        return Accepted(Ending(_over(contract, Status.CANCELLED, by, now)))
    if contract.status in LIVING:
        return _end_active(contract, by=by, refund=refund, now=now)
    if contract.status in _OVER_WITH_MONEY and contract.escrow.balance and refund:
        return _ask(contract, by=by, now=now)
    return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")


def accept_refund(contract: Contract, *, by: Side, now: Instant) -> Decision[Ending]:
    """The freelancer lets escrow go back (C8)."""
    if refused := _not_answerable(contract, by, now):
        return refused
    return Accepted(refund_escrow(contract, contract.escrow.balance))


def decline_refund(contract: Contract, *, by: Side, now: Instant) -> Decision[Ending]:
    """The freelancer says no: escrow stays where it is (C8)."""
    if refused := _not_answerable(contract, by, now):
        return refused
    return Accepted(Ending(replace(contract, refund_question=None)))


def silence_refunds(contract: Contract, *, now: Instant) -> Decision[Ending]:
    """Refund the client when nobody answered in time (C8); an open dispute outranks the calendar (D3)."""
    question = contract.refund_question
    if question is None or now < question.ends_at or contract.open_disputes:
        return refuse(Code.REFUND_NOT_ASKED, "There is no unanswered question.")
    return Accepted(refund_escrow(contract, contract.escrow.balance))


def refund_escrow(contract: Contract, amount: Money) -> Ending:
    """Send `amount` of escrow back with its client fee; work that was paid from it is cancelled (C8)."""
    escrow, taken = contract.escrow.take(amount)
    milestones = contract.milestones
    if not escrow.balance:
        milestones = tuple(replace(each, status=MilestoneStatus.CANCELLED) if each.status in IN_WORK else each
                           for each in milestones)
    question = None if not escrow.balance else contract.refund_question
    return Ending(replace(contract, escrow=escrow, milestones=milestones, refund_question=question),
                  taken if amount else None)


def _end_active(contract: Contract, *, by: Side, refund: bool, now: Instant) -> Decision[Ending]:
    if contract.escrow.balance and not refund:
        return refuse(Code.ESCROW_NOT_EMPTY, f"There are {contract.escrow.balance} in escrow: send refund: true.")
    over = _over(contract, Status.ENDED, by, now)
    return _ask(over, by=by, now=now) if contract.escrow.balance else Accepted(Ending(over))


def _ask(contract: Contract, *, by: Side, now: Instant) -> Decision[Ending]:
    if contract.refund_question is not None and by is Side.CLIENT:
        return refuse(Code.REFUND_ALREADY_ASKED, "The freelancer has been asked and may still answer.")
    asked = replace(contract, refund_asked_at=now)
    if by is Side.FREELANCER:   # Who would be asked has answered.
        return Accepted(refund_escrow(asked, contract.escrow.balance))
    ends_at = now + timedelta(days=contract.terms.escrow_question_days)
    return Accepted(Ending(replace(asked, refund_question=RefundQuestion(now, ends_at))))


def _over(contract: Contract, status: Status, by: Side, now: Instant) -> Contract:
    return replace(
        contract, status=status, ended_at=now, inactive_since=contract.inactive_since or now,
        ended_reason=f"{status.value} by the {by.value}", pauses=(), milestones=without_future(contract.milestones),
    )


def _not_answerable(contract: Contract, by: Side, now: Instant) -> Refused | None:
    if by is not Side.FREELANCER:
        return not_a_party("freelancer")
    if not contract.prefunded:
        return refuse(Code.NOT_OFFERED, "This contract has no escrow to refund.")
    question = contract.refund_question
    if question is None or contract.open_disputes or now >= question.ends_at:
        return refuse(Code.REFUND_NOT_ASKED, "There is no question to answer.")
    return None
