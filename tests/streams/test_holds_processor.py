"""The processor `holds`, without Faust: each hold is said to be due once per version, never early, never lost (P1)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.payouts.streams.holds import ClosedHold, HoldsProcessor, OpenHold
from shared.events.codec import encode
from shared.events.envelope import Envelope
from shared.kernel.instants import Instant
from tests.streams.books import START, Books, round_of, tick, usd
from tests.streams.replays import Life, Published, legal_orders, lives, records, told_books

DUE = START + timedelta(days=5)
"""When the holds of the test books are due."""

LATE = DUE + timedelta(days=1)


def dues(life: Life) -> set[tuple[str, int]]:
    """Which holds were said to be due, at which version."""
    return {(event.data.object.hold_id, event.data.object.hold_version) for event in life.outputs}


def told(life: Life, *published: Published) -> None:
    """Tell one batch more."""
    life.live([records(published)], [None])


def ticked(now: Instant, number: int = 1, phase: int = 4) -> Published:
    """A live tick."""
    return "clock.ticked", tick(now, number, 0, phase=phase)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_the_order_each_hold_is_due_at_its_last_version_and_none_before_its_instant(
    data: st.DataObject,
) -> None:
    books = data.draw(told_books())
    story = data.draw(legal_orders(books.events))
    for number, now in enumerate((START, DUE - timedelta(milliseconds=1), DUE, LATE)):
        story.insert(data.draw(st.integers(0, len(story))), ticked(now, number))
    life = Life(HoldsProcessor())
    fold = life.live(*data.draw(lives([*records(story), *records([ticked(LATE, 9)])])))

    for hold in books.holds.values():
        kept = fold.get(hold.id)
        wholly_frozen = bool(hold.frozen) and hold.frozen == hold.amount
        if hold.state == "pending":
            assert isinstance(kept, OpenHold)
            assert kept.version == hold.version
            assert ((hold.id, hold.version) in dues(life)) == (not wholly_frozen)
        else:
            assert isinstance(kept, ClosedHold)
            assert kept.version == hold.version
    seen: dict[str, tuple[str, int]] = {}
    for event in life.outputs:
        due = event.data.object
        assert due.now >= due.due_at
        assert seen.setdefault(event.id, (due.hold_id, due.hold_version)) == (due.hold_id, due.hold_version)


@pytest.mark.parametrize(("now", "phase", "is_due"), [
    (DUE - timedelta(milliseconds=1), 4, False),
    (DUE, 2, False),
    (DUE, 3, True),
    (DUE, 4, True),
    (DUE + timedelta(milliseconds=1), 1, True),
])
def test_a_hold_is_due_exactly_at_its_instant_and_phase(now: Instant, phase: int, *, is_due: bool) -> None:
    """Proves I4 and P1."""
    books = Books("fr_one")
    hold = books.hold(500)
    life = Life(HoldsProcessor())
    told(life, *books.events, ticked(now, phase=phase))
    assert dues(life) == ({(hold, 1)} if is_due else set())


def test_a_hold_that_arrives_after_its_tick_is_due_at_once_also_after_a_restart() -> None:
    books = Books("fr_one")
    hold = books.hold(500)
    life = Life(HoldsProcessor())
    told(life, ticked(LATE))
    told(life, *books.events)
    assert dues(life) == {(hold, 1)}
    assert life.outputs[0].data.object.now == LATE


def test_a_frozen_hold_is_not_due_and_is_judged_again_at_the_unfreeze() -> None:
    """Proves D2 and D4."""
    books = Books("fr_one")
    hold = books.hold(500)
    books.freeze(hold, 500)
    life = Life(HoldsProcessor())
    told(life, *books.events, ticked(LATE))
    assert dues(life) == set()
    before = len(books.events)
    books.unfreeze(hold)
    told(life, *books.events[before:])
    assert dues(life) == {(hold, 3)}


def test_of_a_partly_frozen_hold_the_rest_is_due() -> None:
    """Proves D2."""
    books = Books("fr_one")
    hold = books.hold(500)
    books.freeze(hold, 200)
    life = Life(HoldsProcessor())
    told(life, *books.events, ticked(LATE))
    assert dues(life) == {(hold, 2)}


def test_a_hold_under_objection_is_not_due() -> None:
    """Proves I3."""
    books = Books("fr_one")
    hold = books.hold(500)
    topic, event = books.events[0]
    blocked = event.model_copy(update={"data": event.data.model_copy(update={
        "object": event.data.object.model_copy(update={"blocked_by": ("objection",)})})})
    life = Life(HoldsProcessor())
    told(life, (topic, blocked), ticked(LATE))
    assert dues(life) == set()
    assert books.holds[hold].amount == usd(500)


def test_a_matured_hold_stays_closed_when_its_first_event_is_told_again() -> None:
    books = Books("fr_one")
    hold = books.hold(500)
    books.mature(hold)
    life = Life(HoldsProcessor())
    told(life, *books.events, ticked(LATE))
    told(life, books.events[0])
    assert dues(life) == set()


def test_a_repeat_says_again_with_the_same_bytes_what_was_said() -> None:
    books = Books("fr_one")
    books.hold(500)
    life = Life(HoldsProcessor())
    told(life, *books.events, ticked(LATE))
    told(life, ticked(LATE + timedelta(days=1), 2))
    told(life, *books.events)
    assert len(life.outputs) == 2
    assert encode(life.outputs[0]) == encode(life.outputs[1])


def report(life: Life, wave: int, now: Instant, phase: int = 3) -> Any:
    """Ask a round and return the answer."""
    told(life, ("clock.advanced", round_of("clk_a", wave, now, phase)))
    answer: Envelope[Any] = life.answers[-1]
    return answer.data.object


def test_a_round_says_what_is_due_and_names_the_next_instant_and_is_busy_until_the_books_answer() -> None:
    books = Books("fr_one", clock="clk_a")
    books.hold(500)
    books.hold(600, due_at=LATE)
    life = Life(HoldsProcessor())
    told(life, *books.events)

    early = report(life, 1, START)
    assert (early.participant, early.handled_total, early.published) == ("holds:0", 2, {})
    assert (early.next_due.at, early.next_due.phase, early.busy) == (DUE, 3, 0)

    due = report(life, 2, DUE)
    assert (due.handled_total, due.busy, due.next_due.at) == (2, 1, LATE)

    again = report(life, 3, DUE)
    assert (again.handled_total, again.busy) == (2, 1)

    books.mature(next(iter(books.holds)))
    told(life, books.events[-1])
    answered = report(life, 4, DUE)
    assert (answered.handled_total, answered.busy) == (3, 0)
    last = report(life, 5, LATE)
    assert (last.next_due, last.busy) == (None, 1)


def test_the_books_answer_that_comes_before_the_record_that_led_to_it_ends_the_waiting() -> None:
    """What was said is on its way, the memory of it lost in a crash, and the clock's round comes after the answer."""
    books = Books("fr_one", clock="clk_a")
    hold = books.hold(500)
    life = Life(HoldsProcessor())
    told(life, *books.events)
    books.mature(hold)
    told(life, books.events[-1])
    late = report(life, 1, DUE)
    assert (late.handled_total, late.busy, late.next_due) == (2, 0, None)
    assert dues(life) == set()


