"""Open the client's review of submitted work (I2). Must never open one for hours: those are billed at their lock."""

from services.invoicing.application.collections import REVIEWS
from services.invoicing.application.copies import accepted_contract
from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.reviews import Review, ReviewStatus, open_review, supersede
from shared.events.envelope import Envelope
from shared.events.work import Submission, WorkSubmitted
from shared.kernel.decisions import Accepted
from shared.kernel.money import Money
from shared.persistence.unit import Due, Early, Phase, Unit

REVIEW_DUE = "review.ends"
"""Due item: a review window ends; its ref is the submission."""


async def open_review_of_work(unit: Unit, event: Envelope[WorkSubmitted]) -> None:
    """Open a full new window; an undecided review of an earlier submission of the same work no longer counts."""
    submission = event.data.object
    if submission.kind != "work":
        return
    contract = await accepted_contract(unit, submission.contract_id)
    review = open_review(
        contract, submission_id=submission.id, milestone_id=submission.milestone_id, number=submission.number,
        whole=_whole(contract, submission), opened_at=submission.submitted_at,
    )
    if await _later_submission_came_first(unit, review):
        review = supersede(review).unwrap()
    unit.put(REVIEWS, review)
    if review.status is ReviewStatus.IN_REVIEW and review.ends_at is not None:
        unit.schedule(Due(REVIEW_DUE, review.id, review.clock, review.ends_at, Phase.LOCK))


def _whole(contract: Contract, submission: Submission) -> Money:
    """Return what the work costs at most; Early while this copy may still show an amount that was edited since (C5)."""
    if submission.milestone_id is None:
        if contract.amount is None:
            raise Early(f"contract:{contract.id}")
        return contract.amount
    milestone = contract.milestone(submission.milestone_id)
    if milestone is None or not milestone.settled:
        raise Early(f"milestone:{submission.milestone_id}")
    return milestone.amount


async def _later_submission_came_first(unit: Unit, opened: Review) -> bool:
    """Supersede earlier undecided reviews of the same work; tell whether a later one is already here."""
    others = [other for other in await unit.find(REVIEWS, {"contract_id": opened.contract_id})
              if other.milestone_id == opened.milestone_id and other.id != opened.id]
    for other in others:
        superseded = supersede(other)
        if other.number < opened.number and isinstance(superseded, Accepted):
            unit.put(REVIEWS, superseded.value)
            unit.unschedule(REVIEW_DUE, other.id)
    return any(other.number > opened.number for other in others)
