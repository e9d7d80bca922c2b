"""Random weeks of two freelancers on three contracts, seed by seed: whatever is asked, the books of time add up."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from services.timesheets.application.collections import ENTRIES, SHEETS
from services.timesheets.application.counted_entries import CountedEntry
from services.timesheets.domain.entries import TimeEntry
from services.timesheets.domain.sheets import WeekSheet
from services.timesheets.domain.spans import SEGMENT, Span
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import WEEK
from tests.application.timesheets.desk import LOCK, MIA, MONDAY, TALA, ContractsDesk, Desk, at

OWNERS = {"ct_one": MIA, "ct_two": MIA, "ct_three": TALA}
EXPECTED = {"OVERLAPPING_TIME", "WEEK_LOCKED", "TIME_IN_FUTURE", "NOT_FOUND on change", "NOT_FOUND on delete"}


class Story:
    """One seed's acts."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.processes = [desk.committer, desk.another_process("second")]
        self.logged: list[CountedEntry] = []
        self.codes: set[str] = set()

    def span(self) -> Span:
        """Some time around now, sometimes over a Monday, sometimes in the future."""
        mark = (self.desk.clock.now() - MONDAY) // SEGMENT
        start = MONDAY + self.chance.randint(max(0, mark - 700), mark + 5) * SEGMENT
        return Span(start, start + self.chance.randint(1, 90) * SEGMENT)

    async def act(self) -> None:
        """One act; a refusal is an answer too."""
        kind = self.chance.choice(["log", "log", "log", "change", "delete"])
        try:
            if kind == "log" or not self.logged:
                contract_id = self.chance.choice(list(OWNERS))
                self.logged.append(await self.desk.logs(
                    self.span(), now=self.desk.clock.now(), contract_id=contract_id, by=OWNERS[contract_id],
                    committer=self.chance.choice(self.processes)))
            elif kind == "change":
                entry, span = self.chance.choice(self.logged), self.span()
                await self.desk.changes(
                    entry, by=entry.entry.freelancer_id, started_at=span.started_at, ended_at=span.ended_at)
            else:
                entry = self.chance.choice(self.logged)
                await self.desk.deletes(entry, by=entry.entry.freelancer_id)
        except Refusal as refusal:
            self.codes.add(refusal.code)
        except NotFound:
            self.codes.add(f"NOT_FOUND on {kind}")


def stored(desk: Desk, collection: Any) -> list[Any]:
    return [collection.from_document(row) for row in desk.store.tables[collection.name].values()]


@pytest.mark.parametrize("seed", range(6))
async def test_sheets_entries_and_closed_weeks_agree_to_the_segment(desk: Desk, seed: int) -> None:
    """Proves T2, T4, T5 and T6."""
    story = Story(desk, seed)
    await story.processes[1].start()
    for contract_id, freelancer_id in OWNERS.items():
        contracts = ContractsDesk(contract_id, freelancer_id=freelancer_id)
        await desk.hears(contracts.funded(), contracts.limited(MONDAY, (20, MONDAY)))
    for hour in range(0, 24 * 15, 6):
        await desk.reaches(at("02-23 06:00") + timedelta(hours=hour))
        await asyncio.gather(*(story.act() for _ in range(4)))
    await desk.reaches(LOCK + 2 * WEEK)
    await story.processes[1].stop()

    assert story.codes <= EXPECTED
    sheets: list[WeekSheet] = stored(desk, SHEETS)
    entries: list[TimeEntry] = stored(desk, ENTRIES)
    marks = [(sheet.freelancer_id, sheet.week_start, mark)
             for sheet in sheets for row in sheet.rows for mark in range(row.first_mark, row.end_mark)]
    assert len(marks) == len(set(marks)), "no mark is taken twice"
    assert len(marks) == sum((entry.ended_at - entry.started_at) // SEGMENT for entry in entries)
    assert {row.entry_id for sheet in sheets for row in sheet.rows} == {entry.id for entry in entries}
    closed = [week for contract_id in OWNERS for week in await desk.closed_weeks(contract_id)]
    assert len(closed) == 9
    assert sum(week.segments for week in closed) == len(marks)
    assert all(week.billable_segments == min(week.segments, 120) for week in closed)
    submitted = [event.data.object for event in await desk.published("work.submitted")]
    assert sum(each.segments for each in submitted) == len(marks)
    assert all(sum(entry.segments for entry in each.entries) == each.segments for each in submitted)
    assert all(sum(entry.billable_segments for entry in each.entries) == each.billable_segments for each in submitted)
