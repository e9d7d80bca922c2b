"""A time entry as people see it: per week, what is billed, what is over the limit and what is locked (T2, T5).

Must never store what it shows: sheets are the truth.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.timesheets.application.collections import SHEETS
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.entries import TimeEntry
from services.timesheets.domain.locks import is_locked
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import CountedRow, WeekSheet, empty_sheet, sheet_id
from services.timesheets.domain.spans import WeekSpan
from shared.kernel.instants import Instant
from shared.persistence.reading import Reading


@dataclass(frozen=True, slots=True)
class CountedPart:
    """What of an entry lies in one week."""

    week_start: Instant
    started_at: Instant
    ended_at: Instant
    segments: int
    billable_segments: int
    protected_segments: int
    locked: bool


@dataclass(frozen=True, slots=True)
class CountedEntry:
    """An entry and its parts."""

    entry: TimeEntry
    parts: tuple[CountedPart, ...]

    @property
    def segments(self) -> int:
        """What was worked."""
        return sum(part.segments for part in self.parts)

    @property
    def billable_segments(self) -> int:
        """What is billed."""
        return sum(part.billable_segments for part in self.parts)

    @property
    def protected_segments(self) -> int:
        """What qualifies for protection (T7)."""
        return sum(part.protected_segments for part in self.parts)


Sheets = Mapping[Instant, WeekSheet]
"""One freelancer's sheets, by Monday."""


async def sheets_of(reading: Reading, freelancer_id: str, weeks: Iterable[Instant]) -> dict[Instant, WeekSheet]:
    """Return the freelancer's sheets of `weeks`; empty ones where nothing is written yet."""
    mondays = sorted(set(weeks))
    found = await reading.get_many(SHEETS, [sheet_id(freelancer_id, monday) for monday in mondays])
    return {
        monday: found.get(sheet_id(freelancer_id, monday)) or empty_sheet(freelancer_id, monday) for monday in mondays}


def counted_entry(entry: TimeEntry, contract: Contract, sheets: Sheets, now: Instant) -> CountedEntry:
    """Return `entry` as it counts on `sheets`, which cover its weeks."""
    return counted_entries([entry], contract, sheets, now)[0]


def counted_entries(
    entries: Sequence[TimeEntry], contract: Contract, sheets: Sheets, now: Instant
) -> list[CountedEntry]:
    """Return `entries` of one contract as they count on `sheets`, which cover their weeks; each sheet counts once."""
    tallies = {
        monday: {counted.row.entry_id: counted for counted in sheet.counted(contract)}
        for monday, sheet in sheets.items()}
    return [
        CountedEntry(entry, tuple(
            _part(part, tallies[part.week_start][entry.id], contract,
                  locked=_is_locked(sheets[part.week_start], contract, now))
            for part in entry.span.weeks() if entry.id in tallies[part.week_start]))
        for entry in entries]


def _part(part: WeekSpan, counted: CountedRow, contract: Contract, *, locked: bool) -> CountedPart:
    return CountedPart(
        part.week_start, part.started_at, part.ended_at, counted.row.segments, counted.billable_segments,
        protected_segments(contract, counted), locked)


def _is_locked(sheet: WeekSheet, contract: Contract, now: Instant) -> bool:
    return is_locked(sheet.week_start, now) or sheet.closure_of(contract.id) is not None
