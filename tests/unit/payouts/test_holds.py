"""Holds mature at their due instant, once, and never while something blocks them (P1, I3, D2, D4)."""

import pytest

from services.payouts.domain.holds import (
    HOLD_IS_BLOCKED,
    HOLD_STILL_RUNNING,
    Block,
    HoldState,
    freeze,
    give_back,
    mature,
    note_objection,
    unfreeze,
)
from shared.kernel.decisions import Accepted, AlreadyDone, Refused
from tests.unit.payouts.words import MILLISECOND, NOW, a_hold, usd


def test_a_hold_is_refused_just_before_its_due_instant() -> None:
    """Proves P1."""
    decision = mature(a_hold(), now=NOW - MILLISECOND)
    assert isinstance(decision, Refused)
    assert decision.code == HOLD_STILL_RUNNING


@pytest.mark.parametrize("now", [NOW, NOW + MILLISECOND])
def test_a_hold_matures_at_its_due_instant_and_after_it(now) -> None:  # type: ignore[no-untyped-def]
    """Proves P1."""
    decision = mature(a_hold("100.00"), now=now)
    assert isinstance(decision, Accepted)
    assert decision.value.amount == usd("100.00")
    assert decision.value.hold.state is HoldState.MATURED
    assert decision.value.hold.amount == usd("0.00")
    assert decision.value.hold.version == 2


def test_a_second_timer_run_is_normal() -> None:
    """Proves P1."""
    matured = mature(a_hold(), now=NOW).unwrap().hold
    assert isinstance(mature(matured, now=NOW), AlreadyDone)


def test_an_objection_outranks_the_calendar() -> None:
    """Proves I3 and P7."""
    blocked = note_objection(a_hold(), change=+1)
    decision = mature(blocked, now=NOW)
    assert isinstance(decision, Refused)
    assert decision.code == HOLD_IS_BLOCKED
    assert blocked.reason == "objection"


def test_the_end_of_an_objection_lets_the_calendar_go_on() -> None:
    """Proves I3 and P7."""
    hold = note_objection(note_objection(a_hold(), change=+1), change=-1)
    assert (hold.version, hold.blocked_by, hold.reason) == (3, (), "security_period")
    assert isinstance(mature(hold, now=NOW), Accepted)


def test_an_end_that_is_heard_before_its_objection_leaves_nothing_blocked() -> None:
    """Proves I3."""
    ended_first = note_objection(a_hold(), change=-1)
    assert ended_first.version == 1
    assert note_objection(ended_first, change=+1).blocked_by == ()


def test_a_client_may_object_a_second_time() -> None:
    """Proves I3."""
    hold = a_hold()
    for change in (+1, -1, +1):
        hold = note_objection(hold, change=change)
    assert hold.blocked_by == (Block.OBJECTION,)


def test_only_the_contested_part_is_frozen_and_the_rest_matures() -> None:
    """Proves D2."""
    frozen = freeze(a_hold("900.00"), usd("360.00"))
    assert (frozen.free, frozen.blocked_by) == (usd("540.00"), ())
    decision = mature(frozen, now=NOW)
    assert isinstance(decision, Accepted)
    assert decision.value.amount == usd("540.00")
    left = decision.value.hold
    assert (left.state, left.amount, left.blocked_by) == (HoldState.PENDING, usd("360.00"), (Block.DISPUTE,))


def test_what_a_dispute_gives_the_freelancer_keeps_its_due_instant() -> None:
    """Proves D4."""
    hold = unfreeze(freeze(a_hold("360.00"), usd("360.00")), usd("90.00"))
    hold = give_back(hold, from_free=usd("0.00"), from_frozen=usd("270.00"))
    assert (hold.amount, hold.frozen, hold.due_at, hold.blocked_by) == (usd("90.00"), usd("0.00"), NOW, ())


def test_a_hold_that_went_back_as_a_whole_is_refunded() -> None:
    """Proves I9."""
    hold = give_back(a_hold("100.00"), from_free=usd("100.00"), from_frozen=usd("0.00"))
    assert hold.state is HoldState.REFUNDED


@pytest.mark.parametrize("amount", ["0.00", "100.01"])
def test_no_more_than_is_free_can_be_frozen(amount: str) -> None:
    """Proves D2."""
    with pytest.raises(ValueError, match="cannot be frozen"):
        freeze(a_hold("100.00"), usd(amount))


def test_no_more_than_is_held_can_go_back() -> None:
    """Proves I9."""
    with pytest.raises(ValueError, match="more than"):
        give_back(a_hold("100.00"), from_free=usd("100.01"), from_frozen=usd("0.00"))


def test_each_movement_of_a_hold_is_a_version_more() -> None:
    frozen = freeze(a_hold("100.00"), usd("40.00"))
    assert (frozen.version, unfreeze(frozen, usd("40.00")).version) == (2, 3)
