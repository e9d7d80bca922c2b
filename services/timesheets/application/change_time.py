"""time.edit: change logged time until its week is locked (T2). Must never touch a week whose part stays as it is."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from services.timesheets.application.collections import ENTRIES, SHEETS
from services.timesheets.application.counted_entries import CountedEntry, counted_entry, sheets_of
from services.timesheets.application.follow_clients import is_in_good_standing
from services.timesheets.application.visibility import Viewer, entry_seen_by
from services.timesheets.domain.entries import Evidence, Source, TimeEntry
from services.timesheets.domain.sheets import Row, row_of
from services.timesheets.domain.spans import segments_until
from services.timesheets.domain.time_rules import may_change
from shared.kernel.instants import Instant
from shared.persistence.unit import Unit


class Keep(Enum):
    """What a field says that is not to be changed."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class ChangeTime:
    """New fields of an entry. `segments` moves its start: the last one ends where it ended."""

    entry_id: str
    by: str
    memo: str | Keep | None = KEEP
    source: Source | Keep = KEEP
    activity: int | Keep = KEEP
    started_at: Instant | Keep = KEEP
    ended_at: Instant | Keep = KEEP
    segments: int | Keep = KEEP

    def applied_to(self, entry: TimeEntry) -> TimeEntry:
        """Return the entry as it is meant to be."""
        old = entry.evidence
        evidence = Evidence(
            source=old.source if isinstance(self.source, Keep) else self.source,
            memo=old.memo if isinstance(self.memo, Keep) else self.memo,
            activity=old.activity if isinstance(self.activity, Keep) else self.activity)
        started_at = entry.started_at if isinstance(self.started_at, Keep) else self.started_at
        ended_at = entry.ended_at if isinstance(self.ended_at, Keep) else self.ended_at
        if not isinstance(self.segments, Keep):
            started_at = segments_until(ended_at, self.segments).started_at
        return replace(entry, evidence=evidence, started_at=started_at, ended_at=ended_at)


async def change_time(unit: Unit, command: ChangeTime) -> CountedEntry:
    """Change an entry, moving what it takes of the freelancer's weeks; where refused, nothing moves."""
    old, contract = await entry_seen_by(unit, command.entry_id, Viewer(command.by))
    new = may_change(contract, command.by, old, command.applied_to(old), unit.now).unwrap()
    if not old.span.contains(new.span):   # Time that is added is logged now.
        good = old.client_in_good_standing and await is_in_good_standing(unit, contract.client_id)
        new = replace(new, client_in_good_standing=good)
    before, after = _rows(old), _rows(new)
    sheets = await sheets_of(unit, contract.freelancer_id, (*before, *after))
    for monday in sorted({*before, *after}):
        if before.get(monday) == after.get(monday):
            continue
        sheet = sheets[monday].without(contract.id, old.id).unwrap()
        if monday in after:
            sheet = sheet.with_row(after[monday]).unwrap()
        sheets[monday] = sheet
        unit.put(SHEETS, sheet)
    unit.put(ENTRIES, new)
    return counted_entry(new, contract, sheets, unit.now)


def _rows(entry: TimeEntry) -> dict[Instant, Row]:
    return {part.week_start: row_of(entry, part) for part in entry.span.weeks()}
