"""work.submit: hand in a single payment or a milestone (I2). Must never open a review: invoicing does."""

from dataclasses import dataclass

from services.timesheets.application.collections import DELIVERABLES, SUBMISSIONS
from services.timesheets.application.publish import work_submitted
from services.timesheets.application.visibility import Viewer, contract_seen_by
from services.timesheets.domain.submissions import Deliverable, Submission, may_submit, place_of, target_of
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class SubmitWork:
    """Without `milestone_id` the milestone in work is meant, or the single payment."""

    contract_id: str
    by: str
    milestone_id: str | None = None
    note: str | None = None


async def submit_work(unit: Unit, command: SubmitWork) -> Submission:
    """Hand work in under the next number; of two at once exactly one is taken."""
    contract = await contract_seen_by(unit, command.contract_id, Viewer(command.by))
    if contract.kind == "milestones" and command.milestone_id and contract.milestone(command.milestone_id) is None:
        raise NotFound("milestone")
    target = target_of(contract, command.milestone_id)
    number = may_submit(contract, command.by, target, await _latest(unit, target)).unwrap()
    id = unit.derived_id("sub", target, str(number))
    submission = Submission(
        id=id, clock=contract.clock, contract_id=contract.id,
        client_id=contract.client_id, freelancer_id=contract.freelancer_id, kind="work", number=number,
        status="in_review", submitted_at=unit.now, place=place_of(unit.now, id),
        milestone_id=None if target == contract.id else target, note=command.note)
    unit.put(DELIVERABLES, Deliverable(target, contract.id, number, submission.id))
    unit.put(SUBMISSIONS, submission)
    unit.emit(work_submitted(submission), key=contract.freelancer_id, subject=submission.id)
    return submission


async def _latest(unit: Unit, target: str) -> Submission | None:
    deliverable = await unit.get(DELIVERABLES, target)
    if deliverable is None:
        return None
    return await unit.get(SUBMISSIONS, deliverable.submission_id)
