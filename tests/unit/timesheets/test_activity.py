"""When a contract was active: the same facts in any order give the same spans, weeks and locks (T6)."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.timesheets.domain.activity import ActiveSpan, ActivityFact, active_spans, with_fact
from services.timesheets.domain.closings import LockRef, week_id
from services.timesheets.domain.contracts import learned
from services.timesheets.domain.locks import is_locked, lock_of
from shared.kernel.instants import WEEK, Instant
from tests.unit.timesheets.builders import A_MILLISECOND, LOCK, MONDAY, at, contract

SECOND, THIRD, FOURTH = MONDAY + WEEK, MONDAY + 2 * WEEK, MONDAY + 3 * WEEK


def spans(*facts: tuple[Instant, bool]) -> tuple[ActiveSpan, ...]:
    return active_spans(MONDAY, [ActivityFact(number, when, active) for number, (when, active) in enumerate(facts)])


def weeks(*facts: tuple[Instant, bool], until: Instant = FOURTH) -> list[Instant]:
    known = tuple(ActivityFact(number, when, active) for number, (when, active) in enumerate(facts))
    return list(contract(facts=known).active_weeks(until))


def test_a_week_is_locked_at_monday_noon_after_it() -> None:
    """Proves T2 and I4."""
    assert lock_of(MONDAY) == LOCK
    assert [is_locked(MONDAY, now) for now in (LOCK - A_MILLISECOND, LOCK, LOCK + A_MILLISECOND)] \
        == [False, True, True]


def test_the_reference_of_a_lock_names_all_its_documents() -> None:
    ref = LockRef("ct_1", "fr_mia", MONDAY)
    assert LockRef.parse(str(ref)) == ref
    assert week_id(ref.contract_id, ref.week_start) == "ct_1:2026-02-23"


def test_a_contract_that_was_never_active_has_no_weeks() -> None:
    assert active_spans(None, ()) == ()
    assert list(contract(activated_at=None, facts=()).active_weeks(FOURTH)) == []


def test_every_week_up_to_the_present_one_counts_while_it_is_active() -> None:
    assert weeks((MONDAY, True), until=THIRD) == [MONDAY, SECOND, THIRD]
    assert weeks((MONDAY, True), until=THIRD - A_MILLISECOND) == [MONDAY, SECOND]


def test_a_week_that_was_paused_from_end_to_end_does_not_count() -> None:
    paused, resumed = at("02-26 10:00"), at("03-10 10:00")
    assert weeks((MONDAY, True), (paused, False), (resumed, True), until=THIRD) == [MONDAY, THIRD]


def test_one_instant_of_activity_makes_a_week_count() -> None:
    late = SECOND - A_MILLISECOND
    assert weeks((MONDAY, True), (MONDAY + A_MILLISECOND, False)) == [MONDAY]
    assert weeks((MONDAY, True), (late, False), (late, True), (late, False)) == [MONDAY]
    assert weeks((MONDAY, True), (SECOND, False)) == [MONDAY]
    assert weeks((MONDAY, True), (SECOND + A_MILLISECOND, False)) == [MONDAY, SECOND]
    assert weeks((MONDAY, True), (MONDAY, False), (SECOND, True), (SECOND, False)) == [MONDAY, SECOND]


def test_two_spans_in_one_week_count_once() -> None:
    assert weeks((MONDAY, True), (at("02-24 08:00"), False), (at("02-25 08:00"), True), until=MONDAY) == [MONDAY]


def test_a_pause_that_ends_when_it_begins_leaves_one_span() -> None:
    noon = at("02-24 12:00")
    assert spans((MONDAY, True), (noon, False), (noon, True)) == (ActiveSpan(MONDAY, None),)


def test_the_activation_is_known_even_where_its_event_is_late() -> None:
    assert spans((at("03-10 10:00"), False)) == (ActiveSpan(MONDAY, at("03-10 10:00")),)
    assert spans() == (ActiveSpan(MONDAY, None),)


def test_a_known_revision_is_not_learned_twice() -> None:
    facts = (ActivityFact(3, MONDAY, True),)
    assert with_fact(facts, ActivityFact(3, SECOND, False)) == facts


def test_any_order_of_events_teaches_the_same() -> None:
    facts = [(MONDAY, True), (at("02-26 10:00"), False), (at("03-10 10:00"), True), (at("03-11 10:00"), False)]
    story = [
        contract(revision=number, status="active" if active else "paused",
                 facts=(ActivityFact(number, when, active),)) for number, (when, active) in enumerate(facts)]
    outcomes = set()
    for order in itertools.permutations([*story, story[1]]):
        known = None
        for news in order:
            known = learned(known, news)
        outcomes.add(known)
    assert len(outcomes) == 1


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_spans_never_overlap_and_agree_with_the_weeks(days: list[int]) -> None:
    facts = [(MONDAY + day * WEEK / 7, number % 2 == 0) for number, day in enumerate(sorted(days))]
    found = spans(*facts)
    for span, following in itertools.pairwise(found):
        assert span.ended_at is not None
        assert span.ended_at < following.started_at
    until = MONDAY + 10 * WEEK
    listed = weeks(*facts, until=until)
    assert listed == sorted(set(listed))
    every = [MONDAY + number * WEEK for number in range(11)]
    assert listed == [week for week in every if any(span.touches_week(week) for span in found)]
