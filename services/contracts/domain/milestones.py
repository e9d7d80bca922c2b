"""Milestones: adding, proposing, accepting and editing them, and which one comes next (C3 to C5).

Must never move money: activation and escrow are `deposits` and `releases`.
"""

from dataclasses import replace

from services.contracts.domain.contracts import Contract, Milestone, MilestoneStatus, Status
from services.contracts.domain.policies import Kind, Side
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.money import Money

OPEN_TO_CHANGES = (Status.ACCEPTED, Status.ACTIVE)


def below_minimum(amount: Money, minimum: Money) -> Refused | None:
    """Refuse an amount under the profile's minimum (C3), or in another currency; the minimum itself is enough."""
    if amount.currency != minimum.currency:
        return refuse(Code.CURRENCY_DIFFERS, f"This contract is in {minimum.currency}.")
    if amount < minimum:
        return refuse(Code.AMOUNT_BELOW_MINIMUM, f"{amount} is below the minimum of {minimum} {minimum.currency}.")
    return None


def change_milestone(contract: Contract, changed: Milestone) -> Contract:
    """Return the contract with one milestone in its new state."""
    return replace(contract, milestones=tuple(changed if each.id == changed.id else each
                                              for each in contract.milestones))


def next_planned(contract: Contract) -> Milestone | None:
    """Return the milestone whose turn it is: the first planned one in creation order (C4)."""
    return next((each for each in contract.milestones if each.status is MilestoneStatus.PLANNED), None)


def add(contract: Contract, *, by: Side, milestone_id: str, title: str, amount: Money) -> Decision[Contract]:
    """Put a milestone behind the others: the client's is planned, the freelancer's only proposed (C5)."""
    if refused := _no_milestones_to_change(contract) or below_minimum(amount, contract.terms.minimum_amount):
        return refused
    status = MilestoneStatus.PLANNED if by is Side.CLIENT else MilestoneStatus.PROPOSED
    milestone = Milestone(milestone_id, title, amount, status, Money.zero(contract.currency))
    return Accepted(replace(contract, milestones=(*contract.milestones, milestone)))


def accept_proposal(contract: Contract, milestone: Milestone, *, by: Side) -> Decision[Contract]:
    """Let a proposed milestone count (C5)."""
    if by is not Side.CLIENT:
        return not_a_party("client")
    if refused := _no_milestones_to_change(contract):
        return refused
    if milestone.status is not MilestoneStatus.PROPOSED:
        return refuse(Code.MILESTONE_NOT_PROPOSED, f"The milestone is {milestone.status.value}.")
    return Accepted(change_milestone(contract, replace(milestone, status=MilestoneStatus.PLANNED)))


def edit(
    contract: Contract, milestone: Milestone, *, by: Side, title: str | None, amount: Money | None
) -> Decision[Contract]:
    """Change a future milestone: the client a planned one, the freelancer its own proposal (C5)."""
    proposed = milestone.status is MilestoneStatus.PROPOSED
    if by is not (Side.FREELANCER if proposed else Side.CLIENT):
        return not_a_party("freelancer who proposed the milestone" if proposed else "client")
    if refused := _no_milestones_to_change(contract):
        return refused
    if not _is_future(contract, milestone):
        return refuse(Code.MILESTONE_NOT_EDITABLE, "Only future milestones may be edited.")
    if amount is not None and (refused := below_minimum(amount, contract.terms.minimum_amount)):
        return refused
    changed = replace(milestone, title=milestone.title if title is None else title, amount=amount or milestone.amount)
    return Accepted(change_milestone(contract, changed))


def _is_future(contract: Contract, milestone: Milestone) -> bool:
    being_activated = contract.deposit is not None and contract.deposit.milestone_id == milestone.id
    return milestone.status in (MilestoneStatus.PLANNED, MilestoneStatus.PROPOSED) and not being_activated


def _no_milestones_to_change(contract: Contract) -> Refused | None:
    if contract.kind is not Kind.MILESTONES:
        return refuse(Code.NOT_OFFERED, f"A contract of kind {contract.kind.value} has no milestones.")
    if contract.status not in OPEN_TO_CHANGES:
        return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")
    return None
