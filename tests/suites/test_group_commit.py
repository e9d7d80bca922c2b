"""Group commit on every store: shared transactions, own answers, repeats, early events, unknown commits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.events.catalogue import LIVE
from shared.events.envelope import Envelope
from shared.events.parties import Party, PartyRegistered
from shared.kernel.decisions import NotFound, Refusal
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Answer, CommandFailed, Committer, DueHandler, Handler, IdempotencyKey
from shared.persistence.records import CLOCKS, EARLY, INBOX, INTENTS, OUTBOX, ClockRow
from shared.persistence.store import CommitUnknown, Store
from shared.persistence.unit import Due, Early, Intent, Phase, Unit
from shared.testing.clocks import CountingIds, FixedClock
from shared.testing.memory_store import MemoryStore
from tests.suites.test_store import store

__all__ = ["store"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Purse:
    id: str
    cents: int


PURSES = Collection("purses", Purse)


@dataclass(frozen=True)
class Spend:
    purse: str
    cents: int


async def spend(unit: Unit, command: Spend) -> int:
    purse = await unit.get(PURSES, command.purse)
    if purse is None:
        raise NotFound("purse")
    if purse.cents < command.cents:
        raise Refusal("TOO_LITTLE")
    unit.put(PURSES, replace(purse, cents=purse.cents - command.cents))
    unit.emit(registered(command.purse), key=command.purse, subject=command.purse)
    return purse.cents - command.cents


async def fill(unit: Unit, command: Spend) -> None:
    unit.put(PURSES, Purse(command.purse, command.cents))
    unit.arrived(f"purse:{command.purse}")


async def on_party(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    purse = await unit.get(PURSES, event.partitionkey)
    if purse is None:
        unit.put(PURSES, Purse("trace", 1))
        raise Early(f"purse:{event.partitionkey}")
    unit.put(PURSES, replace(purse, cents=purse.cents + 1))


async def on_due(unit: Unit, due: Due) -> None:
    purse = await unit.get(PURSES, due.ref)
    assert purse is not None
    unit.put(PURSES, replace(purse, cents=0))


def registered(id: str) -> PartyRegistered:
    return PartyRegistered(object=Party(id=id, role="client", clock=LIVE, registered_at=NOW))


def event(id: str, key: str, *, clock: str | None = None) -> Envelope[Any]:
    return Envelope(id=id, source="/billing/contracts", type="billing.party.registered.v1", subject=key, time=NOW,
                    dataschema="/x", partitionkey=key, sequence=1, causationid="c", correlationid="c",
                    livemode=clock is None, testclock=clock, data=registered(key))


def make(store: Store, lane: str = "lane") -> Committer:
    return Committer(store, service="contracts", lane=lane, clock=FixedClock(NOW), ids=CountingIds(),
                     handlers={"party.registered": Handler(on_party)}, dues={"purse.expires": DueHandler(on_due)})


@pytest.fixture
async def committer(store: Store) -> AsyncIterator[Committer]:
    made = make(store)
    await made.start()
    yield made
    await made.stop()


async def cents(store: Store) -> dict[str, int]:
    return {row["_id"]: row["cents"] for row in await store.find(PURSES.name, {})}


async def test_commands_of_one_group_see_each_other_and_a_refused_one_disturbs_nobody(
    committer: Committer, store: Store
) -> None:
    await committer.run(fill, Spend("p", 100), clock=LIVE)
    answers = await asyncio.gather(*(committer.run(spend, Spend("p", c), clock=LIVE) for c in (60, 60, 30, 10)),
                                   return_exceptions=True)
    assert [a if isinstance(a, int) else getattr(a, "code", a) for a in answers] == [40, "TOO_LITTLE", 10, 0]
    assert await cents(store) == {"p": 0}
    rows = await store.find(OUTBOX.name, {}, sort="_id")
    assert [e["sequence"] for row in rows for e in row["events"]] == [1, 2, 3]


async def test_an_event_counts_once_however_often_it_comes(committer: Committer, store: Store) -> None:
    await committer.run(fill, Spend("p", 1), clock=LIVE)
    handled = [await committer.handle("party.registered", event("e1", "p")) for _ in range(3)]
    handled += await asyncio.gather(*(committer.handle("party.registered", event("e2", "p")) for _ in range(3)))
    assert handled == [True, False, False, True, False, False]
    assert await cents(store) == {"p": 3}


async def test_a_sequel_before_its_cause_waits_and_leaves_no_trace(committer: Committer, store: Store) -> None:
    await committer.handle("party.registered", event("e1", "p"))
    await committer.handle("party.registered", event("e2", "p"))
    assert await cents(store) == {}
    assert len(await store.find(EARLY.name, {})) == 2
    await committer.run(fill, Spend("p", 5), clock=LIVE)
    assert await cents(store) == {"p": 7}
    assert await store.find(EARLY.name, {}) == []
    assert await committer.handle("party.registered", event("e1", "p")) is False


async def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(
    committer: Committer, store: Store
) -> None:
    await committer.run(fill, Spend("p", 100), clock=LIVE)

    async def ask(cents: int, body: str) -> Answer:
        answer = await committer.run(spend, Spend("p", cents), clock=LIVE,
                                     render=lambda n: Answer(201, str(n).encode()),
                                     idempotency=IdempotencyKey("acme POST /v1/spend", "k1", body))
        assert isinstance(answer, Answer)
        return answer

    assert await ask(10, "a") == Answer(201, b"90")
    assert await ask(10, "a") == Answer(201, b"90")
    with pytest.raises(Refusal, match="IDEMPOTENCY_KEY_REUSED"):
        await ask(20, "b")
    assert await cents(store) == {"p": 90}


async def test_a_refusal_is_remembered_under_its_key(committer: Committer) -> None:
    await committer.run(fill, Spend("p", 1), clock=LIVE)
    key = IdempotencyKey("s", "k", "b")
    for _ in range(2):
        with pytest.raises(Refusal, match="TOO_LITTLE"):
            await committer.run(spend, Spend("p", 5), clock=LIVE, idempotency=key, render=lambda n: Answer(200, b""))
        await committer.run(fill_more, Spend("p", 50), clock=LIVE)


async def fill_more(unit: Unit, command: Spend) -> None:
    purse = await unit.get(PURSES, command.purse)
    assert purse is not None
    unit.put(PURSES, replace(purse, cents=command.cents))


async def test_a_document_put_as_new_that_exists_is_a_bug_and_keeps_nothing(
    committer: Committer, store: Store
) -> None:
    await committer.run(fill, Spend("p", 1), clock=LIVE)
    with pytest.raises(CommandFailed, match="put without being read"):
        await committer.run(fill, Spend("p", 2), clock=LIVE)
    assert await cents(store) == {"p": 1}


async def test_two_processes_on_one_document_lose_nothing(store: Store) -> None:
    first, second = make(store, "one"), make(store, "two")
    for one in (first, second):
        await one.start()
    await first.run(fill, Spend("p", 40), clock=LIVE)
    await asyncio.gather(*(one.run(spend, Spend("p", 1), clock=LIVE) for _ in range(20) for one in (first, second)))
    assert await cents(store) == {"p": 0}
    rows = [e["sequence"] for row in await store.find(OUTBOX.name, {}) for e in row["events"]]
    assert sorted(rows) == list(range(1, 41))
    for one in (first, second):
        await one.stop()


async def test_a_due_item_happens_once_and_a_moved_one_not_at_its_old_instant(
    committer: Committer, store: Store
) -> None:
    await committer.run(fill, Spend("p", 9), clock=LIVE)
    early, late = (Due("purse.expires", "p", LIVE, NOW + timedelta(hours=h), Phase.LOCK) for h in (1, 2))

    async def plan(unit: Unit, due: Due) -> None:
        unit.schedule(due)

    await committer.run(plan, early, clock=LIVE)
    await committer.run(plan, late, clock=LIVE)
    await committer.fire(early)
    assert await cents(store) == {"p": 9}
    await committer.fire(late)
    await committer.fire(late)
    assert await cents(store) == {"p": 0}


async def test_a_promise_that_is_still_open_can_be_made_again_beside_a_new_one(
    committer: Committer, store: Store,
) -> None:
    async def promise(unit: Unit, ref: str) -> None:
        unit.intend(Intent("call", ref, LIVE))

    await committer.run(promise, "one", clock=LIVE)
    async with asyncio.timeout(10):
        await asyncio.gather(*(committer.run(promise, ref, clock=LIVE) for ref in ("one", "two")))
    assert {row["ref"] for row in await store.find(INTENTS.name, {})} == {"one", "two"}


async def test_a_test_clock_counts_what_was_published_and_handled(committer: Committer, store: Store) -> None:
    async with store.transaction() as transaction:
        from shared.persistence.store import Write
        await transaction.write([Write("insert", CLOCKS.name, "clk_1", {
            **CLOCKS.to_document(ClockRow(id="clk_1", now=NOW)), "_rev": 1})])
    await committer.run(fill, Spend("p", 9), clock="clk_1")
    await committer.run(spend, Spend("p", 1), clock="clk_1")
    await committer.handle("party.registered", event("e1", "p", clock="clk_1"))
    await committer.handle("party.registered", event("e1", "p", clock="clk_1"))
    [row] = await store.load(CLOCKS.name, ["clk_1"])
    assert row["published"] == {"party:registered": 1}
    assert row["handled"] == {"party:registered": 1}
    assert row["acts"] == 3


class ForgetfulStore(MemoryStore):
    """Answers no commit: half of them happened."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def transaction(self) -> Any:
        return _Forgetful(super().transaction(), self)


class _Forgetful:
    def __init__(self, inner: Any, store: ForgetfulStore) -> None:
        self.inner, self.store = inner, store

    async def __aenter__(self) -> Any:
        return await self.inner.__aenter__()

    async def __aexit__(self, *error: Any) -> Any:
        self.store.lost += 1
        if error[0] is None and self.store.lost % 2:
            raise CommitUnknown("before it happened")
        done = await self.inner.__aexit__(*error)
        if error[0] is None:
            raise CommitUnknown("after it happened")
        return done


async def test_after_an_unknown_commit_nothing_is_decided_twice() -> None:
    store = ForgetfulStore()
    committer = make(store)
    await committer.start()
    await committer.run(fill, Spend("p", 10), clock=LIVE)
    for left in (9, 8, 7):
        assert await committer.run(spend, Spend("p", 1), clock=LIVE) == left
    assert await cents(store) == {"p": 7}
    assert INBOX.name not in store.tables or not store.tables[INBOX.name]
    await committer.stop()
