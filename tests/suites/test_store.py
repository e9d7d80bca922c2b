"""One suite for every store adapter: memory, MongoDB through Motor, MongoDB through PyMongo's async client."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from shared.persistence.collections import REVISION, Collection, Document
from shared.persistence.keyset import Keyset, read_page
from shared.persistence.mongo import MongoStore, connect
from shared.persistence.store import Conflict, Store, Write
from shared.persistence.written import Written
from shared.testing.memory_store import MemoryStore


@dataclass(frozen=True)
class Thing:
    id: str
    n: int


THINGS = Collection("things", Thing, indexes=(("n",),))
OTHERS = Collection("others", Thing)


@pytest.fixture(params=["memory", pytest.param("motor", marks=pytest.mark.real),
                        pytest.param("pymongo", marks=pytest.mark.real)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    client = connect(request.getfixturevalue("mongodb_uri"), driver=request.param)
    mongo = MongoStore(client, f"suite_{uuid.uuid4().hex[:8]}")
    await mongo.prepare([THINGS, OTHERS])
    yield mongo
    closing = client.close()
    if closing is not None:
        await closing


def row(id: str, n: int, revision: int = 1) -> Document:
    return {"_id": id, "n": n, REVISION: revision}


async def put(store: Store, *rows: Document) -> None:
    async with store.transaction() as transaction:
        await transaction.write([Write("insert", "things", item["_id"], item) for item in rows])


async def everything(store: Store, collection: str = "things") -> dict[str, int]:
    return {item["_id"]: item["n"] for item in await store.find(collection, {})}


async def test_what_a_transaction_wrote_is_there_after_it_and_not_before(store: Store) -> None:
    async with store.transaction() as transaction:
        await transaction.write([Write("insert", "things", "a", row("a", 1))])
        assert [item["n"] for item in await transaction.load("things", ["a", "b"])] == [1]
        assert await everything(store) == {}
    assert await everything(store) == {"a": 1}


async def test_an_error_inside_a_transaction_keeps_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as transaction:
            await transaction.write([Write("insert", "things", "a", row("a", 1))])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await everything(store) == {}


async def test_a_replace_of_another_revision_conflicts_and_keeps_nothing(store: Store) -> None:
    await put(store, row("a", 1))
    with pytest.raises(Conflict):
        async with store.transaction() as transaction:
            await transaction.write([Write("insert", "things", "b", row("b", 1)),
                                     Write("replace", "things", "a", row("a", 2, 3), 2)])
    assert await everything(store) == {"a": 1}


async def test_an_insert_of_an_id_that_exists_conflicts(store: Store) -> None:
    await put(store, row("a", 1))
    with pytest.raises(Conflict):
        await put(store, row("b", 1), row("a", 2))
    assert await everything(store) == {"a": 1}


async def test_of_two_writers_of_one_document_exactly_one_wins(store: Store) -> None:
    await put(store, row("a", 1))
    outcomes: list[str] = []
    both_read = asyncio.Barrier(2)

    async def add(n: int) -> None:
        try:
            async with store.transaction() as transaction:
                [found] = await transaction.load("things", ["a"])
                await both_read.wait()
                await transaction.write([Write("replace", "things", "a", row("a", found["n"] + n, 2), 1)])
            outcomes.append("kept")
        except Conflict:
            outcomes.append("conflict")

    await asyncio.gather(add(10), add(100))
    assert sorted(outcomes) == ["conflict", "kept"]
    assert (await everything(store))["a"] in (11, 101)


async def test_a_save_writes_whatever_was_there(store: Store) -> None:
    for n in (1, 2):
        async with store.transaction() as transaction:
            await transaction.write([Write("save", "things", "a", {"_id": "a", "n": n})])
    assert await everything(store) == {"a": 2}


@pytest.mark.parametrize("more", [0, 40])
@pytest.mark.parametrize("reads_first", [True, False])
async def test_writes_of_every_kind_go_to_several_collections(store: Store, reads_first: bool, more: int) -> None:
    await put(store, row("replaced", 1), row("deleted", 1), row("saved", 1))
    async with store.transaction() as transaction:
        if reads_first:
            await transaction.load("things", ["replaced"])
        await transaction.write([
            Write("insert", "others", "inserted", row("inserted", 2)),
            Write("replace", "things", "replaced", row("replaced", 2, 2), 1), Write("delete", "things", "deleted"),
            Write("save", "things", "saved", row("saved", 2)), Write("save", "others", "new", row("new", 2)),
            Write("delete", "others", "never there"),
            *(Write("insert", "others", f"k{n}", row(f"k{n}", n)) for n in range(more))])
    assert await everything(store) == {"replaced": 2, "saved": 2}
    assert await everything(store, "others") == {"inserted": 2, "new": 2, **{f"k{n}": n for n in range(more)}}


@pytest.mark.parametrize("more", [0, 40])
@pytest.mark.parametrize("wrong", [
    Write("replace", "things", "a", row("a", 2, 3), 2), Write("replace", "things", "b", row("b", 2, 2), 1),
    Write("insert", "things", "a", row("a", 2))], ids=["another revision", "not there", "there already"])
async def test_a_conflict_in_one_of_several_collections_keeps_nothing_of_any(
    store: Store, wrong: Write, more: int
) -> None:
    await put(store, row("a", 1))

    async def write() -> None:
        async with store.transaction() as transaction:
            await transaction.load("things", ["a"])
            await transaction.write([
                Write("insert", "others", "x", row("x", 1)), wrong, Write("save", "others", "y", row("y", 1)),
                *(Write("insert", "others", f"k{n}", row(f"k{n}", n)) for n in range(more))])

    with pytest.raises(Conflict):
        await write()
    assert await everything(store) == {"a": 1}
    assert await everything(store, "others") == {}


@pytest.mark.parametrize("kind", ["replace", "save", "insert"])
async def test_of_two_writers_across_collections_exactly_one_wins(
    store: Store, kind: Literal["replace", "save", "insert"]
) -> None:
    if kind == "replace":
        await put(store, row("a", 1))
    both_read = asyncio.Barrier(2)

    async def write(name: str) -> str | None:
        try:
            async with store.transaction() as transaction:
                await transaction.load("things", ["a"])
                await both_read.wait()
                await transaction.write([Write("insert", "others", name, row(name, 1)),
                                         Write(kind, "things", "a", row("a", 2, 2), 1)])
        except Conflict:
            return None
        return name

    kept = [name for name in await asyncio.gather(write("x"), write("y")) if name is not None]
    assert len(kept) == 1
    assert await everything(store, "others") == {kept[0]: 1}


async def test_one_write_is_guarded_as_in_a_transaction(store: Store) -> None:
    await store.write(Write.guarded("things", {"_id": "a", "n": 1}, 0))
    await store.write(Write.guarded("things", {"_id": "a", "n": 2}, 1))
    assert (await store.load("things", ["a"]))[0] == {"_id": "a", "n": 2, REVISION: 2}
    for read in (0, 1, 3):
        with pytest.raises(Conflict):
            await store.write(Write.guarded("things", {"_id": "a", "n": 9}, read))
    with pytest.raises(Conflict):
        await store.write(Write.guarded("things", {"_id": "b", "n": 9}, 1))
    assert await everything(store) == {"a": 2}


async def test_of_one_write_and_a_transaction_that_has_read_before_it_the_transaction_fails(store: Store) -> None:
    await put(store, row("a", 1))

    async def overtaken() -> None:
        async with store.transaction() as transaction:
            assert (await transaction.load("things", ["a"]))[0]["n"] == 1
            await store.write(Write.guarded("things", {"_id": "a", "n": 2}, 1))
            await transaction.write([Write("replace", "things", "a", row("a", 3, 2), 1)])

    with pytest.raises(Conflict):
        await overtaken()
    assert await everything(store) == {"a": 2}


@pytest.mark.parametrize("later", [
    Write("replace", "things", "a", row("a", 2, 2), 1), Write("save", "things", "a", row("a", 2, 1)),
    Write("delete", "things", "a")], ids=["replaced", "saved at the same revision", "deleted"])
async def test_what_was_read_and_then_changed_by_another_transaction_is_not_replaced(
    store: Store, later: Write
) -> None:
    await put(store, row("a", 1))

    async def overtaken() -> None:
        async with store.transaction() as transaction:
            assert (await transaction.load("things", ["a"]))[0]["n"] == 1
            async with store.transaction() as other:
                await other.write([later])
            await transaction.write([Write("replace", "things", "a", row("a", 3, 2), 1)])

    with pytest.raises(Conflict):
        await overtaken()
    assert await everything(store) == ({} if later.kind == "delete" else {"a": 2})


async def test_of_one_write_and_a_transaction_that_has_written_before_it_exactly_one_wins(store: Store) -> None:
    await put(store, row("a", 1))
    written = asyncio.Event()

    async def transact() -> bool:
        try:
            async with store.transaction() as transaction:
                await transaction.write([Write("replace", "things", "a", row("a", 2, 2), 1)])
                written.set()
                await asyncio.sleep(0)
            return True
        except Conflict:
            return False

    async def write() -> bool:
        await written.wait()
        try:
            await store.write(Write.guarded("things", {"_id": "a", "n": 3}, 1))
            return True
        except Conflict:
            return False

    by_transaction, alone = await asyncio.gather(transact(), write())
    assert by_transaction != alone
    assert await everything(store) == {"a": 2 if by_transaction else 3}


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_find_understands_the_filter_language(store: Store, in_transaction: bool) -> None:
    await put(store, *(row(f"k{n}", n) for n in range(10)))

    async def ids(where: dict[str, Any], **more: Any) -> list[str]:
        if not in_transaction:
            return [item["_id"] for item in await store.find("things", where, **more)]
        async with store.transaction() as transaction:
            return [item["_id"] for item in await transaction.find("things", where, **more)]

    assert await ids({"n": 3}) == ["k3"]
    assert await ids({"n": {"$gte": 3, "$lt": 5}}, sort="n") == ["k3", "k4"]
    assert await ids({"n": {"$in": [1, 9]}}, sort="-n") == ["k9", "k1"]
    assert await ids({"n": {"$gt": 7, "$ne": 8}}) == ["k9"]
    assert await ids({"n": {"$lte": 5}}, sort="-n", limit=2) == ["k5", "k4"]


async def test_a_transaction_finds_more_than_one_answer_of_the_server_can_hold(store: Store) -> None:
    rows = [{**row(f"k{number:02d}", number), "padding": "x" * 1_000_000} for number in range(20)]
    for item in rows:
        await put(store, item)
    async with store.transaction() as transaction:
        found = await transaction.load("things", [item["_id"] for item in rows])
        await transaction.write([Write.guarded("things", row("k19", 190), 1)])
    assert sorted(item["n"] for item in found) == list(range(20))
    assert (await everything(store))["k19"] == 190


async def test_insert_new_leaves_what_is_there(store: Store) -> None:
    assert await store.insert_new("things", [row("a", 1)]) == 1
    assert await store.insert_new("things", [row("a", 2), row("b", 2)]) == 1
    assert await everything(store) == {"a": 1, "b": 2}


async def test_delete_range_takes_both_ends_and_no_more(store: Store) -> None:
    await put(store, *(row(f"k{n}", n) for n in range(5)))
    assert await store.delete_range("things", "k1", "k3") == 3
    assert await everything(store) == {"k0": 0, "k4": 4}


async def test_a_snapshot_has_with_each_document_all_that_were_committed_before_it(store: Store) -> None:
    done = asyncio.Event()

    async def write() -> None:
        for number in range(200):
            # 20 MB in all: a server's answer holds 16.
            await put(store, {**row(f"k{number:03d}", number), "padding": "x" * 100_000})
            await asyncio.sleep(0)
        done.set()

    writer = asyncio.create_task(write())
    seen: set[int] = set()
    async with asyncio.timeout(60):
        while not done.is_set():
            found = await store.snapshot("things")
            assert sorted(item["n"] for item in found) == list(range(len(found)))
            seen.add(len(found))
            await asyncio.sleep(0)
        await writer
    assert len(await store.snapshot("things")) == 200
    assert len(seen) > 1


@pytest.mark.parametrize("latest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_pages_bring_every_row_once_in_the_order_of_field_and_id(
    store: Store, limit: int, *, latest_first: bool
) -> None:
    rows = [row(f"{'cadbe'[number % 5]}{number}", number // 4) for number in range(14)]   # Four at each instant.
    await put(store, *rows)
    wanted = sorted(((item["n"], item["_id"]) for item in rows if 1 <= item["n"] < 3), reverse=latest_first)

    found: list[tuple[int, str]] = []
    after: tuple[int, str] | None = None
    while True:
        page = await read_page(store, "things", {}, Keyset(
            "n", limit, after=after, since=1, until=3, latest_first=latest_first))
        found.extend((item["n"], item["_id"]) for item in page)
        if len(page) < limit:
            break
        after = found[-1]

    assert found == wanted


async def test_a_page_is_of_what_matches_alone(store: Store) -> None:
    await put(store, *(row(id, n) for id, n in (("a", 1), ("b", 1), ("c", 2), ("d", 2))))
    page = await read_page(store, "things", {"_id": {"$in": ["b", "d"]}}, Keyset("n", 5))
    assert [item["_id"] for item in page] == ["b", "d"]


@pytest.mark.real
async def test_an_index_that_is_retired_is_dropped_and_a_foreign_one_is_left(mongodb_uri: str) -> None:
    client = connect(mongodb_uri)
    store = MongoStore(client, f"suite_{uuid.uuid4().hex[:8]}")
    await store.prepare([THINGS])
    await put(store, row("a", 1))
    await store.database["things"].create_index([("theirs", 1)])
    later = Collection("things", Thing, indexes=(("n", "id"),), retired=(("n",), ("never",)))
    for _ in range(2):
        await store.prepare([later])
    assert set(await store.database["things"].index_information()) == {"_id_", "n_1_id_1", "theirs_1"}
    assert await everything(store) == {"a": 1}
    client.close()


@pytest.mark.real
async def test_a_replacement_of_what_the_transaction_read_is_counted_apart(mongodb_uri: str) -> None:
    written = Written()
    client = connect(mongodb_uri)
    store = MongoStore(client, f"suite_{uuid.uuid4().hex[:8]}", written=written)
    await store.prepare([THINGS])
    await put(store, row("a", 1), row("b", 1))
    async with store.transaction() as transaction:
        await transaction.load("things", ["a"])
        await transaction.write([Write.guarded("things", row(id, 2), 1) for id in ("a", "b")])
    assert {kind: count for (_, _, kind), count in written.writes.items()} == {
        "insert": 2, "replace_read": 1, "replace": 1}
    client.close()
