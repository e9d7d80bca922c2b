"""Answers about submissions. Must never change anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.timesheets.application.collections import SUBMISSIONS
from services.timesheets.application.counted_entries import sheets_of
from services.timesheets.application.ports import Queries
from services.timesheets.application.visibility import Viewer, contract_seen_by
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.sheets import CountedRow, WeekSheet
from services.timesheets.domain.submissions import Submission
from shared.kernel.decisions import NotFound


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """A submission; for hours with the sheet of its week and what of it counts."""

    submission: Submission
    contract: Contract | None = None
    sheet: WeekSheet | None = None
    counted: tuple[CountedRow, ...] = ()


async def read_submission(queries: Queries, submission_id: str, viewer: Viewer) -> SubmissionView:
    """Return one submission, the hours of a week with their entries."""
    submission = await queries.get(SUBMISSIONS, submission_id)
    if submission is None or not (
            viewer.sees_all or viewer.party_id in (submission.client_id, submission.freelancer_id)):
        raise NotFound("submission")
    if submission.week_start is None:
        return SubmissionView(submission)
    contract = await contract_seen_by(queries, submission.contract_id, viewer)
    sheet = (await sheets_of(queries, contract.freelancer_id, [submission.week_start]))[submission.week_start]
    return SubmissionView(submission, contract, sheet, sheet.counted(contract))


async def list_submissions(
    queries: Queries, contract_id: str, viewer: Viewer, after: str | None, limit: int
) -> Sequence[Submission]:
    """Return the submissions of a contract in order of time, from behind the place `after`."""
    contract = await contract_seen_by(queries, contract_id, viewer)
    where = {"contract_id": contract.id, **({"place": {"$gt": after}} if after is not None else {})}
    return await queries.find(SUBMISSIONS, where, sort="place", limit=limit)
