"""Ask for changes of submitted work (I2). Must never move the window: a resubmission opens a new one."""

from dataclasses import dataclass

from services.invoicing.application.collections import REVIEWS
from services.invoicing.application.open_review import REVIEW_DUE
from services.invoicing.application.ownership import Actor, require_client
from services.invoicing.application.published import review_resource
from services.invoicing.domain.reviews import Review, request_changes
from shared.events.invoices import WorkChangesRequested
from shared.kernel.decisions import NotFound
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class RequestChanges:
    """The client asks for changes of a submission."""

    actor: Actor
    submission_id: str
    note: str | None = None


async def request_changes_of_work(unit: Unit, command: RequestChanges) -> Review:
    """Stop the review inside its window."""
    review = await unit.get(REVIEWS, command.submission_id)
    require_client(review, command.actor, "submission")
    if review is None:
        raise NotFound("submission")
    stopped = request_changes(review, now=unit.now, note=command.note).unwrap()
    unit.put(REVIEWS, stopped)
    unit.unschedule(REVIEW_DUE, stopped.id)
    unit.emit(WorkChangesRequested(object=review_resource(stopped)),
              key=stopped.freelancer_id, subject=stopped.id, contract_id=stopped.contract_id)
    return stopped
