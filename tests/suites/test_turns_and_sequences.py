"""Two processes of one service on the same documents: turns, remembered sequences, and what a collision costs."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import BulkWriteError, OperationFailure

from shared.events.catalogue import LIVE
from shared.events.parties import Party, PartyRegistered
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Committer
from shared.persistence.mongo import _translated
from shared.persistence.records import OUTBOX, TURNS
from shared.persistence.store import Conflict, Store
from shared.persistence.turns import FIRST_PAUSE_MAX_S, NEXT_PAUSE_MAX_S, PAUSE_MIN_S, Turns, TurnTaken
from shared.persistence.unit import Unit
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore
from tests.suites.test_store import store

__all__ = ["store"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Till:
    id: str
    cents: int


TILLS = Collection("purses", Till)


async def put_in(unit: Unit, till: str) -> None:
    held = await unit.get(TILLS, till)
    unit.put(TILLS, replace(held, cents=held.cents + 1) if held else Till(till, 1))
    party = Party(id=till, role="freelancer", clock=LIVE, registered_at=NOW)
    unit.emit(PartyRegistered(object=party), key=till, subject=till)


async def lane(store: Store, name: str) -> Committer:
    committer = Committer(store, service="contracts", lane=name, clock=FixedClock(NOW), ids=CountingIds())
    await committer.start()
    return committer


async def test_two_processes_that_remember_sequences_leave_no_gap_and_no_double(store: Store) -> None:
    lanes = [await lane(store, "api"), await lane(store, "worker")]
    for round_number in range(6):   # Each remembers what the other has moved on meanwhile.
        await lanes[round_number % 2].run(put_in, "fr_hot", clock=LIVE)
    await asyncio.gather(*(one.run(put_in, "fr_hot", clock=LIVE) for one in lanes for _ in range(20)))
    for one in lanes:
        await one.stop()
    rows = await store.find(OUTBOX.name, {})
    assert sorted(event["sequence"] for row in rows for event in row["events"]) == list(range(1, 47))
    till = await store.load(TILLS.name, ["fr_hot"])
    assert till[0]["cents"] == 46


async def test_a_turn_is_no_commit_of_its_own(store: Store) -> None:
    async def give_up() -> None:
        async with store.transaction() as transaction:
            await Turns("api").take(transaction, 1)
            raise LookupError("given up")

    with pytest.raises(LookupError):
        await give_up()
    assert await store.load(TURNS.name, ["writer"]) == []


async def test_who_comes_second_learns_it_at_once(store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("the store in memory finds collisions at the commit")

    async def come_second() -> None:
        async with store.transaction() as second:
            await Turns("worker").take(second, 2)

    async with store.transaction() as first:
        await Turns("api").take(first, 1)
        with pytest.raises(TurnTaken):
            await come_second()


async def test_turns_end_some_time_after_the_last_conflict() -> None:
    turns = Turns("api")
    turns.note_conflict(1)
    assert turns.contended
    turns.give_up()
    assert not turns.contended


async def test_who_waits_looks_first_when_half_of_a_turn_is_over_then_often() -> None:
    turns = Turns("api")
    assert turns.pause_s(first=True) == turns.pause_s(first=False) == PAUSE_MIN_S
    turns.note_success(0.08)
    assert turns.pause_s(first=True) == pytest.approx(0.04)
    assert turns.pause_s(first=False) == pytest.approx(0.0025)
    turns.note_success(8.0)
    assert (turns.pause_s(first=True), turns.pause_s(first=False)) == (FIRST_PAUSE_MAX_S, NEXT_PAUSE_MAX_S)


async def test_what_arrives_while_a_group_waits_for_its_turn_goes_with_it(store: Store) -> None:
    if isinstance(store, MemoryStore):
        pytest.skip("the store in memory finds collisions at the commit")
    committer = await lane(store, "api")
    committer._turns.note_conflict(1)
    looked, wait_for_turn = asyncio.Event(), committer._wait_for_turn

    async def look_again(attempt: Any) -> None:
        looked.set()
        await wait_for_turn(attempt)

    committer._wait_for_turn = look_again   # type: ignore[method-assign]
    async with store.transaction() as other, asyncio.timeout(20):
        await Turns("worker").take(other, 1)
        waiting = []
        for till in ("fr_one", "fr_two", "fr_three"):
            waiting.append(asyncio.create_task(committer.run(put_in, till, clock=LIVE)))
            looked.clear()
            await looked.wait()
    await asyncio.gather(*waiting)
    await committer.stop()
    [row] = await store.find(OUTBOX.name, {})
    assert [event["key"] for event in row["events"]] == ["fr_one", "fr_two", "fr_three"]


async def test_what_comes_too_late_for_a_turn_waits_for_its_end(store: Store) -> None:
    committer = await lane(store, "api")
    committer._turns.note_conflict(1)
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def put_slowly(unit: Unit, till: str) -> None:
        begun.set()
        await may_go_on.wait()
        await put_in(unit, till)

    await committer.between_turns()
    running = asyncio.create_task(committer.run(put_slowly, "fr_one", clock=LIVE))
    await begun.wait()
    late = asyncio.create_task(committer.between_turns())
    await asyncio.wait({late}, timeout=0)
    assert not late.done()
    may_go_on.set()
    async with asyncio.timeout(20):
        await asyncio.gather(running, late)
        await committer.between_turns()
    await committer.stop()


async def test_a_turn_ends_with_what_it_was_taken_for_whether_that_succeeds_or_not(store: Store) -> None:
    turns = Turns("api")

    async def give_up() -> None:
        with turns.ended():
            async with store.transaction() as transaction:
                await turns.take(transaction, 1)
                assert not turns.between.is_set()
                raise LookupError("given up")

    with pytest.raises(LookupError):
        await give_up()
    assert turns.between.is_set()


async def test_nobody_waits_for_a_turn_that_does_not_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.persistence.turns.DOOR_MAX_S", 0.01)
    turns = Turns("api")
    async with store.transaction() as transaction, asyncio.timeout(20):
        await turns.take(transaction, 1)
        await turns.wait_between()


async def test_a_group_that_the_server_cannot_hold_is_tried_again_and_split_like_a_conflict() -> None:
    details = {"writeErrors": [{"code": 388, "errmsg": "Transaction is too large"}], "nInserted": 3}
    assert isinstance(_translated(BulkWriteError(details)), Conflict)
    assert isinstance(_translated(OperationFailure("too large", code=388)), Conflict)
    assert isinstance(_translated(OperationFailure('Internal("transaction already closed")', code=1)), Conflict)
