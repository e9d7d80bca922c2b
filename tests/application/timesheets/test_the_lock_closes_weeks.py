"""Monday 12:00 UTC: what is submitted and closed, once per contract and week (T2, T4, T5, T6)."""

import asyncio
import itertools
import random
from datetime import timedelta

import pytest

from shared.kernel.instants import WEEK
from shared.persistence.unit import Phase
from tests.application.timesheets.desk import C1, LOCK, MIA, MONDAY, ContractsDesk, Desk, at, hours, refused

A_MILLISECOND = timedelta(milliseconds=1)


async def test_a_week_of_hours_is_submitted_and_its_period_closed_at_the_lock(desk: Desk) -> None:
    """Proves T3, T4, T6 and I4."""
    await desk.hears(ContractsDesk().funded())
    await desk.logs(193, now=at("02-25 00:00"))
    await desk.reaches(LOCK - A_MILLISECOND)
    assert await desk.published() == []
    await desk.reaches(LOCK)
    (submitted,), (closed,) = await desk.published("work.submitted"), await desk.published("period.closed")
    hours_of_week, period = submitted.data.object, closed.data.object
    assert (hours_of_week.kind, hours_of_week.segments, hours_of_week.billable_segments) == ("hours", 193, 193)
    assert [(each.segments, each.has_memo, each.activity, each.source) for each in hours_of_week.entries] \
        == [(193, True, 80, "tracker")]
    assert (period.week_start, period.week_end, period.locked_at) == (MONDAY, MONDAY + WEEK, LOCK)
    assert (period.segments, period.billable_segments, period.submission_id) == (193, 193, hours_of_week.id)
    assert period.hourly_rate is not None
    assert period.hourly_rate.amount_minor == 4500
    assert submitted.partitionkey == closed.partitionkey == MIA
    assert submitted.time == closed.time == LOCK


async def test_a_week_of_zero_hours_is_closed_and_nothing_is_submitted(desk: Desk) -> None:
    """Proves T4 and T6."""
    await desk.hears(ContractsDesk().funded())
    await desk.reaches(LOCK)
    (closed,) = await desk.published("period.closed")
    assert (closed.data.object.segments, closed.data.object.submission_id) == (0, None)
    assert await desk.published("work.submitted") == []


async def test_fixed_rate_closes_periods_without_hours(desk: Desk) -> None:
    """Proves T6."""
    await desk.hears(ContractsDesk(kind="fixed_rate", rate=None).funded(at("02-26 10:00")))
    await desk.reaches(LOCK + WEEK)
    assert [each.data.object.week_start for each in await desk.published("period.closed")] == [MONDAY, MONDAY + WEEK]


@pytest.mark.parametrize("kind", ["single", "milestones"])
async def test_single_payments_and_milestones_have_no_periods(desk: Desk, kind: str) -> None:
    """Proves T6."""
    await desk.hears(ContractsDesk(kind=kind).funded())
    assert await desk.dues() == []
    await desk.reaches(LOCK + WEEK)
    assert await desk.published() == []
    assert await desk.weeks() == []


async def test_every_active_week_is_closed_once_and_the_next_lock_is_scheduled(desk: Desk) -> None:
    """Proves T3 and T6."""
    await desk.hears(ContractsDesk().funded())
    await desk.reaches(LOCK + 4 * WEEK)
    assert [each.week_start for each in await desk.closed_weeks()] == [MONDAY + number * WEEK for number in range(5)]
    assert [(due.due_at, due.phase) for due in await desk.dues()] == [(LOCK + 5 * WEEK, Phase.LOCK)]


async def test_a_week_that_was_paused_from_end_to_end_is_not_closed(desk: Desk) -> None:
    """Proves T6."""
    contracts = ContractsDesk()
    await desk.hears(contracts.funded())
    await desk.reaches(at("02-26 10:00"))
    await desk.hears(contracts.paused(at("02-26 10:00")))
    await desk.reaches(at("03-10 10:00"))
    assert await desk.dues() == []
    await desk.hears(contracts.resumed(at("03-10 10:00")))
    await desk.reaches(at("03-30 12:00"))
    assert [each.week_start for each in await desk.closed_weeks()] \
        == [MONDAY, *(MONDAY + week * WEEK for week in (2, 3, 4))]


