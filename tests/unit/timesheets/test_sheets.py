"""Week sheets: overlaps, closures, and the weekly limit; nothing is lost, nothing is twice."""

import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.timesheets.domain.contracts import WeeklyLimit
from services.timesheets.domain.sheets import Row, WeekSheet, counted, empty_sheet, row_of
from services.timesheets.domain.spans import MARKS_PER_WEEK, SEGMENT, Span, is_on_mark
from shared.kernel.decisions import Accepted, Refused
from shared.kernel.instants import WEEK, week_of
from tests.unit.timesheets.builders import MONDAY, contract, entry

SHEET = empty_sheet("fr_mia", MONDAY)


def row(first: int, end: int, *, contract_id: str = "ct_1", entry_id: str = "te_1") -> Row:
    return Row(entry_id, contract_id, first, end, "tracker", True, 80)


def sheet_with(*rows: Row) -> WeekSheet:
    sheet = SHEET
    for each in rows:
        sheet = sheet.with_row(each).unwrap()
    return sheet


def refusal(sheet: WeekSheet, new: Row) -> str | None:
    decision = sheet.with_row(new)
    return decision.code if isinstance(decision, Refused) else None


def test_time_may_touch_other_time_and_not_overlap_it() -> None:
    """Proves T4."""
    sheet = sheet_with(row(10, 20))
    for first, end, answer in ((4, 9, None), (4, 10, None), (4, 11, "OVERLAPPING_TIME"), (12, 15, "OVERLAPPING_TIME"),
                               (10, 20, "OVERLAPPING_TIME"), (5, 25, "OVERLAPPING_TIME"),
                               (19, 21, "OVERLAPPING_TIME"), (20, 21, None), (21, 22, None)):
        assert refusal(sheet, row(first, end, entry_id="te_2")) == answer


def test_time_of_one_freelancer_overlaps_across_contracts_too() -> None:
    """Proves T4."""
    assert refusal(sheet_with(row(10, 20)), row(15, 25, contract_id="ct_2")) == "OVERLAPPING_TIME"


def test_a_closed_contract_refuses_and_its_neighbour_does_not() -> None:
    """Proves T2."""
    closed = sheet_with(row(10, 20)).closed_for(contract())
    assert refusal(closed, row(30, 40)) == "WEEK_LOCKED"
    assert refusal(closed, row(30, 40, contract_id="ct_2")) is None
    assert isinstance(closed.without("ct_1", "te_1"), Refused)
    assert isinstance(closed.without("ct_2", "te_1"), Accepted)
    assert closed.closed_for(contract()) == closed


def test_earlier_segments_of_the_week_count_first_whatever_was_logged_first() -> None:
    """Proves T5."""
    late, early = row(500, 600, entry_id="te_late"), row(0, 100, entry_id="te_early")
    limited = contract(weekly_limits=(WeeklyLimit(20, MONDAY),))
    assert [(each.row.entry_id, each.billable_segments, each.over_limit_segments)
            for each in sheet_with(late, early).counted(limited)] == [("te_early", 100, 0), ("te_late", 20, 80)]


def test_the_limit_of_one_contract_does_not_count_the_time_of_another() -> None:
    """Proves T5."""
    limited = contract(weekly_limits=(WeeklyLimit(1, MONDAY),))
    sheet = sheet_with(row(0, 100, contract_id="ct_2"), row(100, 106))
    assert [each.billable_segments for each in sheet.counted(limited)] == [6]


def test_exactly_the_limit_is_billed() -> None:
    """Proves T5."""
    for segments, billable in ((59, 59), (60, 60), (61, 60)):
        limited = contract(weekly_limits=(WeeklyLimit(10, MONDAY),))
        assert sum(each.billable_segments for each in sheet_with(row(0, segments)).counted(limited)) == billable


def test_the_limit_that_held_at_the_lock_holds_for_ever() -> None:
    """Proves T2 and T5."""
    limited = contract(weekly_limits=(WeeklyLimit(1, MONDAY),))
    closed = sheet_with(row(0, 20)).closed_for(limited)
    raised = replace(limited, weekly_limits=(*limited.weekly_limits, WeeklyLimit(9, MONDAY)))
    assert sum(each.billable_segments for each in closed.counted(raised)) == 6


