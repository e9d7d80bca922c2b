"""Logging, changing and deleting time; whose it is, and what happens when two come at once."""

import asyncio
from datetime import timedelta

from services.timesheets.application.collections import ENTRIES, SHEETS
from services.timesheets.application.read_time import Range, list_entries, read_entry
from services.timesheets.application.visibility import Viewer
from services.timesheets.domain.spans import Span
from shared.kernel.instants import WEEK
from tests.application.timesheets.desk import (
    ACME,
    C1,
    LOCK,
    MIA,
    MONDAY,
    TALA,
    ContractsDesk,
    Desk,
    at,
    hours,
    refused,
)


async def test_however_many_segments_are_one_entry_and_one_row(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(193, now=at("02-25 00:00"))
    assert (entry.segments, entry.entry.started_at) == (193, at("02-23 15:50"))
    assert len(desk.store.tables[ENTRIES.name]) == 1
    (sheet,) = [SHEETS.from_document(row) for row in desk.store.tables[SHEETS.name].values()]
    assert len(sheet.rows) == 1


async def test_segments_end_now_and_now_must_be_a_mark(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    assert await refused(desk.logs(3, now=at("02-24 08:00:00.001"))) == "TIME_NOT_ON_MARK"
    assert await refused(desk.logs(3, now=at("02-24 08:10"))) == "accepted"


async def test_time_of_one_freelancer_never_overlaps_across_contracts(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded(), ContractsDesk("ct_two").funded(),
                     ContractsDesk("ct_three", freelancer_id=TALA).funded())
    await desk.logs(hours("02-24 08:00", 2))
    assert await refused(desk.logs(hours("02-24 09:00"), contract_id="ct_two")) == "OVERLAPPING_TIME"
    assert await refused(desk.logs(hours("02-24 10:00"), contract_id="ct_two")) == "accepted"
    assert await refused(desk.logs(hours("02-24 09:00"), contract_id="ct_three", by=TALA)) == "accepted"


async def test_of_two_logs_at_once_exactly_one_is_kept(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded(), ContractsDesk("ct_two").funded())
    second = desk.another_process("second")
    await second.start()
    desk.clock.set(at("02-24 12:00"))
    answers = await asyncio.gather(
        refused(desk.logs(hours("02-24 08:00", 2))),
        refused(desk.logs(hours("02-24 09:00", 2), contract_id="ct_two", committer=second)),
        refused(desk.logs(hours("02-24 09:30", 2), contract_id="ct_two")))
    await second.stop()
    assert sorted(answers) == ["OVERLAPPING_TIME", "OVERLAPPING_TIME", "accepted"]
    assert len(desk.store.tables[ENTRIES.name]) == 1


async def test_many_processes_lose_no_segment_and_take_none_twice(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    others = [desk.another_process(f"other-{number}") for number in range(3)]
    for other in others:
        await other.start()
    desk.clock.set(at("02-28 00:00"))
    starts = [at("02-24 00:00") + number * timedelta(minutes=50) for number in range(24)]
    answers = await asyncio.gather(*(
        refused(desk.logs(Span(start, start + timedelta(hours=1)), committer=others[number % 3]))
        for number, start in enumerate(starts)))
    for other in others:
        await other.stop()
    (sheet,) = [SHEETS.from_document(row) for row in desk.store.tables[SHEETS.name].values()]
    taken = [mark for row in sheet.rows for mark in range(row.first_mark, row.end_mark)]
    assert len(taken) == len(set(taken)) == 6 * answers.count("accepted")
    assert set(answers) == {"accepted", "OVERLAPPING_TIME"}


async def test_a_contract_that_is_not_active_takes_no_time(desk: Desk) -> None:
    """Proves C1."""
    contracts = ContractsDesk()
    await desk.hears(contracts.offered())
    assert await refused(desk.logs(hours("02-24 08:00"))) == "CONTRACT_NOT_ACTIVE"
    await desk.hears(contracts.funded(at("02-24 10:00")))
    assert await refused(desk.logs(hours("02-24 09:30"))) == "CONTRACT_NOT_ACTIVE"
    assert await refused(desk.logs(hours("02-24 10:00"))) == "accepted"
    await desk.hears(contracts.paused(at("02-24 12:00")))
    assert await refused(desk.logs(hours("02-24 11:00"))) == "CONTRACT_NOT_ACTIVE"
    await desk.hears(contracts.resumed(at("02-25 12:00")))
    assert await refused(desk.logs(hours("02-24 11:00"), now=at("02-25 12:00"))) == "accepted"
    assert await refused(desk.logs(hours("02-25 11:30"))) == "CONTRACT_NOT_ACTIVE"
    await desk.hears(contracts.ended(at("02-26 12:00")))
    assert await refused(desk.logs(hours("02-25 13:00"), now=at("02-26 12:00"))) == "CONTRACT_NOT_ACTIVE"


async def test_the_client_may_not_log_and_strangers_learn_nothing(desk: Desk) -> None:
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("02-24 08:00"))
    assert await refused(desk.logs(hours("02-24 10:00"), by=ACME)) == "NOT_A_PARTY"
    assert await refused(desk.changes(entry, by=ACME, memo="x")) == "NOT_A_PARTY"
    assert await refused(desk.deletes(entry, by=ACME)) == "NOT_A_PARTY"
    for act in (desk.logs(hours("02-24 10:00"), by=TALA), desk.changes(entry, by=TALA, memo="x"),
                desk.deletes(entry, by=TALA), desk.logs(hours("02-24 10:00"), contract_id="ct_unknown"),
                read_entry(desk.reading, entry.entry.id, Viewer(TALA)), desk.weeks(by=TALA),
                list_entries(desk.reading, C1, Viewer(TALA), Range(), 10)):
        assert await refused(act) == "NOT_FOUND"
    for viewer in (Viewer(ACME), Viewer(MIA), Viewer("op_desk", sees_all=True)):
        assert (await read_entry(desk.reading, entry.entry.id, viewer)).entry == entry.entry


async def test_manual_time_needs_the_contracts_permission(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded(), ContractsDesk("ct_two", manual_time=True).funded())
    assert await refused(desk.logs(hours("02-24 08:00"), source="manual")) == "MANUAL_TIME_NOT_ALLOWED"
    manual = await desk.logs(hours("02-24 08:00"), source="manual", contract_id="ct_two", memo=None, activity=0)
    await desk.reaches(LOCK)
    (submitted,) = await desk.published("work.submitted")
    (row,) = submitted.data.object.entries
    assert (row.id, row.source, row.has_memo, row.activity) == (manual.entry.id, "manual", False, 0)


async def test_changed_time_frees_what_it_leaves_and_takes_what_it_says(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    first = await desk.logs(hours("02-24 08:00", 2))
    second = await desk.logs(hours("02-24 10:00", 2))
    assert await refused(desk.changes(first, ended_at=at("02-24 10:10"))) == "OVERLAPPING_TIME"
    moved = await desk.changes(first, started_at=at("02-24 07:00"), ended_at=at("02-24 08:00"), memo="earlier")
    assert (moved.segments, moved.entry.evidence.memo) == (6, "earlier")
    grown = await desk.changes(second, segments=24)
    assert (grown.entry.started_at, grown.entry.ended_at) == (at("02-24 08:00"), at("02-24 12:00"))
    assert await refused(desk.logs(hours("02-24 07:30"))) == "OVERLAPPING_TIME"


async def test_time_may_move_from_one_open_week_to_another(desk: Desk) -> None:
    """Proves T2 and T4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("03-01 22:00", 3), now=at("03-02 02:00"))
    moved = await desk.changes(entry, started_at=at("03-02 00:00"), ended_at=at("03-02 01:00"))
    assert [(part.week_start, part.segments) for part in moved.parts] == [(MONDAY + WEEK, 6)]
    assert await refused(desk.logs(hours("03-01 22:00", 2))) == "accepted"
    assert [week.segments for week in await desk.weeks()] == [12, 6]


async def test_deleted_time_is_free_again_and_gone(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("02-24 08:00", 2))
    await desk.deletes(entry)
    assert await refused(desk.deletes(entry)) == "NOT_FOUND"
    assert await refused(desk.logs(hours("02-24 08:00", 2))) == "accepted"
    await desk.reaches(LOCK)
    assert [week.segments for week in await desk.closed_weeks()] == [12]


async def test_a_refused_change_changes_nothing(desk: Desk) -> None:
    """Proves T4."""
    await desk.hears(ContractsDesk().funded())
    first, second = await desk.logs(hours("02-24 08:00")), await desk.logs(hours("02-24 10:00"))
    before = {name: dict(rows) for name, rows in desk.store.tables.items() if name in (SHEETS.name, ENTRIES.name)}
    assert await refused(desk.changes(first, started_at=at("02-24 09:30"), ended_at=at("02-24 10:30"))) \
        == "OVERLAPPING_TIME"
    assert {name: dict(rows) for name, rows in desk.store.tables.items() if name in before} == before
    assert (await read_entry(desk.reading, second.entry.id, Viewer(MIA))).segments == 6


async def test_weeks_show_what_is_billed_what_is_over_and_what_is_locked(desk: Desk) -> None:
    """Proves T2 and T5."""
    contracts = ContractsDesk()
    await desk.hears(contracts.funded(), contracts.limited(MONDAY, (10, MONDAY)))
    await desk.logs(hours("02-24 00:00", 12))
    await desk.logs(hours("03-03 00:00", 2))
    await desk.reaches(at("03-03 02:00"))
    first, second = await desk.weeks()
    assert (first.week_start, first.locked, first.closed, first.segments, first.billable_segments, first.limit_hours) \
        == (MONDAY, True, True, 72, 60, 10)
    assert first.submission_id is not None
    assert (second.locked, second.closed, second.segments, second.submission_id) == (False, False, 12, None)
    assert await desk.weeks(wanted=Range(since=MONDAY + WEEK)) == [second]
    assert await desk.weeks(wanted=Range(until=MONDAY + WEEK)) == [first]
    assert await desk.weeks(wanted=Range(after=MONDAY + WEEK)) == []


async def test_entries_are_listed_in_order_of_time_page_by_page(desk: Desk) -> None:
    await desk.hears(ContractsDesk().funded())
    for start in ("02-25 08:00", "02-24 08:00", "02-26 08:00"):
        await desk.logs(hours(start))
    viewer = Viewer(ACME)
    page = await list_entries(desk.reading, C1, viewer, Range(), 2)
    assert [each.entry.started_at for each in page] == [at("02-24 08:00"), at("02-25 08:00")]
    rest = await list_entries(desk.reading, C1, viewer, Range(after=page[-1].entry.started_at), 2)
    assert [each.entry.started_at for each in rest] == [at("02-26 08:00")]
    some = await list_entries(desk.reading, C1, viewer, Range(at("02-25 00:00"), at("02-26 00:00")), 9)
    assert [each.entry.started_at for each in some] == [at("02-25 08:00")]
