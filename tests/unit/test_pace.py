"""How long a busy loop lets its next round wait for company; an idle one never does."""

from shared.observability.pace import LONGEST_S, Pace


def pace() -> Pace:
    return Pace(busy_round=8, shortest_s=0.02, per_member_s=0.001)


def test_a_loop_that_has_done_nothing_or_little_never_waits() -> None:
    idle = pace()
    assert idle.linger_s(0.0) == 0.0
    idle.note(7, 1.0)
    assert idle.linger_s(1.0) == 0.0


def test_one_large_round_makes_the_next_one_wait_a_little() -> None:
    burst = pace()
    burst.note(8, 1.0)
    assert burst.linger_s(1.5) == 0.02


def test_many_small_rounds_within_a_second_make_it_wait_the_longer_the_more_they_are() -> None:
    busy = pace()
    for number in range(25):
        busy.note(2, 1.0 + number / 100)
    assert busy.linger_s(1.3) == 0.05
    busy.note(500, 1.4)
    assert busy.linger_s(1.4) == LONGEST_S


def test_what_was_done_a_second_ago_no_longer_counts() -> None:
    done = pace()
    done.note(500, 1.0)
    assert done.linger_s(1.9) == LONGEST_S
    assert done.linger_s(2.0) == 0.0
    done.note(1, 2.1)
    assert done.linger_s(2.1) == 0.0
