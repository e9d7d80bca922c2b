"""Any story of a freelancer's time keeps the rules: weeks, locks, overlaps and limits (T1, T2, T4, T5).

Beside the sheets the story keeps plain sets: for every entry the 10-minute marks that it covers.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.timesheets.domain.closings import ClosedWeek, closed_week
from services.timesheets.domain.contracts import WeeklyLimit
from services.timesheets.domain.entries import Evidence, TimeEntry
from services.timesheets.domain.sheets import Row, WeekSheet, empty_sheet, row_of
from services.timesheets.domain.spans import MARKS_PER_WEEK, SEGMENT, SEGMENTS_PER_HOUR, Span
from services.timesheets.domain.time_rules import may_change, may_delete, may_log
from shared.kernel.decisions import Accepted, Refused
from shared.kernel.instants import WEEK, Instant, week_of
from tests.properties.stories import RED_STORIES_TAKE_LONG, tell
from tests.unit.timesheets.builders import A_MILLISECOND, MANUAL, MONDAY, TRACKED, contract, entry

pytestmark = RED_STORIES_TAKE_LONG

BEGIN = MONDAY - WEEK
"""All contracts are active since this Monday; stories begin three hours before the lock of the next week."""
WEEKS = [BEGIN + number * WEEK for number in range(20)]

CONTRACTS = st.sampled_from(["ct_1", "ct_2", "ct_3"])
LIMITS = st.sampled_from([2, 0, 1, 3, 5, 9, None])
EVIDENCE = st.sampled_from([TRACKED, TRACKED, TRACKED, replace(TRACKED, memo=None), MANUAL])
LENGTHS = st.integers(0, 12) | st.integers(1, 150)
MOVES = st.sampled_from([0, 0, 1, -1]) | st.integers(-200, 200)
"""Segments by which a start or an end is moved."""
WHICH = st.integers(-3, -1) | st.integers(0, 50)
WHEN = st.sampled_from([None, None, None, None, -1, 0, 1])
"""Now, or milliseconds before, at and after a lock."""


class TimeStory(RuleBasedStateMachine):
    """One freelancer with three hourly contracts, from week to week; manual time is welcome on the second."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Instant = MONDAY + WEEK + timedelta(hours=9)
        self.contracts = {
            id: contract(id=id, activated_at=BEGIN, facts=(), weekly_limits=(), manual_time=id == "ct_2")
            for id in ("ct_1", "ct_2", "ct_3")}
        self.sheets: dict[Instant, WeekSheet] = {week: empty_sheet("fr_mia", week) for week in WEEKS}
        self.entries: dict[str, TimeEntry] = {}
        self.logged = 0
        self.marks: dict[str, set[int]] = {}
        """By entry."""
        self.limits: dict[str, dict[Instant, int | None]] = {id: dict.fromkeys(WEEKS) for id in self.contracts}
        """The hours that were decided for each week, past and to come."""
        self.rows_at_lock: dict[Instant, tuple[Row, ...]] = {}
        self.closed: dict[tuple[str, Instant], ClosedWeek] = {}

    @initialize(limits=st.lists(LIMITS, min_size=3, max_size=3),
                diary=st.lists(st.tuples(CONTRACTS, st.integers(0, 20), LENGTHS, EVIDENCE), max_size=8),
                oldest_first=st.booleans())
    def it_begins(
        self, limits: list[int | None], diary: list[tuple[str, int, int, Evidence]], oldest_first: bool
    ) -> None:
        """Agree on limits, and log time that lies one before the other, back over the last Monday."""
        for (id, of), hours in zip(self.contracts.items(), limits, strict=True):
            self.contracts[id] = replace(of, weekly_limits=(WeeklyLimit(hours, BEGIN),))
            self.limits[id] = dict.fromkeys(WEEKS, hours)
        back, written = 0, []
        for id, gap, length, evidence in diary:
            written.append((id, back + gap, length, evidence))
            back += gap + length
        for each in reversed(written) if oldest_first else written:
            self.log(*each)

    @rule(id=CONTRACTS, when=WHEN, back=st.integers(-1, 80) | st.integers(0, 300), length=LENGTHS, evidence=EVIDENCE)
    def time_is_logged(self, id: str, when: int | None, back: int, length: int, evidence: Evidence) -> None:
        """Log time that ended some segments ago, or that has not passed yet."""
        self.wait_for_lock(week_of(self.now) - WEEK, when)
        self.log(id, back, length, evidence)

    def log(self, id: str, back: int, length: int, evidence: Evidence) -> None:
        """Log time: only in open weeks, and only time that is nobody's yet (T2, T4)."""
        ended_at = self.last_mark - back * SEGMENT
        span = Span(ended_at - length * SEGMENT, ended_at)
        wanted = marks_of(span)
        may = (bool(wanted) and back >= 0 and not self.locked(wanted) and wanted.isdisjoint(self.taken())
               and (evidence.source == "tracker" or id == "ct_2"))
        self.logged += 1
        new = replace(entry(id=f"te_{self.logged}", contract_id=id, evidence=evidence),
                      started_at=span.started_at, ended_at=span.ended_at)
        still_running = Span(span.started_at, self.last_mark + SEGMENT)
        assert isinstance(may_log(self.contracts[id], "fr_mia", evidence.source, still_running, self.now), Refused)
        allowed = may_log(self.contracts[id], "fr_mia", evidence.source, span, self.now)
        assert (isinstance(allowed, Accepted) and self.is_written(None, new)) == may

    @rule(which=WHICH, when=WHEN, start=MOVES, end=MOVES)
    @precondition(lambda self: self.entries)
    def time_is_moved(self, which: int, when: int | None, start: int, end: int) -> None:
        """Change when an entry was worked."""
        old = self.pick(which, when)
        self.change(old, replace(
            old, started_at=old.started_at + start * SEGMENT, ended_at=old.ended_at + end * SEGMENT))

    @rule(which=WHICH, when=WHEN, evidence=EVIDENCE)
    @precondition(lambda self: self.entries)
    def evidence_is_changed(self, which: int, when: int | None, evidence: Evidence) -> None:
        """Change what speaks for an entry."""
        old = self.pick(which, when)
        self.change(old, replace(old, evidence=evidence))

    def change(self, old: TimeEntry, new: TimeEntry) -> None:
        """Change an entry: what lies in a locked week stays as it is, and so does what is another's (T2, T4)."""
        before, after = self.marks[old.id], marks_of(new.span)
        locked = self.locked(before)
        may = (bool(after) and new.ended_at <= self.now and after.isdisjoint(self.taken(but=old.id))
               and locked == self.locked(after) and locked != before
               and not (locked and new.evidence != old.evidence)
               and (new.evidence.source == "tracker" or old.contract_id == "ct_2"))
        allowed = may_change(self.contracts[old.contract_id], "fr_mia", old, new, self.now)
        assert (isinstance(allowed, Accepted) and self.is_written(old, new)) == may

    @rule(which=WHICH, when=WHEN)
    @precondition(lambda self: len(self.entries) > 2)
    def time_is_taken_back(self, which: int, when: int | None) -> None:
        """Delete an entry, unless any of it is locked (T2)."""
        old = self.pick(which, when)
        may = not self.locked(self.marks[old.id])
        allowed = may_delete(self.contracts[old.contract_id], "fr_mia", old, self.now)
        assert (isinstance(allowed, Accepted) and self.is_written(old, None)) == may

    @rule(id=CONTRACTS, hours=LIMITS, weeks_ago=st.sampled_from([0, 0, 1]))
    def the_limit_is_changed(self, id: str, hours: int | None, weeks_ago: int) -> None:
        """Hear of a raise or a cut, perhaps a week late."""
        self.change_limit(id, hours, week_of(self.now) - weeks_ago * WEEK)

    def change_limit(self, id: str, hours: int | None, week: Instant) -> None:
        """Let a raise count from its week on, and a cut from the next; a closed week keeps what it had (T2, T5)."""
        of = self.contracts[id]
        current = self.limits[id][week]
        raised = hours is None or (current is not None and hours > current)
        from_week = week if raised else week + WEEK
        kept = tuple(limit for limit in of.weekly_limits if limit.from_week < from_week)
        self.contracts[id] = replace(of, weekly_limits=(*kept, WeeklyLimit(hours, from_week)))
        self.limits[id] |= {each: hours for each in WEEKS if each >= from_week and (id, each) not in self.closed}

    @rule(id=CONTRACTS, late_hours=LIMITS)
    def its_locks_fire(self, id: str, late_hours: int | None) -> None:
        """Close every week of a contract that is due, and hear too late of a change; closed is closed (T2, T6)."""
        for week in self.weeks_so_far():
            if self.now >= lock_of(week):
                sheet = self.sheets[week].closed_for(self.contracts[id])
                assert (sheet == self.sheets[week]) == ((id, week) in self.closed)
                self.sheets[week] = sheet
                self.closed.setdefault((id, week), self.as_closed(id, week))
        self.change_limit(id, late_hours, week_of(self.now) - WEEK)

    @rule(hours=st.sampled_from([1, 10, 24]))
    @precondition(lambda self: self.now < WEEKS[-3])
    def time_passes(self, hours: int) -> None:
        """Wait."""
        self.go_to(self.now + timedelta(hours=hours))

    @rule(hours=st.sampled_from([0, 3, 12]))
    @precondition(lambda self: self.now < WEEKS[-3])
    def monday_comes(self, hours: int) -> None:
        """Wait until some hours of the next Monday have passed: the week before may be edited for twelve (T1, T2)."""
        self.go_to(week_of(self.now) + WEEK + timedelta(hours=hours))

    def go_to(self, instant: Instant) -> None:
        """Move the clock, and remember every week as its lock finds it."""
        self.now = instant
        for week in self.weeks_so_far():
            if instant >= lock_of(week):
                self.rows_at_lock.setdefault(week, self.sheets[week].rows)

    def wait_for_lock(self, week: Instant, when: int | None) -> None:
        """Go to around the lock of a week, where it is still to come."""
        if when is not None:
            self.go_to(max(self.now, lock_of(week) + when * A_MILLISECOND))

    def pick(self, which: int, when: int | None) -> TimeEntry:
        """Return one of the entries, now or around the lock of its first week."""
        entry = list(self.entries.values())[which % len(self.entries)]
        self.wait_for_lock(week_of(entry.started_at), when)
        return entry

    def is_written(self, old: TimeEntry | None, new: TimeEntry | None) -> bool:
        """Put a change on the sheets of all its weeks, or on none where one of them refuses."""
        before, after = rows_of(old), rows_of(new)
        sheets = dict(self.sheets)
        for week in sorted({*before, *after}):
            if before.get(week) == after.get(week):
                continue
            written = Accepted(sheets[week]) if old is None else sheets[week].without(old.contract_id, old.id)
            if isinstance(written, Accepted) and week in after:
                written = written.value.with_row(after[week])
            if isinstance(written, Refused):
                return False
            sheets[week] = written.unwrap()
        self.sheets = sheets
        self.remember(old, new)
        for week, row in after.items():
            self.edges_are_where_they_should_be(week, row)
        return True

    def edges_are_where_they_should_be(self, week: Instant, row: Row) -> None:
        """Assert that a segment just inside a row is taken, and one just outside only where it is another's (T4)."""
        for mark in (row.first_mark - 1, row.first_mark, row.end_mark - 1, row.end_mark):
            segment = replace(row, entry_id="te_0", contract_id="ct_0", first_mark=mark, end_mark=mark + 1)
            taken = WEEKS.index(week) * MARKS_PER_WEEK + mark in self.taken()
            if 0 <= mark < MARKS_PER_WEEK:
                assert isinstance(self.sheets[week].with_row(segment), Refused) == taken

    def remember(self, old: TimeEntry | None, new: TimeEntry | None) -> None:
        """Keep the new entry in place of the old one."""
        if old is not None:
            del self.entries[old.id], self.marks[old.id]
        if new is not None:
            self.entries[new.id], self.marks[new.id] = new, marks_of(new.span)

    def as_closed(self, id: str, week: Instant) -> ClosedWeek:
        """Return a contract's week as its lock would leave it now."""
        counted = self.sheets[week].counted(self.contracts[id])
        return closed_week(self.contracts[id], week, counted, period_id="per_1", submission_id="sub_1")

    def weeks_so_far(self) -> list[Instant]:
        """Return the weeks that have begun."""
        return [week for week in WEEKS if week <= self.now]

    def locked(self, marks: set[int]) -> set[int]:
        """Return those of `marks` that lie in weeks whose lock has come, as that of the first week has (T2)."""
        return {mark for mark in marks if self.now >= lock_of(WEEKS[max(0, mark // MARKS_PER_WEEK)])}

    def taken(self, *, but: str | None = None) -> set[int]:
        """Return every mark that any entry covers, on whichever contract (T4)."""
        return set().union(*(marks for id, marks in self.marks.items() if id != but))

    @property
    def last_mark(self) -> Instant:
        """The last 10-minute mark that has passed."""
        return self.now - (self.now - BEGIN) % SEGMENT

    @invariant()
    def the_sheets_hold_every_mark_once(self) -> None:
        """Nothing overlaps, across contracts too, and a split at a Monday loses nothing (T1, T4)."""
        found: dict[str, set[int]] = {}
        for number, week in enumerate(WEEKS):
            for row in self.sheets[week].rows:
                assert 0 <= row.first_mark < row.end_mark <= MARKS_PER_WEEK
                monday = number * MARKS_PER_WEEK
                found.setdefault(row.entry_id, set()).update(range(monday + row.first_mark, monday + row.end_mark))
        assert found == self.marks
        assert len(self.taken()) == sum(map(len, found.values()))

    @invariant()
    def earlier_time_of_a_week_is_billed_first_up_to_its_limit(self) -> None:
        """And what is not billed is over the limit (T5)."""
        for id, of in self.contracts.items():
            for week in self.weeks_so_far():
                hours, billed, worked = self.limits[id][week], list[int](), list[int]()
                for each in self.sheets[week].counted(of):
                    first, end = each.row.first_mark, each.row.end_mark
                    assert each.billable_segments + each.over_limit_segments == end - first
                    worked += range(first, end)
                    billed += range(first, first + each.billable_segments)
                assert worked == sorted(worked)
                assert billed == (worked if hours is None else worked[:hours * SEGMENTS_PER_HOUR])

    @invariant()
    def of_an_entry_that_is_partly_locked_only_the_rest_may_change(self) -> None:
        """Neither its start nor what speaks for it, and it is not taken back (T2)."""
        for old in self.entries.values():
            if set() != self.locked(self.marks[old.id]) != self.marks[old.id]:
                of = self.contracts[old.contract_id]
                for new, may in ((replace(old, started_at=old.started_at + SEGMENT), False),
                                 (replace(old, started_at=old.started_at - SEGMENT), False),
                                 (replace(old, evidence=replace(TRACKED, activity=1)), False),
                                 (replace(old, ended_at=old.ended_at - SEGMENT), True)):
                    assert isinstance(may_change(of, "fr_mia", old, new, self.now), Accepted) == may
                assert isinstance(may_delete(of, "fr_mia", old, self.now), Refused)

    @invariant()
    def nothing_of_a_locked_week_changes(self) -> None:
        """Neither its rows nor, once it is closed, what of them is billed (T2)."""
        assert all(self.sheets[week].rows == rows for week, rows in self.rows_at_lock.items())
        assert all(self.as_closed(id, week) == as_it_was for (id, week), as_it_was in self.closed.items())


def lock_of(week: Instant) -> Instant:
    """Return the Monday noon after a week (T2)."""
    return week + WEEK + timedelta(hours=12)


def marks_of(span: Span) -> set[int]:
    """Return the marks that a span covers, counted from the first Monday on."""
    return set(range((span.started_at - BEGIN) // SEGMENT, (span.ended_at - BEGIN) // SEGMENT))


def rows_of(entry: TimeEntry | None) -> dict[Instant, Row]:
    """Return the rows of an entry by week; nothing has none."""
    return {} if entry is None else {part.week_start: row_of(entry, part) for part in entry.span.weeks()}


def test_any_story_of_time_keeps_the_rules() -> None:
    """Proves T1, T2, T4, T5 and T6."""
    tell(TimeStory)