async def test_the_last_week_of_an_ended_contract_still_closes_with_its_hours(desk: Desk) -> None:
    """Proves C1 and T6."""
    contracts = ContractsDesk()
    await desk.hears(contracts.funded())
    await desk.logs(hours("03-03 08:00", 2))
    await desk.reaches(at("03-04 10:00"))
    await desk.hears(contracts.ended(at("03-04 10:00")))
    await desk.reaches(LOCK + 3 * WEEK)
    assert [(each.week_start, each.segments) for each in await desk.closed_weeks()] \
        == [(MONDAY, 0), (MONDAY + WEEK, 12)]
    assert await desk.dues() == []


async def test_a_contract_that_ends_when_a_week_begins_was_not_active_in_it(desk: Desk) -> None:
    """Proves T1 and T6."""
    for moment, closed in ((at("03-02 00:00"), 1), (at("03-02 00:00") + A_MILLISECOND, 2)):
        async with Desk() as fresh:
            contracts = ContractsDesk()
            await fresh.hears(contracts.funded())
            await fresh.reaches(moment)
            await fresh.hears(contracts.ended(moment))
            await fresh.reaches(LOCK + 2 * WEEK)
            assert len(await fresh.closed_weeks()) == closed


async def test_a_week_scheduled_at_the_lock_is_judged_again_when_a_late_pause_shows_it_was_idle(desk: Desk) -> None:
    """Proves T6."""
    contracts = ContractsDesk()
    await desk.hears(contracts.funded())
    await desk.reaches(LOCK)
    await desk.hears(contracts.paused(at("03-02 00:00")))
    await desk.reaches(LOCK + 2 * WEEK)
    assert [each.week_start for each in await desk.closed_weeks()] == [MONDAY]


async def test_a_contract_that_is_heard_of_weeks_late_closes_all_its_weeks(desk: Desk) -> None:
    """Proves T6."""
    contracts = ContractsDesk()
    funded = contracts.funded()
    await desk.reaches(at("03-17 10:00"))
    await desk.hears(funded)
    await desk.reaches(at("03-17 10:00"))
    assert [each.week_start for each in await desk.closed_weeks()] == [MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK]
    await desk.reaches(LOCK + 3 * WEEK)
    assert len(await desk.closed_weeks()) == 4


async def test_any_order_and_any_repeats_of_events_close_the_same_weeks_once() -> None:
    """Proves T6."""
    contracts = ContractsDesk()
    story = [contracts.offered(), contracts.funded(), contracts.paused(at("02-26 10:00")),
             contracts.resumed(at("03-10 10:00")), contracts.ended(at("03-18 10:00"))]
    expected = [MONDAY, MONDAY + 2 * WEEK, MONDAY + 3 * WEEK]
    orders = list(itertools.permutations(range(5)))
    for order in random.Random(5).sample(orders, 25):
        async with Desk() as fresh:
            fresh.clock.set(at("03-18 10:00"))
            await fresh.hears(*(story[number] for number in order), *story)
            await fresh.reaches(LOCK + 6 * WEEK)
            assert [each.week_start for each in await fresh.closed_weeks()] == expected
            assert len(await fresh.published("period.closed")) == 3


async def test_a_lock_that_fires_twice_closes_once(desk: Desk) -> None:
    """Proves T6."""
    await desk.hears(ContractsDesk().funded())
    (due,) = await desk.dues()
    second = desk.another_process("second")
    await second.start()
    desk.clock.set(LOCK)
    await asyncio.gather(desk.committer.fire(due), second.fire(due), desk.committer.fire(due))
    await second.stop()
    assert len(await desk.published("period.closed")) == 1


async def test_ids_of_what_the_lock_makes_follow_from_contract_and_week() -> None:
    """Proves T6."""
    made = []
    for _ in range(2):
        async with Desk() as fresh:
            fresh.ids.new("other")
            await fresh.hears(ContractsDesk().funded())
            await fresh.logs(hours("02-24 08:00"))
            await fresh.reaches(LOCK)
            made.append([(each.id, each.subject) for each in await fresh.published()])
    assert made[0] == made[1]


async def test_time_over_the_limit_is_submitted_and_not_billed(desk: Desk) -> None:
    """Proves T5."""
    contracts = ContractsDesk()
    await desk.hears(contracts.funded(), contracts.limited(MONDAY, (10, MONDAY)))
    late = await desk.logs(hours("02-27 08:00", 8))
    early = await desk.logs(hours("02-24 08:00", 8))
    assert (late.billable_segments, early.billable_segments) == (48, 48)
    await desk.reaches(LOCK)
    (submitted,) = await desk.published("work.submitted")
    assert [(each.id, each.segments, each.billable_segments) for each in submitted.data.object.entries] \
        == [(early.entry.id, 48, 48), (late.entry.id, 48, 12)]
    (period,) = await desk.published("period.closed")
    assert (period.data.object.segments, period.data.object.billable_segments) == (96, 60)


