"""What this service publishes, made from its own documents. Must never read or decide."""

from collections.abc import Sequence

from services.timesheets.domain.closings import ClosedWeek
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import CountedRow, WeekSheet
from services.timesheets.domain.submissions import Submission
from shared.events import work
from shared.kernel.instants import WEEK


def work_submitted(
    submission: Submission, contract: Contract | None = None, sheet: WeekSheet | None = None,
    counted: Sequence[CountedRow] = (),
) -> work.WorkSubmitted:
    """Say that work, or a week's hours with its entries, was handed in."""
    return work.WorkSubmitted(object=work.Submission(
        id=submission.id, clock=submission.clock, contract_id=submission.contract_id, client_id=submission.client_id,
        freelancer_id=submission.freelancer_id, kind=submission.kind, number=submission.number,
        milestone_id=submission.milestone_id, note=submission.note, submitted_at=submission.submitted_at,
        week_start=submission.week_start, segments=submission.segments,
        billable_segments=submission.billable_segments, protected_segments=submission.protected_segments,
        entries=tuple(_entry(contract, sheet, each) for each in counted) if contract and sheet else ()))


def _entry(contract: Contract, sheet: WeekSheet, counted: CountedRow) -> work.TimeEntry:
    row = counted.row
    return work.TimeEntry(
        id=row.entry_id, started_at=sheet.started_at(row), ended_at=sheet.ended_at(row), segments=row.segments,
        billable_segments=counted.billable_segments, protected_segments=protected_segments(contract, counted),
        source=row.source, has_memo=row.has_memo, activity=row.activity)


def period_closed(contract: Contract, week: ClosedWeek) -> work.PeriodClosed:
    """Say that the week of a contract is closed."""
    return work.PeriodClosed(object=work.Period(
        id=week.period_id, clock=contract.clock, contract_id=contract.id, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, week_start=week.week_start, week_end=week.week_start + WEEK,
        locked_at=week.locked_at, segments=week.segments, billable_segments=week.billable_segments,
        protected_segments=week.protected_segments, submission_id=week.submission_id, hourly_rate=contract.hourly_rate))
