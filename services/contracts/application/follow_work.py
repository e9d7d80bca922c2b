"""Hear of submissions and approvals: escrow is released for approved work, here alone (C6, C7).

The three topics have no order between them; submission numbers tell which news is newer.
"""

from dataclasses import replace

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.end_contract import ESCROW_QUESTION
from services.contracts.application.escrow_events import announce_release
from services.contracts.application.finding import contract_of_event
from services.contracts.domain import releases
from services.contracts.domain.contracts import IN_WORK, Contract, Milestone, MilestoneStatus
from services.contracts.domain.milestones import change_milestone
from shared.events.envelope import Envelope
from shared.events.invoices import WorkApproved, WorkChangesRequested
from shared.events.work import WorkSubmitted
from shared.kernel.decisions import Accepted
from shared.persistence.group_commit import Handler
from shared.persistence.unit import Unit


async def work_submitted(unit: Unit, event: Envelope[WorkSubmitted]) -> None:
    """Show the milestone as submitted, unless newer news was heard; hours have no milestone."""
    submission = event.data.object
    if submission.kind != "work":
        return
    contract = await contract_of_event(unit, submission.contract_id)
    milestone = contract.milestone(submission.milestone_id)
    if milestone is not None and submission.number > milestone.submission_number:
        _note(unit, contract, milestone, MilestoneStatus.SUBMITTED, submission.number)


async def changes_requested(unit: Unit, event: Envelope[WorkChangesRequested]) -> None:
    """Show the milestone as in work again, unless a newer submission was heard of."""
    review = event.data.object
    contract = await contract_of_event(unit, review.contract_id)
    milestone = contract.milestone(review.milestone_id)
    if milestone is not None and review.number >= milestone.submission_number:
        _note(unit, contract, milestone, MilestoneStatus.ACTIVE, review.number)


async def work_approved(unit: Unit, event: Envelope[WorkApproved]) -> None:
    """Release escrow for it, or note that it is to be charged; approved again, or refunded before, changes nothing."""
    review = event.data.object
    contract = await contract_of_event(unit, review.contract_id)
    milestone = contract.milestone(review.milestone_id)
    if milestone is None:
        raise LookupError(f"contract {contract.id} has no milestone {review.milestone_id}")
    decision = releases.approve(contract, milestone, amount=review.amount, now=unit.now)
    if not isinstance(decision, Accepted):
        decision.unwrap()
        return
    kept = keep(unit, contract, decision.value.contract)
    if decision.value.taken is not None:
        announce_release(unit, kept, decision.value.taken, milestone_id=milestone.id,
                         submission_id=review.submission_id)
    if contract.refund_question is not None and kept.refund_question is None:
        unit.unschedule(ESCROW_QUESTION, contract.id)


def _note(unit: Unit, contract: Contract, milestone: Milestone, status: MilestoneStatus, number: int) -> None:
    heard = replace(milestone, submission_number=number)
    if milestone.status in IN_WORK:
        heard = replace(heard, status=status)
    keep(unit, contract, change_milestone(contract, heard))


HANDLERS = {
    "work.submitted": Handler(work_submitted, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
    "work.changes_requested": Handler(changes_requested, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
    "work.approved": Handler(work_approved, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
}
