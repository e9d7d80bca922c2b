"""Routes of submissions. Must never decide: each parses, calls one use case and renders."""

from fastapi import APIRouter, Response

from services.timesheets.api.callers import viewer_of
from services.timesheets.api.rendering import submission_out, submission_view_out
from services.timesheets.api.schemas import SubmissionOut, SubmissionsOut, SubmitWorkIn
from services.timesheets.application.collections import CONTRACTS
from services.timesheets.application.ports import Queries
from services.timesheets.application.read_submissions import list_submissions, read_submission
from services.timesheets.application.submit_work import SubmitWork, submit_work
from shared.persistence.group_commit import Committer
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer
from shared.web.pages import LIMIT_DEFAULT, CursorQuery, LimitQuery, Page, decode_cursor, page_out


def submission_routes(committer: Committer, queries: Queries) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["submissions"])

    @routes.post("/contracts/{contract_id}/submissions", status_code=201, response_model=None,
                 responses={201: {"model": SubmissionOut}}, summary="Hand work in")
    async def submit(contract_id: str, body: SubmitWorkIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Hand in a single payment or the active milestone; the client's review window opens in invoicing (I2)."""
        command = SubmitWork(contract_id, caller.subject, body.milestone_id, body.note)
        return answered(await committer.run(
            submit_work, command, caller=caller.subject, reads=[(CONTRACTS, contract_id)], idempotency=key,
            render=lambda submission: json_answer(201, submission_out(submission))))

    @routes.get("/contracts/{contract_id}/submissions", response_model=SubmissionsOut, summary="List submissions")
    async def list_all(
        contract_id: str, caller: CallerDep, limit: LimitQuery = LIMIT_DEFAULT, cursor: CursorQuery = None,
    ) -> Response:
        """List the submissions of a contract, in order of time."""
        after = None if cursor is None else decode_cursor(cursor, parts=1)[0]
        found = await list_submissions(queries, contract_id, viewer_of(caller), after, limit + 1)
        return answered(json_answer(200, page_out(
            found, Page(limit, None), key=lambda each: (each.place,), render=submission_out)))

    @routes.get("/submissions/{submission_id}", response_model=SubmissionOut, summary="Read a submission")
    async def read(submission_id: str, caller: CallerDep) -> Response:
        """Return one submission; the hours of a week with their entries."""
        view = await read_submission(queries, submission_id, viewer_of(caller))
        return answered(json_answer(200, submission_view_out(view)))

    return routes
