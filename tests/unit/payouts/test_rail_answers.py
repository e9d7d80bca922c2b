"""What the rail's answers do to a payout and its account (P5, invariant 4)."""

from datetime import timedelta

import pytest

from services.payouts.domain.accounts import Balances, Deltas
from services.payouts.domain.payouts import (
    PayoutStatus,
    RailAnswer,
    RailOutcome,
    Step,
    record_answer,
)
from shared.kernel.decisions import Accepted, AlreadyDone
from tests.unit.payouts.words import NOW, a_payout, usd

RESERVED = Balances(reserved=10000)


def steps(outcome: RailOutcome, balances: Balances = RESERVED, *, fee: str = "0.00") -> tuple[Step, ...]:
    """Return the steps of a payout of 100.00."""
    answer = RailAnswer("po_one", outcome, "rail_one", None if outcome is RailOutcome.SETTLED else "no such account")
    decision = record_answer(a_payout("100.00", fee), answer, balances, now=NOW)
    assert isinstance(decision, Accepted)
    return decision.value


def test_a_settled_payout_is_released_first_and_counts_its_fee_apart() -> None:
    released, settled = steps(RailOutcome.SETTLED, fee="4.00")
    assert (released.payout.status, released.deltas) == (PayoutStatus.RELEASED, Deltas())
    assert released.payout.arrives_at == NOW + timedelta(hours=72)
    assert settled.payout.status is PayoutStatus.SETTLED
    assert settled.deltas == Deltas(reserved=-10000, paid_out=9600)
    assert [(one.ledger_account, one.amount_minor) for one in settled.platform] == [("fees:payout", 400)]


def test_a_failed_payout_gives_the_whole_amount_back() -> None:
    (failed,) = steps(RailOutcome.FAILED, fee="4.00")
    assert (failed.payout.status, failed.payout.failure) == (PayoutStatus.FAILED, "no such account")
    assert (failed.deltas, failed.platform) == (Deltas(reserved=-10000, available=10000), ())


def test_a_returned_payout_was_released_and_gives_the_money_back() -> None:
    released, returned = steps(RailOutcome.RETURNED)
    assert (released.payout.status, returned.payout.status) == (PayoutStatus.RELEASED, PayoutStatus.RETURNED)
    assert returned.deltas == Deltas(reserved=-10000, available=10000)


def test_money_that_comes_back_fills_arrears_first() -> None:
    """Proves P5 and P6."""
    (failed,) = steps(RailOutcome.FAILED, Balances(reserved=10000, arrears=3000))
    assert failed.deltas == Deltas(reserved=-10000, available=7000, arrears=-3000)


@pytest.mark.parametrize("first", list(RailOutcome))
@pytest.mark.parametrize("second", list(RailOutcome))
def test_a_payout_that_has_its_answer_takes_no_other(first: RailOutcome, second: RailOutcome) -> None:
    finished = steps(first)[-1].payout
    decision = record_answer(finished, RailAnswer("po_one", second, "rail_two"), Balances(), now=NOW)
    assert isinstance(decision, AlreadyDone)
    assert finished.amount == usd("100.00")


def test_each_step_says_when_it_was_and_under_which_name_the_rail_knows_it() -> None:
    released, settled = steps(RailOutcome.SETTLED)
    assert (released.payout.released_at, released.payout.rail_reference) == (NOW, "rail_one")
    assert (settled.payout.finished_at, settled.payout.rail_reference) == (NOW, "rail_one")
    for given_back in (steps(RailOutcome.FAILED)[-1], steps(RailOutcome.RETURNED)[-1]):
        assert (given_back.payout.finished_at, given_back.payout.rail_reference) == (NOW, "rail_one")
