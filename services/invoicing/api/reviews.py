"""`/v1/reviews`: approve submitted work or ask for changes, inside the window (I2)."""

from fastapi import APIRouter, Response

from services.invoicing.api.callers import actor_of
from services.invoicing.api.rendering import review_out
from services.invoicing.api.schemas import ApproveIn, RequestChangesIn, ReviewOut
from services.invoicing.application.approve_work import ApproveWork, approve_work
from services.invoicing.application.collections import REVIEWS
from services.invoicing.application.queries import get_review
from services.invoicing.application.request_changes import RequestChanges, request_changes_of_work
from shared.persistence.group_commit import Committer
from shared.persistence.reading import Reading
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer


def review_routes(committer: Committer, reading: Reading) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/reviews", tags=["reviews"])

    @routes.get("/{submission_id}", response_model=None, responses={200: {"model": ReviewOut}},
                summary="Read a review")
    async def read(submission_id: str, caller: CallerDep) -> Response:
        """Return the review of one submission to its parties."""
        return answered(json_answer(200, review_out(await get_review(reading, actor_of(caller), submission_id))))

    @routes.post("/{submission_id}/approve", response_model=None, responses={200: {"model": ReviewOut}},
                 summary="Approve submitted work")
    async def approve(submission_id: str, body: ApproveIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Approve inside the window (client).

        Prefunded work is paid from escrow, other work is charged now; either follows as events. Refused with
        `NOT_A_PARTY`, `NOT_OFFERED` (another amount than the whole, where nothing is prefunded),
        `REVIEW_WINDOW_CLOSED` and `APPROVED_AMOUNT_TOO_HIGH`.
        """
        amount = None if body.amount is None else body.amount.money()
        command = ApproveWork(actor_of(caller), submission_id, amount, body.note)
        return answered(await committer.run(
            approve_work, command, caller=caller.subject, reads=[(REVIEWS, submission_id)], idempotency=key,
            render=lambda review: json_answer(200, review_out(review))))

    @routes.post("/{submission_id}/request_changes", response_model=None, responses={200: {"model": ReviewOut}},
                 summary="Ask for changes")
    async def request_changes(
        submission_id: str, body: RequestChangesIn, caller: CallerDep, key: IdempotencyDep
    ) -> Response:
        """Stop the review inside its window (client); a resubmission opens a full new one.

        Refused with `NOT_A_PARTY` and `REVIEW_WINDOW_CLOSED`.
        """
        command = RequestChanges(actor_of(caller), submission_id, body.note)
        return answered(await committer.run(
            request_changes_of_work, command, caller=caller.subject, reads=[(REVIEWS, submission_id)],
            idempotency=key, render=lambda review: json_answer(200, review_out(review))))

    return routes
