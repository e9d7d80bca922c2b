"""Week sheets: all time of one freelancer in one billing week. The one guarded document that every log, edit and lock
of that week goes through, so that overlaps and the lock are exact. Must never hold money.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.timesheets.domain import refusals
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.entries import Source, TimeEntry
from services.timesheets.domain.spans import SEGMENT, WeekSpan
from shared.kernel.decisions import Accepted, Decision
from shared.kernel.instants import Instant


@dataclass(frozen=True, slots=True)
class Row:
    """What of one entry lies in the week, in marks from its Monday: `[first_mark, end_mark)`."""

    entry_id: str
    contract_id: str
    first_mark: int
    end_mark: int
    source: Source
    has_memo: bool
    activity: int
    client_in_good_standing: bool = True
    """When it was logged (T7)."""

    @property
    def segments(self) -> int:
        """How many segments were worked."""
        return self.end_mark - self.first_mark


@dataclass(frozen=True, slots=True)
class CountedRow:
    """A row, and how many of its segments, the earliest ones, the weekly limit lets through (T5)."""

    row: Row
    billable_segments: int

    @property
    def over_limit_segments(self) -> int:
        """What stays visible and is never billed."""
        return self.row.segments - self.billable_segments


@dataclass(frozen=True, slots=True)
class Closure:
    """The lock of one contract's week, and the limit that held then."""

    contract_id: str
    limit_segments: int | None


@dataclass(frozen=True, slots=True)
class WeekSheet:
    """The rows of one freelancer and week in order of time, and which contracts' week is closed."""

    id: str
    freelancer_id: str
    week_start: Instant
    rows: tuple[Row, ...] = ()
    closures: tuple[Closure, ...] = ()

    def closure_of(self, contract_id: str) -> Closure | None:
        """Return the lock of a contract's week, None while it is open."""
        return next((each for each in self.closures if each.contract_id == contract_id), None)

    def rows_of(self, contract_id: str) -> tuple[Row, ...]:
        """Return the rows of one contract, in order of time."""
        return tuple(row for row in self.rows if row.contract_id == contract_id)

    def with_row(self, row: Row) -> Decision["WeekSheet"]:
        """Write a row down; refused where the contract's week is closed or any of the time is taken (T2, T4)."""
        if self.closure_of(row.contract_id) is not None:
            return refusals.WEEK_LOCKED
        if any(row.first_mark < other.end_mark and other.first_mark < row.end_mark for other in self.rows):
            return refusals.OVERLAPPING_TIME
        return Accepted(replace(self, rows=tuple(sorted((*self.rows, row), key=lambda each: each.first_mark))))

    def without(self, contract_id: str, entry_id: str) -> Decision["WeekSheet"]:
        """Strike an entry out; refused where its contract's week is closed (T2)."""
        if self.closure_of(contract_id) is not None:
            return refusals.WEEK_LOCKED
        return Accepted(replace(self, rows=tuple(row for row in self.rows if row.entry_id != entry_id)))

    def closed_for(self, contract: Contract) -> "WeekSheet":
        """Return the sheet as it stands after the lock of one contract's week (T2)."""
        if self.closure_of(contract.id) is not None:
            return self
        closure = Closure(contract.id, contract.limit_segments_in(self.week_start))
        return replace(self, closures=(*self.closures, closure))

    def counted(self, contract: Contract) -> tuple[CountedRow, ...]:
        """Return the rows of one contract with what of each is billed, by the limit of the week (T5)."""
        closure = self.closure_of(contract.id)
        limit = contract.limit_segments_in(self.week_start) if closure is None else closure.limit_segments
        return tuple(counted(self.rows_of(contract.id), limit))

    def started_at(self, row: Row) -> Instant:
        """When the row begins."""
        return self.week_start + row.first_mark * SEGMENT

    def ended_at(self, row: Row) -> Instant:
        """When the row ends."""
        return self.week_start + row.end_mark * SEGMENT


def sheet_id(freelancer_id: str, week_start: Instant) -> str:
    """Return the id of a freelancer's sheet of one week."""
    return f"{freelancer_id}:{week_start:%Y-%m-%d}"


def empty_sheet(freelancer_id: str, week_start: Instant) -> WeekSheet:
    """Return a sheet on which nothing is written."""
    return WeekSheet(sheet_id(freelancer_id, week_start), freelancer_id, week_start)


def row_of(entry: TimeEntry, part: WeekSpan) -> Row:
    """Return the row that says what of `entry` lies in the week of `part`; its times must lie on marks."""
    return Row(
        entry_id=entry.id, contract_id=entry.contract_id, first_mark=part.first_mark, end_mark=part.end_mark,
        source=entry.evidence.source, has_memo=entry.evidence.has_memo, activity=entry.evidence.activity,
        client_in_good_standing=entry.client_in_good_standing)


def counted(rows: tuple[Row, ...], limit_segments: int | None) -> Iterator[CountedRow]:
    """Yield the rows of one contract and week with what of each is billed: earlier segments count first (T5)."""
    left = sum(row.segments for row in rows) if limit_segments is None else limit_segments
    for row in rows:
        billable_segments = min(row.segments, left)
        left -= billable_segments
        yield CountedRow(row, billable_segments)
