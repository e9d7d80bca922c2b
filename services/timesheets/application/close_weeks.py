"""week.locks: Monday 12:00 UTC. Submits the hours of one contract's week and closes its period, once (T2, T4, T6)."""

from collections.abc import Iterator
from typing import Any

from services.timesheets.application.collections import CONTRACTS, SHEETS, SUBMISSIONS, WEEKS
from services.timesheets.application.publish import period_closed, work_submitted
from services.timesheets.application.schedule_locks import schedule_locks
from services.timesheets.domain.closings import LockRef, closed_week, hours_submission, week_id
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.sheets import CountedRow, WeekSheet, empty_sheet, sheet_id
from shared.kernel.instants import WEEK, Instant
from shared.persistence.collections import Collection
from shared.persistence.unit import Due, Unit


async def close_week(unit: Unit, due: Due) -> None:
    """Close the week that `due` names unless it is closed or turned out to be idle, and see to the next one."""
    ref = LockRef.parse(due.ref)
    contract = await unit.get(CONTRACTS, ref.contract_id)
    if contract is None:
        raise LookupError(f"{due.ref}: a lock was scheduled for a contract that is not known")
    known = await unit.get(WEEKS, week_id(contract.id, ref.week_start))
    if known is None and contract.was_active_in(ref.week_start):
        await _close(unit, contract, ref.week_start)
    await schedule_locks(unit, contract, after=ref.week_start)


def reads_of_close(due: Due) -> Iterator[tuple[Collection[Any], str]]:
    """Name what `close_week` is going to read, so that thousands of locks are fetched together."""
    ref = LockRef.parse(due.ref)
    yield CONTRACTS, ref.contract_id
    yield SHEETS, sheet_id(ref.freelancer_id, ref.week_start)
    yield WEEKS, week_id(ref.contract_id, ref.week_start)
    yield WEEKS, week_id(ref.contract_id, ref.week_start + WEEK)


async def _close(unit: Unit, contract: Contract, week_start: Instant) -> None:
    sheet, counted = await _counted(unit, contract, week_start)
    week = closed_week(
        contract, week_start, counted,
        period_id=unit.derived_id("per", contract.id, week_start.isoformat()),
        submission_id=unit.derived_id("sub", contract.id, week_start.isoformat()))
    unit.put(WEEKS, week)
    if week.submission_id is not None and sheet is not None:
        submission = hours_submission(contract, week, week.submission_id)
        unit.put(SUBMISSIONS, submission)
        handed_in = work_submitted(submission, contract, sheet, counted)
        unit.emit(handed_in, key=contract.freelancer_id, subject=submission.id)
    unit.emit(period_closed(contract, week), key=contract.freelancer_id, subject=week.period_id)


async def _counted(
    unit: Unit, contract: Contract, week_start: Instant
) -> tuple[WeekSheet | None, tuple[CountedRow, ...]]:
    """Close the freelancer's sheet for this contract: from now on it refuses, whatever a caller's clock says."""
    if contract.kind != "hourly":
        return None, ()
    found = await unit.get(SHEETS, sheet_id(contract.freelancer_id, week_start))
    sheet = (found or empty_sheet(contract.freelancer_id, week_start)).closed_for(contract)
    unit.put(SHEETS, sheet)
    return sheet, sheet.counted(contract)
