"""Plain values of what the API gives, in the shape of `schemas`. Must never read or decide."""

from typing import Any

from services.timesheets.application.counted_entries import CountedEntry
from services.timesheets.application.read_submissions import SubmissionView
from services.timesheets.application.read_time import WeekView
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import CountedRow, WeekSheet
from services.timesheets.domain.submissions import Submission
from shared.web.schemas import instant_out


def entry_out(counted: CountedEntry) -> dict[str, Any]:
    """Return the plain values of `TimeEntryOut`."""
    entry = counted.entry
    return {
        "id": entry.id, "contract_id": entry.contract_id, "freelancer_id": entry.freelancer_id,
        "source": entry.evidence.source, "memo": entry.evidence.memo, "activity": entry.evidence.activity,
        "started_at": instant_out(entry.started_at), "ended_at": instant_out(entry.ended_at),
        "logged_at": instant_out(entry.logged_at), "segments": counted.segments,
        "billable_segments": counted.billable_segments, "protected_segments": counted.protected_segments,
        "over_limit_segments": counted.segments - counted.billable_segments,
        "parts": [{
            "week_start": instant_out(part.week_start), "started_at": instant_out(part.started_at),
            "ended_at": instant_out(part.ended_at), "segments": part.segments,
            "billable_segments": part.billable_segments, "protected_segments": part.protected_segments,
            "locked": part.locked} for part in counted.parts],
    }


def week_out(week: WeekView) -> dict[str, Any]:
    """Return the plain values of `WeekOut`."""
    return {
        "contract_id": week.contract_id, "week_start": instant_out(week.week_start),
        "week_end": instant_out(week.week_end), "locks_at": instant_out(week.locks_at), "locked": week.locked,
        "closed": week.closed, "segments": week.segments, "billable_segments": week.billable_segments,
        "protected_segments": week.protected_segments,
        "over_limit_segments": week.segments - week.billable_segments, "limit_hours": week.limit_hours,
        "period_id": week.period_id, "submission_id": week.submission_id,
    }


def submission_out(submission: Submission) -> dict[str, Any]:
    """Return the plain values of `SubmissionOut`, without entries."""
    return {
        "id": submission.id, "contract_id": submission.contract_id, "milestone_id": submission.milestone_id,
        "kind": submission.kind, "number": submission.number, "status": submission.status, "note": submission.note,
        "submitted_at": instant_out(submission.submitted_at), "decided_at": instant_out(submission.decided_at),
        "week_start": instant_out(submission.week_start), "segments": submission.segments,
        "billable_segments": submission.billable_segments, "protected_segments": submission.protected_segments,
        "entries": [],
    }


def submission_view_out(view: SubmissionView) -> dict[str, Any]:
    """Return the plain values of `SubmissionOut`, with the entries of a week of hours."""
    entries = [] if view.contract is None or view.sheet is None else [
        _submitted_time(view.contract, view.sheet, each) for each in view.counted]
    return {**submission_out(view.submission), "entries": entries}


def _submitted_time(contract: Contract, sheet: WeekSheet, counted: CountedRow) -> dict[str, Any]:
    row = counted.row
    return {
        "id": row.entry_id, "started_at": instant_out(sheet.started_at(row)),
        "ended_at": instant_out(sheet.ended_at(row)), "segments": row.segments,
        "billable_segments": counted.billable_segments,
        "protected_segments": protected_segments(contract, counted), "source": row.source, "has_memo": row.has_memo,
        "activity": row.activity,
    }
