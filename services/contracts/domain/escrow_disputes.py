"""Decided disputes about escrow: how the contested money leaves it (D3, D4).

Must never move more than is there: a decision that comes after a release or a refund moves what is left.
"""

from dataclasses import dataclass, replace

from services.contracts.domain.contracts import IN_WORK, Contract, MilestoneStatus
from services.contracts.domain.endings import refund_escrow
from services.contracts.domain.escrows import Taken
from services.contracts.domain.milestones import change_milestone
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Split:
    """The contract after a decision, what goes to the freelancer's invoice and what back to the client."""

    contract: Contract
    milestone_id: str | None
    released: Taken | None
    refunded: Taken | None


def split(contract: Contract, *, to_freelancer: Money, to_client: Money) -> Split:
    """Split escrow as decided: first the freelancer's part, then the client's, neither more than is there (D4)."""
    milestone = contract.milestone_in_work
    part = _at_most(to_freelancer, contract.escrow.balance)
    released = None
    if part:
        escrow, released = contract.escrow.take(part)
        contract = replace(contract, escrow=escrow, refund_question=None)
        if milestone is not None and milestone.status in IN_WORK:
            contract = change_milestone(contract, replace(milestone, status=MilestoneStatus.RELEASED))
    ending = refund_escrow(contract, _at_most(to_client, contract.escrow.balance))
    return Split(ending.contract, milestone.id if milestone else None, released, ending.refunded)


def _at_most(wanted: Money, there: Money) -> Money:
    return min(wanted, there, key=lambda money: money.amount_minor)
