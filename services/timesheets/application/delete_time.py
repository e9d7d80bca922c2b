"""time.delete: take logged time back until its week is locked (T2). Must never leave a row behind."""

from dataclasses import dataclass

from services.timesheets.application.collections import ENTRIES, SHEETS
from services.timesheets.application.counted_entries import sheets_of
from services.timesheets.application.visibility import Viewer, entry_seen_by
from services.timesheets.domain.time_rules import may_delete
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class DeleteTime:
    """Which entry, and who asks."""

    entry_id: str
    by: str


async def delete_time(unit: Unit, command: DeleteTime) -> None:
    """Strike the entry from its week sheets and forget it."""
    entry, contract = await entry_seen_by(unit, command.entry_id, Viewer(command.by))
    may_delete(contract, command.by, entry, unit.now).unwrap()
    sheets = await sheets_of(unit, contract.freelancer_id, (part.week_start for part in entry.span.weeks()))
    for sheet in sheets.values():
        unit.put(SHEETS, sheet.without(contract.id, entry.id).unwrap())
    unit.delete(ENTRIES, entry.id)
