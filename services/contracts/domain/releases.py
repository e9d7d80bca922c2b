"""Releases: what an approval, a paid invoice or a decided dispute does to milestones and escrow (C2, C6, C7, C9).

The one place where escrow leaves for an invoice. Must never release a deposit that was refunded, or release it twice.
"""

from dataclasses import dataclass, replace

from services.contracts.domain.contracts import (
    IN_WORK,
    LIVING,
    Contract,
    Milestone,
    MilestoneStatus,
    Status,
)
from services.contracts.domain.escrows import Taken
from services.contracts.domain.milestones import change_milestone
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Release:
    """The contract after an approval, and what left escrow for it; None where the approval is charged instead."""

    contract: Contract
    taken: Taken | None


def approve(contract: Contract, milestone: Milestone, *, amount: Money | None, now: Instant) -> Decision[Release]:
    """Release approved work: the whole amount, or less, and the rest stays in escrow (C7).

    Work whose escrow is gone (refunded, or released before) changes nothing. ValueError for an amount above the
    milestone's: invoicing refuses those.
    """
    if milestone.status not in IN_WORK:
        return AlreadyDone(Release(contract, None))
    gross = milestone.amount if amount is None else amount
    if not Money.zero(contract.currency) < gross <= milestone.amount:
        raise ValueError(f"{gross} of {milestone.amount} cannot be approved")
    released = change_milestone(contract, replace(milestone, status=MilestoneStatus.RELEASED))
    if not contract.prefunded:
        return Accepted(Release(complete(released, now=now), None))
    escrow, taken = contract.escrow.take(gross)
    released = replace(released, escrow=escrow)
    if not escrow.balance:
        released = replace(released, refund_question=None)
    return Accepted(Release(complete(released, now=now), taken))


def mark_paid(contract: Contract, milestone_ids: frozenset[str], *, now: Instant) -> Decision[Contract]:
    """Note that the invoices of these milestones are paid; the last one completes the contract (C2, C9).

    May come before the approval is heard: then the approval completes it.
    """
    paid = tuple(replace(each, paid=True) if each.id in milestone_ids else each for each in contract.milestones)
    if paid == contract.milestones:
        return AlreadyDone(contract)
    return Accepted(complete(replace(contract, milestones=paid), now=now))


def complete(contract: Contract, *, now: Instant) -> Contract:
    """Return the contract, completed where the last milestone is approved and paid (C2); proposals are dropped."""
    if contract.status not in LIVING or not contract.staged or contract.deposit is not None:
        return contract
    counting = [each for each in contract.milestones
                if each.status not in (MilestoneStatus.PROPOSED, MilestoneStatus.CANCELLED)]
    if not counting or not all(each.status is MilestoneStatus.RELEASED and each.paid for each in counting):
        return contract
    return replace(
        contract, status=Status.COMPLETED, ended_at=now, inactive_since=contract.inactive_since or now,
        ended_reason="completed", pauses=(), milestones=without_future(contract.milestones),
    )


def without_future(milestones: tuple[Milestone, ...]) -> tuple[Milestone, ...]:
    """Cancel every milestone that was not activated."""
    future = (MilestoneStatus.PLANNED, MilestoneStatus.PROPOSED)
    return tuple(replace(each, status=MilestoneStatus.CANCELLED) if each.status in future else each
                 for each in milestones)
