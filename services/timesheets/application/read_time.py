"""Answers about time entries and weeks. Must never change anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.timesheets.application.collections import ENTRIES, WEEKS
from services.timesheets.application.counted_entries import CountedEntry, counted_entries, counted_entry, sheets_of
from services.timesheets.application.ports import Queries
from services.timesheets.application.visibility import Viewer, contract_seen_by, entry_seen_by
from services.timesheets.domain.closings import ClosedWeek, week_id
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.locks import is_locked, lock_of
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import WeekSheet
from services.timesheets.domain.spans import SEGMENTS_PER_HOUR
from shared.kernel.instants import WEEK, Instant


@dataclass(frozen=True, slots=True)
class WeekView:
    """One billing week of a contract; `closed` once its period is published, `locked` once the lock has passed."""

    contract_id: str
    week_start: Instant
    week_end: Instant
    locks_at: Instant
    locked: bool
    closed: bool
    segments: int
    billable_segments: int
    protected_segments: int
    limit_hours: int | None
    period_id: str | None
    submission_id: str | None


@dataclass(frozen=True, slots=True)
class Range:
    """`[since, until)`, and where the page before ended."""

    since: Instant | None = None
    until: Instant | None = None
    after: Instant | None = None

    def holds(self, value: Instant) -> bool:
        """Return whether `value` lies in the range and behind the page before."""
        return ((self.since is None or value >= self.since) and (self.until is None or value < self.until)
                and (self.after is None or value > self.after))


async def read_entry(queries: Queries, entry_id: str, viewer: Viewer) -> CountedEntry:
    """Return one entry."""
    entry, contract = await entry_seen_by(queries, entry_id, viewer)
    sheets = await sheets_of(queries, entry.freelancer_id, (part.week_start for part in entry.span.weeks()))
    return counted_entry(entry, contract, sheets, await queries.now(contract.clock))


async def list_entries(
    queries: Queries, contract_id: str, viewer: Viewer, wanted: Range, limit: int
) -> Sequence[CountedEntry]:
    """Return entries that start in the range, in order of time; no two start at once, so time is the key."""
    contract = await contract_seen_by(queries, contract_id, viewer)
    started_at: dict[str, Instant] = {}
    if wanted.since is not None:
        started_at["$gte"] = wanted.since
    if wanted.until is not None:
        started_at["$lt"] = wanted.until
    if wanted.after is not None:
        started_at["$gt"] = wanted.after
    where = {"contract_id": contract.id, **({"started_at": started_at} if started_at else {})}
    entries = await queries.find(ENTRIES, where, sort="started_at", limit=limit)
    mondays = {part.week_start for entry in entries for part in entry.span.weeks()}
    sheets = await sheets_of(queries, contract.freelancer_id, mondays)
    return counted_entries(entries, contract, sheets, await queries.now(contract.clock))


async def list_weeks(
    queries: Queries, contract_id: str, viewer: Viewer, wanted: Range, limit: int
) -> Sequence[WeekView]:
    """Return the weeks in which the contract was active, in order; contracts without periods have none (T6)."""
    contract = await contract_seen_by(queries, contract_id, viewer)
    if not contract.has_periods:
        return []
    now = await queries.now(contract.clock)
    mondays = [monday for monday in contract.active_weeks(until=now) if wanted.holds(monday)][:limit]
    closed = await queries.get_many(WEEKS, [week_id(contract.id, monday) for monday in mondays])
    sheets = await sheets_of(queries, contract.freelancer_id, mondays if contract.kind == "hourly" else ())
    return [
        _week_view(contract, monday, sheets.get(monday), closed.get(week_id(contract.id, monday)), now)
        for monday in mondays]


def _week_view(
    contract: Contract, week_start: Instant, sheet: WeekSheet | None, closed: ClosedWeek | None, now: Instant
) -> WeekView:
    counted = sheet.counted(contract) if sheet is not None else ()
    limit_segments = contract.limit_segments_in(week_start)
    if sheet is not None and (closure := sheet.closure_of(contract.id)) is not None:
        limit_segments = closure.limit_segments
    return WeekView(
        contract_id=contract.id, week_start=week_start, week_end=week_start + WEEK, locks_at=lock_of(week_start),
        locked=closed is not None or is_locked(week_start, now), closed=closed is not None,
        segments=sum(each.row.segments for each in counted),
        billable_segments=sum(each.billable_segments for each in counted),
        protected_segments=sum(protected_segments(contract, each) for each in counted),
        limit_hours=None if limit_segments is None else limit_segments // SEGMENTS_PER_HOUR,
        period_id=closed.period_id if closed is not None else None,
        submission_id=closed.submission_id if closed is not None else None)