def test_a_raise_counts_at_once_and_a_cut_from_the_week_that_it_names() -> None:
    """Proves T5."""
    following = MONDAY + WEEK
    decided = contract(weekly_limits=(WeeklyLimit(40, MONDAY), WeeklyLimit(50, MONDAY), WeeklyLimit(10, following)))
    assert [decided.limit_segments_in(week) for week in (MONDAY, following, following + WEEK)] == [300, 60, 60]
    lifted = contract(weekly_limits=(WeeklyLimit(40, MONDAY), WeeklyLimit(10, following), WeeklyLimit(None, MONDAY)))
    assert [lifted.limit_segments_in(week) for week in (MONDAY, following)] == [None, None]
    assert contract(weekly_limits=()).limit_segments_in(MONDAY) is None
    assert contract(weekly_limits=(WeeklyLimit(0, MONDAY),)).limit_segments_in(MONDAY) == 0


marks = st.integers(0, MARKS_PER_WEEK)
spans_of_marks = st.tuples(marks, marks).map(sorted).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(spans_of_marks, max_size=30))
def test_no_mark_is_ever_taken_twice(wanted: list[list[int]]) -> None:
    """Proves T4."""
    sheet, taken = SHEET, [False] * MARKS_PER_WEEK
    for number, (first, end) in enumerate(wanted):
        decision = sheet.with_row(row(first, end, entry_id=f"te_{number}"))
        assert isinstance(decision, Refused) == any(taken[first:end])
        if isinstance(decision, Accepted):
            sheet = decision.value
            taken[first:end] = [True] * (end - first)
    assert sum(each.segments for each in sheet.rows) == sum(taken)
    assert list(sheet.rows) == sorted(sheet.rows, key=lambda each: each.first_mark)


@given(st.lists(st.integers(1, 40), max_size=20), st.none() | st.integers(0, 400))
def test_billable_and_over_are_the_whole_and_the_limit_holds(lengths: list[int], limit: int | None) -> None:
    """Proves T5."""
    rows, mark = [], 0
    for number, length in enumerate(lengths):
        rows.append(row(mark, mark + length, entry_id=f"te_{number}"))
        mark += length
    found = list(counted(tuple(rows), limit))
    assert [each.row for each in found] == rows
    assert all(each.billable_segments >= 0 and each.over_limit_segments >= 0 for each in found)
    billable = sum(each.billable_segments for each in found)
    assert billable + sum(each.over_limit_segments for each in found) == sum(lengths)
    assert billable == (sum(lengths) if limit is None else min(limit, sum(lengths)))
    over = [each.over_limit_segments > 0 for each in found]
    assert over == sorted(over), "what is over the limit is the latest time"


@given(st.integers(0, 3 * MARKS_PER_WEEK), st.integers(1, 2 * MARKS_PER_WEEK))
def test_a_session_is_split_at_every_monday_and_nothing_is_lost(start: int, length: int) -> None:
    """Proves T1 and T4."""
    started_at = MONDAY + start * SEGMENT
    whole = Span(started_at, started_at + length * SEGMENT)
    parts = list(whole.weeks())
    assert sum(part.end_mark - part.first_mark for part in parts) == length
    assert parts[0].started_at == whole.started_at
    assert parts[-1].ended_at == whole.ended_at
    for part, following in itertools.pairwise(parts):
        assert part.ended_at == following.started_at == following.week_start
    for part in parts:
        assert week_of(part.started_at) == part.week_start
        assert 0 <= part.first_mark < part.end_mark <= MARKS_PER_WEEK


@given(st.integers(0, 7 * 24 * 3600 * 1000))
def test_marks_are_the_whole_tens_of_minutes(milliseconds: int) -> None:
    """Proves T4."""
    assert is_on_mark(MONDAY + timedelta(milliseconds=milliseconds)) == (milliseconds % 600_000 == 0)


def test_a_row_says_what_protection_asks_for() -> None:
    """Proves T7."""
    (part,) = entry().span.weeks()
    assert row_of(entry(), part) == Row("te_1", "ct_1", 24 * 6 + 48, 24 * 6 + 60, "tracker", True, 80)
    for memo, has_memo in (("x", True), ("  ", False), ("", False), (None, False)):
        assert row_of(entry(evidence=replace(entry().evidence, memo=memo)), part).has_memo is has_memo
