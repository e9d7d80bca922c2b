"""The benchmark's own arithmetic: timetables, percentiles, write sets, and what counts as steady."""

import asyncio
from dataclasses import replace

import pytest

from shared.persistence.store import Write
from shared.persistence.written import Written
from tools.bench.arrivals import Choices, arrivals
from tools.bench.ceilings import _how_many, _Shelf
from tools.bench.connections import Answer, Connections
from tools.bench.loads import Ledger, _Matching
from tools.bench.windows import Window, level_at, percentiles
from tools.bench.writes import WriteKind, writes_per_payout

WINDOW = Window(
    seconds=10.0, target=100.0, settled=1000, sent=1000, refused={}, latencies_s=[], cpu={}, metrics=({}, {}),
    backlog=(50, 50), series=[], lag_worst={}, lag_last={}, drain_s=0.1, left=0, last_leg_s=[])


def test_the_same_seed_gives_the_same_timetable() -> None:
    first, second = arrivals(100.0, seed="7"), arrivals(100.0, seed="7")
    assert [next(first) for _ in range(50)] == [next(second) for _ in range(50)]


def test_arrivals_keep_their_rate_on_average() -> None:
    stream = arrivals(200.0, seed="1")
    assert [next(stream) for _ in range(20_000)][-1] == pytest.approx(100.0, rel=0.03)


def test_a_fifth_of_the_requests_goes_to_the_hot_account_and_the_others_share_the_rest() -> None:
    choices = Choices(101, seed="1", hot_share=0.2)
    chosen = [choices.account() for _ in range(20_000)]
    assert chosen.count(0) / len(chosen) == pytest.approx(0.2, abs=0.01)
    assert set(chosen) == set(range(101))


@pytest.mark.parametrize(("grew_by", "growing"), [(0, False), (150, False), (151, True)])
def test_a_backlog_that_grows_by_more_than_a_second_and_a_half_of_load_is_no_steady_state(
    grew_by: int, growing: bool
) -> None:
    assert replace(WINDOW, backlog=(50, 50 + grew_by)).growing is growing


def test_percentiles_are_milliseconds_and_nothing_is_averaged_away() -> None:
    figures = percentiles([0.010] * 99 + [2.0])
    assert figures["p50"] == pytest.approx(10.0, rel=0.01)
    assert figures["p99.9"] == pytest.approx(2000.0, rel=0.01)


def test_a_settlement_that_is_heard_before_the_answer_still_counts_once() -> None:
    ledger = Ledger(sent=1)
    matching = _Matching(ledger)
    matching.settled("po_1", 5.0)
    matching.asked("po_1", 4.0)
    matching.settled("po_1", 6.0)
    assert [(one.intended, one.settled) for one in ledger.settled] == [(4.0, 5.0)]
    assert ledger.backlog == 0


def test_the_write_set_is_what_all_processes_committed_in_the_window_per_payout() -> None:
    labels = (("collection", "entries"), ("database", "holdfast_payouts"), ("kind", "insert"))
    def page(writes: float, documents: float, sizes: float) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {("holdfast_store_writes_total", labels): writes,
                ("holdfast_store_sampled_documents_total", labels): documents,
                ("holdfast_store_sampled_bytes_total", labels): sizes}

    before = {"payouts-api": page(10, 1, 100), "payouts-worker": page(5, 1, 100)}
    after = {"payouts-api": page(110, 3, 700), "payouts-worker": page(105, 2, 400)}
    assert writes_per_payout(before, after, payouts=100) == [
        WriteKind("holdfast_payouts", "entries", "insert", per_payout=2.0, mean_bytes=300)]


def test_what_is_written_less_than_once_per_group_is_replayed_in_its_turn() -> None:
    kind = WriteKind("d", "leases", "replace", per_payout=0.003, mean_bytes=50)
    shelf = _Shelf("leases", [])
    assert [_how_many(shelf, kind, 500) for _ in range(4)] == [1, 2, 1, 2]


async def test_a_connection_is_kept_and_a_broken_one_is_told_apart() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"id\":\"p\"}", b""):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    service = Connections(f"http://127.0.0.1:{port}")
    answer = await service.ask("GET", "/v1/payouts", "token", key="k")
    assert (answer.status, answer.json()) == (201, {"id": "p"})
    assert await service.ask("GET", "/v1/payouts", "token") == Answer(0, b"")
    assert b"Idempotency-Key: k" in asked[0]
    server.close()


def test_the_backlog_of_an_instant_is_the_mean_of_the_seconds_before_it() -> None:
    sawtooth = [(at / 2, 0, 100 + 20 * (at % 2)) for at in range(40)]
    assert level_at(sawtooth, 10.0) == level_at(sawtooth, 15.0) == 110
    assert level_at([*sawtooth, (20.0, 0, 400)], 20.0) == 160
    assert level_at([], 1.0) == 0


def test_what_was_read_before_it_was_replaced_is_counted_apart() -> None:
    written = Written()
    writes = [Write("replace", "accounts", id, {"_id": id}, 1) for id in ("read", "unread")]
    written.note("d", [*writes, Write("insert", "accounts", "new", {"_id": "new"})], read={("accounts", "read")})
    assert written.writes == {("d", "accounts", kind): 1 for kind in ("replace_read", "replace", "insert")}
