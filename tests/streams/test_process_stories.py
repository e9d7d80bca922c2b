"""Processors as processes on the real broker: they join, die, stop and start again, and end in the books' balances."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest

from deploy.local.ports import free_ports
from services.payouts.streams.rebuild import compare_balances, compare_holds
from shared.events.codec import encode
from shared.testing.probes import eventually
from tests.streams.books import START, tick
from tests.streams.rig import ROOT, Bench, final, interleaved, many_books, only_true_balances

pytestmark = pytest.mark.real

BOOKS = many_books(20)
STORY = interleaved(BOOKS)
TRUTH = final(BOOKS)


def slices(parts: int) -> list[slice]:
    """Cut the story."""
    size = -(-len(STORY) // parts)
    return [slice(begin, begin + size) for begin in range(0, len(STORY), size)]


async def test_workers_that_join_die_and_stop_while_money_moves_end_in_the_balances_of_the_books(bench: Bench) -> None:
    first, second, third, fourth = slices(4)
    one = bench.start("balances", instance="one")
    await bench.publish(STORY[first])
    await eventually(lambda: bench.raw("balance.updated"), within_s=60)
    two = bench.start("balances", instance="two")
    await bench.publish(STORY[second])
    await two.until_ready()
    bench.arm("output_before_changelog", instance="two")
    await bench.publish(STORY[third])
    assert await two.until_ended() < 0
    await bench.start("balances", instance="two").until_ready()
    assert await one.stop() == 0
    await bench.publish(STORY[fourth])
    await bench.until_balances(TRUTH)
    await bench.until_caught_up()
    await only_true_balances(bench, BOOKS)
    comparison = await compare_balances(bench.bootstrap, prefix=bench.prefix)
    assert (comparison.compared, comparison.differences) == (len(BOOKS), ())


async def test_holds_says_each_due_hold_whatever_dies_and_nothing_else(holds_bench: Bench) -> None:
    bench = holds_bench
    due = START + timedelta(days=5)
    books = many_books(20)
    for one in books:
        one.hold(777)
    await bench.publish(interleaved(books))
    ticks = [("clock.ticked", str(partition).encode(), encode(tick(now, number, partition)))
             for number, now in enumerate((START, due, due + timedelta(days=1))) for partition in range(4)]
    await bench.send(ticks[:4])
    for failpoint in ("changelog_before_ack", "output_before_changelog"):
        bench.arm(failpoint)
        assert await bench.start("holds").until_ended() < 0
    bench.start("holds")
    await bench.send(ticks[4:])

    waiting = {(hold.id, hold.version) for one in books for hold in one.holds.values() if hold.state == "pending"}
    assert len(waiting) == len(books)

    async def said() -> set[tuple[str, int]]:
        told = [event.data.object for event in await bench.said("hold.due")]
        assert all(one.now >= one.due_at for one in told)
        return {(one.hold_id, one.hold_version) for one in told}

    async def all_said() -> bool:
        return waiting <= await said()

    await eventually(all_said, within_s=60)
    await bench.until_caught_up()
    ids = [event.id for event in await bench.said("hold.due")]
    assert len(set(ids)) == len(await said())
    comparison = await compare_holds(bench.bootstrap, prefix=bench.prefix)
    assert comparison.differences == ()
    assert comparison.compared == sum(len(one.holds) for one in books)


async def test_a_process_waits_for_topics_that_are_missing_says_so_and_can_be_stopped(
    kafka_bootstrap: str, bench: Bench,
) -> None:
    (port,) = free_ports(1)
    await bench.remove_topic("balance.updated")
    process = bench.start("balances", port=port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        async def explains() -> bool:
            try:
                answer = await client.get("/readyz")
            except httpx.TransportError:
                return False
            return answer.status_code == 503 and "balance.updated does not exist" in answer.text

        await eventually(explains, within_s=60)
        assert (await client.get("/livez")).status_code == 200
    assert await process.stop() == 0


async def test_a_ready_process_shows_its_metrics(bench: Bench) -> None:
    (port,) = free_ports(1)
    await bench.publish(STORY)
    await bench.send([("funds.held", b"fr_other", b"{broken")])
    bench.start("balances", port=port)
    await bench.until_caught_up()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/readyz")).json() == {"status": "ready", "missing": {}}
        metrics = (await client.get("/metrics")).text
    handled = sum(float(line.split()[-1]) for line in metrics.splitlines()
                  if line.startswith("holdfast_events_handled_total{"))
    assert handled == len(STORY)
    assert 'holdfast_parked_events{topic="funds.held"} 1.0' in metrics


async def test_the_rebuild_command_finds_a_balance_that_does_not_follow_from_the_log(bench: Bench) -> None:
    await bench.publish(STORY)
    bench.start("balances")
    await bench.until_balances(TRUTH)
    assert await rebuild(bench) == (0, f"balances: {len(BOOKS)} accounts compared, 0 moved on meanwhile, 0 differences")

    forged = json.loads((await bench.raw("balance.updated"))[-1])
    forged["data"]["object"]["balances"][0]["available"] += 1
    await bench.send([("balance.updated", forged["partitionkey"].encode(), json.dumps(forged).encode())])
    code, line = await rebuild(bench)
    assert (code, line.endswith("1 differences")) == (1, True)


async def rebuild(bench: Bench) -> tuple[int, str]:
    """Run the command; return its exit code and last line."""
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": bench.bootstrap, "TOPIC_PREFIX": bench.prefix}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "services.payouts", "streams", "balances", "--rebuild"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout.splitlines() or [done.stderr])[-1]
