"""work.approved and work.changes_requested: follow what invoicing decided about a submission. Must never decide itself.

Each submission has its own status: what is heard of an older number never touches a newer one (I2).
"""

from services.timesheets.application.collections import SUBMISSIONS
from services.timesheets.domain.submissions import Submission, approved, changes_requested
from shared.events.envelope import Envelope
from shared.events.invoices import WorkApproved, WorkChangesRequested
from shared.kernel.decisions import Accepted, Decision
from shared.persistence.unit import Unit


async def follow_approval(unit: Unit, event: Envelope[WorkApproved]) -> None:
    """Mark the submission approved, by the client or by silence."""
    submission = await unit.get(SUBMISSIONS, event.data.object.submission_id)
    if submission is not None:
        _keep(unit, approved(submission, event.data.object.decided_at or event.time))


async def follow_request_for_changes(unit: Unit, event: Envelope[WorkChangesRequested]) -> None:
    """Mark that changes were requested: the next submission has the next number."""
    submission = await unit.get(SUBMISSIONS, event.data.object.submission_id)
    if submission is not None:
        _keep(unit, changes_requested(submission, event.data.object.decided_at or event.time))


def _keep(unit: Unit, decision: Decision[Submission]) -> None:
    if isinstance(decision, Accepted):
        unit.put(SUBMISSIONS, decision.value)
