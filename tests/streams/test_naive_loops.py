"""What each naive loop does to money, on the real broker; beside it, the exact loop in the same story."""

from collections.abc import Awaitable, Callable

import pytest

from shared.testing.probes import eventually
from tests.streams.rig import Bench, final, interleaved, many_books, only_true_balances

pytestmark = pytest.mark.real

BOOKS = many_books(24)
STORY = interleaved(BOOKS)
TRUTH = final(BOOKS)
ROUNDS_MAX = 6
"""How often the story of a race is told: a loop that is naive loses one of a few, the exact one none."""


async def is_seen(damage: Callable[[Bench], Awaitable[bool]], new_bench: Callable[[], Bench]) -> bool:
    """Whether a story that depends on a race does damage in one of some rounds, each in a corner of its own."""
    for _ in range(ROUNDS_MAX):
        async with new_bench() as bench:
            if await damage(bench):
                return True
    return False


async def test_plain_sums_count_twice_what_was_stored_before_a_crash_and_not_acknowledged(bench: Bench) -> None:
    await bench.publish(STORY)
    bench.arm("changelog_before_ack")
    assert await bench.start("plain_sums").until_ended() < 0
    bench.start("plain_sums")
    await bench.until_caught_up()
    counted = {event.partitionkey: event.sequence for event in await bench.said("balance.updated")}
    assert sum(counted.values()) > len(STORY)   # What came twice may have moved nothing: a payout that is released.


async def test_the_exact_loop_counts_once_wherever_it_dies(bench: Bench) -> None:
    await bench.publish(STORY)
    for failpoint in ("output_before_changelog", "changelog_before_ack"):
        bench.arm(failpoint)
        assert await bench.start("balances").until_ended() < 0
        assert not bench.is_armed(failpoint)
    bench.start("balances")
    await bench.until_balances(TRUTH)
    await bench.until_caught_up()
    await only_true_balances(bench, BOOKS)


async def test_offsets_as_versions_count_twice_what_is_published_again(bench: Bench) -> None:
    await bench.publish(STORY)
    bench.start("offset_versions")
    await bench.until_balances(TRUTH)
    await bench.publish(STORY[: len(STORY) // 2])
    await bench.until_caught_up()
    assert await bench.balances() != TRUTH


async def test_the_exact_loop_counts_once_what_is_published_again(bench: Bench) -> None:
    await bench.publish(STORY)
    bench.start("balances")
    await bench.until_balances(TRUTH)
    before = len(await bench.said("balance.updated"))
    await bench.publish(STORY[: len(STORY) // 2])
    await bench.until_caught_up()
    assert await bench.balances() == TRUTH
    assert len(await bench.said("balance.updated")) > before   # said again, not counted again
    await only_true_balances(bench, BOOKS)


async def test_agents_that_share_a_table_overwrite_each_other_while_they_wait(new_bench: Callable[[], Bench]) -> None:
    async def overwritten(bench: Bench) -> bool:
        await bench.publish(STORY)
        bench.start("agent_per_topic")
        await bench.until_caught_up()
        return await bench.balances() != TRUTH

    assert await is_seen(overwritten, new_bench)


async def second_start(bench: Bench, variant: str) -> None:
    """Handle half of the story, stop, and start again with the other half waiting."""
    half = len(STORY) // 2
    await bench.publish(STORY[:half])
    first = bench.start(variant)
    await bench.until_caught_up()
    assert await first.stop() == 0
    await bench.publish(STORY[half:])
    await bench.start(variant).until_ready()


async def test_a_queue_that_is_cleared_on_resume_loses_what_arrived_meanwhile(bench: Bench) -> None:
    await second_start(bench, "balances_clearing")
    later = many_books(8, begin=100)
    await bench.publish(interleaved(later))
    await eventually(lambda: bench.tells_of(later), within_s=60)
    with pytest.raises(TimeoutError):   # what came later is there, and what came in between is not
        await bench.until_balances(TRUTH | final(later), within_s=5)


async def test_a_queue_that_is_kept_on_resume_loses_nothing(bench: Bench) -> None:
    await second_start(bench, "balances_dwelling")
    await bench.until_balances(TRUTH)
    await bench.until_caught_up()
    await only_true_balances(bench, BOOKS)


LATER = many_books(8, begin=100)


async def restored_before_anything_was_committed(bench: Bench, variant: str) -> None:
    """Die once the state is stored, before its records are acknowledged; start again, and let more come meanwhile."""
    await bench.publish(STORY)
    bench.arm("changelog_before_ack")
    assert await bench.start("balances").until_ended() < 0
    again = bench.start(variant)
    await again.until_it_says(b"Restore complete!")   # Every partition is paused now, and a fetch is still under way.
    for told in interleaved(LATER):   # One by one: some arrive at every moment of the pause.
        await bench.publish([told])
    await again.until_ready()


async def test_staying_where_nothing_was_committed_loses_what_was_fetched_while_paused(
    new_bench: Callable[[], Bench],
) -> None:
    async def lost(bench: Bench) -> bool:
        await restored_before_anything_was_committed(bench, "balances_staying")
        try:
            await bench.until_balances(TRUTH | final(LATER), within_s=8)
        except TimeoutError:
            return True
        return False

    assert await is_seen(lost, new_bench)


async def test_beginning_anew_where_nothing_was_committed_loses_nothing(bench: Bench) -> None:
    await restored_before_anything_was_committed(bench, "balances_paused_long")
    await bench.until_balances(TRUTH | final(LATER))
    await bench.until_caught_up()
    await only_true_balances(bench, [*BOOKS, *LATER])


def with_a_broken_record() -> list[tuple[str, bytes, bytes | None]]:
    """The story, with bytes that nobody can read in the middle of the first account's holds."""
    victim = BOOKS[0].account_id.encode()
    told: list[tuple[str, bytes, bytes | None]] = []
    for topic, event in STORY:
        if topic == "funds.held" and event.partitionkey.encode() == victim and event.sequence == 2:
            told.append((topic, victim, b"{broken"))
        told.append((topic, event.partitionkey.encode(), event.model_dump_json().encode()))
    return told


async def test_faust_acknowledges_what_it_cannot_decode_and_says_nothing(bench: Bench) -> None:
    await bench.send(with_a_broken_record())
    bench.start("faust_decodes")
    await bench.until_caught_up()
    assert await bench.raw("parked") == []


async def test_the_exact_loop_parks_what_it_cannot_decode_with_those_behind_it(bench: Bench) -> None:
    await bench.send(with_a_broken_record())
    bench.start("balances")
    await bench.until_caught_up()

    victim = BOOKS[0].account_id
    believed = await bench.balances()
    assert {key: value for key, value in believed.items() if key != victim} == {
        key: value for key, value in TRUTH.items() if key != victim}
    assert believed[victim] == BOOKS[0].history[1]   # as far as the books had come before the broken record
    parked = await bench.desk().parked()
    assert [one.waits for one in parked.values()] == [False, *(True for _ in range(len(parked) - 1))]
    assert len(parked) == len(await bench.raw("parked")) == 1 + len(BOOKS[0].holds) - 1
    await bench.desk().drop(next(iter(parked.values())))
    await bench.until_balances(TRUTH)
    await only_true_balances(bench, BOOKS)