async def test_a_raise_counts_at_once_and_a_cut_from_next_monday(desk: Desk) -> None:
    """Proves T5."""
    contracts = ContractsDesk()
    following = MONDAY + WEEK
    await desk.hears(contracts.funded(), contracts.limited(MONDAY, (10, MONDAY)),
                     contracts.limited(at("02-26 08:00"), (20, MONDAY), (5, following)))
    await desk.logs(hours("02-24 00:00", 24))
    await desk.logs(hours("03-03 00:00", 24))
    await desk.reaches(LOCK + WEEK)
    assert [(each.segments, each.billable_segments) for each in await desk.closed_weeks()] == [(144, 120), (144, 30)]


async def test_a_session_over_monday_is_submitted_with_both_weeks(desk: Desk) -> None:
    """Proves T1, T3 and T4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("03-01 22:30", 2), now=at("03-02 00:30"))
    assert [(part.week_start, part.segments) for part in entry.parts] == [(MONDAY, 9), (MONDAY + WEEK, 3)]
    await desk.reaches(LOCK + WEEK)
    submitted = await desk.published("work.submitted")
    assert [(each.data.object.week_start, each.data.object.segments) for each in submitted] \
        == [(MONDAY, 9), (MONDAY + WEEK, 3)]
    assert {part.id for each in submitted for part in each.data.object.entries} == {entry.entry.id}


async def test_after_the_lock_nothing_of_the_week_changes(desk: Desk) -> None:
    """Proves T2 and I4."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("02-24 08:00"))
    await desk.reaches(LOCK - A_MILLISECOND)
    entry = await desk.changes(entry, ended_at=at("02-24 08:50"))
    await desk.reaches(LOCK)
    assert await refused(desk.changes(entry, memo="late")) == "WEEK_LOCKED"
    assert await refused(desk.deletes(entry)) == "WEEK_LOCKED"
    assert await refused(desk.logs(hours("02-25 08:00"))) == "WEEK_LOCKED"
    assert [each.segments for each in await desk.closed_weeks()] == [5]


async def test_a_process_whose_clock_is_slow_cannot_log_behind_the_lock(desk: Desk) -> None:
    """Proves T2."""
    await desk.hears(ContractsDesk().funded())
    entry = await desk.logs(hours("02-24 08:00"))
    (due,) = await desk.dues()
    desk.clock.set(LOCK - timedelta(seconds=1))
    await desk.committer.fire(due)
    assert await refused(desk.logs(hours("02-25 08:00"))) == "WEEK_LOCKED"
    assert await refused(desk.changes(entry, ended_at=at("02-24 08:50"))) == "WEEK_LOCKED"
    assert await refused(desk.deletes(entry)) == "WEEK_LOCKED"


async def test_of_a_lock_and_a_log_at_once_no_time_is_lost(desk: Desk) -> None:
    """Proves T2."""
    await desk.hears(ContractsDesk().funded())
    (due,) = await desk.dues()
    second = desk.another_process("second")
    await second.start()
    desk.clock.set(LOCK - A_MILLISECOND)
    _, logged = await asyncio.gather(
        desk.committer.fire(due), refused(desk.logs(hours("02-24 08:00"), committer=second)))
    await second.stop()
    (week,) = await desk.closed_weeks()
    assert week.segments == (6 if logged == "accepted" else 0)


async def test_the_lock_of_one_contract_leaves_the_freelancers_other_contract_alone(desk: Desk) -> None:
    """Proves T6."""
    other = ContractsDesk("ct_two")
    await desk.hears(ContractsDesk().funded(), other.funded())
    await desk.logs(hours("02-24 08:00"))
    await desk.logs(hours("02-24 09:00", 2), contract_id="ct_two")
    await desk.reaches(LOCK)
    assert {each.data.object.contract_id: each.data.object.segments for each in await desk.published("period.closed")} \
        == {C1: 6, "ct_two": 12}


async def test_on_a_test_clock_the_lock_fires_at_the_clocks_noon(desk: Desk) -> None:
    """Proves T6."""
    contracts = ContractsDesk(clock="clk_one")
    await desk.runs_a_test_clock("clk_one", MONDAY)
    await desk.hears(contracts.funded())
    (due,) = await desk.dues()
    assert (due.clock, due.due_at) == ("clk_one", LOCK)
    await desk.committer.fire(due)
    (closed,) = await desk.published("period.closed")
    assert (closed.time, closed.testclock) == (LOCK, "clk_one")
