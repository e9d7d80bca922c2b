"""time.log: write new time on the freelancer's week sheets (T4). Must never write time that any rule refuses."""

from dataclasses import dataclass

from services.timesheets.application.collections import ENTRIES, SHEETS
from services.timesheets.application.counted_entries import CountedEntry, counted_entry, sheets_of
from services.timesheets.application.follow_clients import is_in_good_standing
from services.timesheets.application.visibility import Viewer, contract_seen_by
from services.timesheets.domain.entries import Evidence, TimeEntry
from services.timesheets.domain.sheets import row_of
from services.timesheets.domain.spans import Span, segments_until
from services.timesheets.domain.time_rules import may_log
from shared.kernel.instants import Instant
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class LogTime:
    """`when` is a span, or how many consecutive segments, the last of which ends now."""

    contract_id: str
    by: str
    evidence: Evidence
    when: Span | int

    def span_at(self, now: Instant) -> Span:
        """Return the span that is meant."""
        return segments_until(now, self.when) if isinstance(self.when, int) else self.when


async def log_time(unit: Unit, command: LogTime) -> CountedEntry:
    """Log time as one entry, split over its weeks; of two that overlap exactly one is kept."""
    contract = await contract_seen_by(unit, command.contract_id, Viewer(command.by))
    span = may_log(contract, command.by, command.evidence.source, command.span_at(unit.now), unit.now).unwrap()
    entry = TimeEntry(
        id=unit.new_id("te"), clock=contract.clock, contract_id=contract.id, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, evidence=command.evidence, started_at=span.started_at,
        ended_at=span.ended_at, logged_at=unit.now,
        client_in_good_standing=await is_in_good_standing(unit, contract.client_id))
    sheets = await sheets_of(unit, contract.freelancer_id, (part.week_start for part in span.weeks()))
    for part in span.weeks():
        sheets[part.week_start] = sheets[part.week_start].with_row(row_of(entry, part)).unwrap()
    for sheet in sheets.values():
        unit.put(SHEETS, sheet)
    unit.put(ENTRIES, entry)
    return counted_entry(entry, contract, sheets, unit.now)