def test_an_earlier_phase_of_the_instant_says_nothing() -> None:
    """Proves I4."""
    books = Books("fr_one", clock="clk_a")
    books.hold(500)
    life = Life(HoldsProcessor())
    told(life, *books.events)
    assert report(life, 1, DUE, phase=2).busy == 0
    assert report(life, 2, DUE, phase=3).busy == 1


def test_clocks_do_not_hear_each_other() -> None:
    live, test = Books("fr_one"), Books("fr_two", clock="clk_a")
    live_hold, test_hold = live.hold(500), test.hold(500)
    life = Life(HoldsProcessor())
    told(life, *live.events, *test.events, ticked(LATE))
    assert dues(life) == {(live_hold, 1)}
    report(life, 1, LATE)
    assert dues(life) == {(live_hold, 1), (test_hold, 1)}


def test_a_round_names_what_is_parked() -> None:
    books = Books("fr_one", clock="clk_a")
    books.hold(500)
    life = Life(HoldsProcessor())
    fold = life.born()
    broken = records(books.events)[0]
    fold.fold(type(broken)(broken.topic, 0, 0, broken.key, b'{"testclock":"clk_a"}'))
    fold.fold(records([("clock.advanced", round_of("clk_a", 1, START, 3))])[0])
    fold.fold(records([("clock.advanced", round_of("clk_b", 1, START, 3))])[0])
    blocked, free = (answer.event.data.object.blocked for answer in fold.take().answers)
    assert blocked[0].startswith("funds.held[0]@0: undecodable")
    assert free == ()


def test_a_late_write_of_a_process_taken_for_dead_does_not_turn_the_state_back() -> None:
    books = Books("fr_one")
    hold = books.hold(500)
    books.freeze(hold, 100)
    processor = HoldsProcessor()
    fold = Life(processor).born()
    written = []
    story = [ticked(START), books.events[0], books.events[1], ticked(LATE, 2)]
    for record in records(story):
        fold.fold(record)
        written.append(fold.take().changes)
    successor = Life(processor).born()
    for changes in reversed(written):
        for key, raw in changes.items():
            successor.restore(key, raw)
    assert {key: successor.get(key) for key in fold.records} == fold.records
