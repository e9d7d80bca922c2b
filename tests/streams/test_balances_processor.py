"""The processor `balances`, without Faust: any legal order, any repeats, any crash end in the books' balances."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.payouts.streams.balances import AccountKept, BalancesProcessor
from shared.events.codec import encode
from shared.events.envelope import Envelope
from tests.streams.books import START, Books, round_of
from tests.streams.replays import Life, legal_orders, lives, records, told_books


def shown(event: Envelope[Any]) -> dict[str, dict[str, int]]:
    """The balances of one balance.updated, as the books write them."""
    return {one.currency: one.model_dump(exclude={"currency"}) for one in event.data.object.balances}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_order_with_repeats_and_crashes_ends_in_the_balances_of_the_books(data: st.DataObject) -> None:
    books = data.draw(told_books())
    told = records(data.draw(legal_orders(books.events)))
    life = Life(BalancesProcessor())
    fold = life.live(*data.draw(lives(told)))

    account = fold.get(books.account_id)
    assert isinstance(account, AccountKept)
    assert account.version == books.version
    assert list(fold.records) == [books.account_id]   # nothing waits any more
    assert shown(life.outputs[-1]) == books.balance() or life.outputs[-1].sequence < books.version
    last = max(life.outputs, key=lambda event: event.sequence)
    assert shown(last) == books.balance()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nobody_ever_sees_a_balance_that_the_books_never_had(data: st.DataObject) -> None:
    books = data.draw(told_books())
    told = records(data.draw(legal_orders(books.events)))
    life = Life(BalancesProcessor())
    life.live(*data.draw(lives(told)))

    seen: dict[int, bytes] = {}
    for event in life.outputs:
        version = event.data.object.version
        assert shown(event) == books.history[version]
        assert event.sequence == version
        assert version <= len(seen) + 1   # each version follows its predecessor
        assert seen.setdefault(version, encode(event)) == encode(event)   # a repeat is the same event
    assert sorted(seen) == list(range(1, books.version + 1))


def test_a_movement_that_comes_early_waits_for_the_missing_one() -> None:
    books = Books("fr_one")
    books.mature(books.hold(500))
    held, available = records(books.events)
    life = Life(BalancesProcessor())

    fold = life.born()
    fold.fold(available)
    folded = fold.take()
    assert folded.outputs == []
    assert list(folded.changes) == ["fr_one/2"]

    fold.fold(held)
    folded = fold.take()
    assert [shown(announced.event) for announced in folded.outputs] == [books.history[1], books.history[2]]
    assert list(folded.changes) == ["fr_one"]
    assert folded.removals == ["fr_one/2"]


def test_a_round_is_answered_with_the_versions_applied_and_those_that_wait() -> None:
    books = Books("fr_one", clock="clk_a")
    books.mature(books.hold(500))
    books.hold(700)
    first, _, third = records(books.events)
    fold = Life(BalancesProcessor()).born()
    for record in (first, third):
        fold.fold(record)
    fold.fold(records([("clock.advanced", round_of("clk_a", 7, START, 3))])[0])
    report = fold.take().answers[0].event.data.object

    assert (report.participant, report.wave, report.handled_total, report.busy) == ("balances:0", 7, 1, 1)
    assert report.next_due is None
    assert report.blocked == ()


def test_totals_survive_a_restart_and_do_not_count_other_clocks() -> None:
    one, other = Books("fr_one", clock="clk_a"), Books("fr_two", clock="clk_b")
    for books in (one, other):
        books.mature(books.hold(500))
    life = Life(BalancesProcessor())
    life.live([records([*one.events, *other.events])], [None])
    question = records([("clock.advanced", round_of("clk_a", 1, START, 3))])
    life.live([question], [None])

    assert [answer.data.object.handled_total for answer in life.answers] == [2]


def test_state_records_read_back_as_they_were_written() -> None:
    books = Books("fr_one")
    books.mature(books.hold(500))
    books.hold(3, currency="JPY")
    held, _, yen = records(books.events)
    processor = BalancesProcessor()
    fold = Life(processor).born()
    for record in (held, yen):
        fold.fold(record)
    assert len(fold.records) == 2
    for kept in fold.records.values():
        assert processor.decode(processor.encode(kept)) == kept


def test_a_late_write_of_a_process_taken_for_dead_does_not_turn_the_state_back() -> None:
    books = Books("fr_one")
    books.mature(books.hold(500))
    processor = BalancesProcessor()
    fold = Life(processor).born()
    written = []
    for record in records(books.events):
        fold.fold(record)
        written.append(fold.take().changes["fr_one"])
    successor = Life(processor).born()
    for raw in reversed(written):
        successor.restore("fr_one", raw)
    account = successor.get("fr_one")
    assert isinstance(account, AccountKept)
    assert account.version == 2
