"""Payout requests: each refusal just before, at and after its line, and which one answers first (P2, P3, P6)."""

import pytest

from services.payouts.domain.accounts import Account, Balances, Deltas
from services.payouts.domain.payout_methods import MethodKind, PayoutMethod
from services.payouts.domain.payouts import (
    INSUFFICIENT_AVAILABLE,
    PAYOUT_BELOW_MINIMUM,
    PAYOUT_METHOD_MISSING,
    PAYOUT_METHOD_TOO_NEW,
    PAYOUTS_BLOCKED,
    Payout,
    PayoutStatus,
    Step,
    Wish,
    request,
)
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant
from shared.kernel.money import Money
from tests.unit.payouts.words import MILLISECOND, NOW, POLICIES, a_method, an_account, usd


def ask(
    amount: str, account: Account, *, method: PayoutMethod | None = None, no_method: bool = False, now: Instant = NOW
) -> Decision[Step]:
    """Request a payout."""
    chosen = None if no_method else method or a_method()
    return request(account, Wish(usd(amount), chosen), POLICIES, id="po_one", now=now)


def refusal(decision: Decision[Step]) -> str:
    """Return the code of a refusal."""
    assert isinstance(decision, Refused)
    return decision.code


def payout(decision: Decision[Step]) -> Payout:
    """Return the accepted payout."""
    assert isinstance(decision, Accepted)
    return decision.value.payout


def test_all_that_is_available_can_be_paid_and_not_a_cent_more() -> None:
    """Proves P3."""
    account = an_account(available=144750)
    assert payout(ask("1447.49", account)).amount == usd("1447.49")
    assert payout(ask("1447.50", account)).amount == usd("1447.50")
    assert refusal(ask("1447.51", account)) == INSUFFICIENT_AVAILABLE


def test_the_minimum_is_allowed_and_a_cent_less_is_not() -> None:
    """Proves P2."""
    account = an_account(available=10000)
    assert refusal(ask("4.99", account)) == PAYOUT_BELOW_MINIMUM
    assert payout(ask("5.00", account)).amount == usd("5.00")
    assert payout(ask("5.01", account)).amount == usd("5.01")


def test_a_method_is_usable_exactly_when_its_waiting_time_is_over() -> None:
    """Proves I4 and P2."""
    account, method = an_account(available=10000), a_method(usable_at=NOW)
    assert refusal(ask("10.00", account, method=method, now=NOW - MILLISECOND)) == PAYOUT_METHOD_TOO_NEW
    assert payout(ask("10.00", account, method=method, now=NOW))
    assert payout(ask("10.00", account, method=method, now=NOW + MILLISECOND))


def test_an_account_in_arrears_is_blocked_in_every_currency() -> None:
    """Proves P6."""
    assert payout(ask("10.00", an_account(available=10000, arrears=0)))
    assert refusal(ask("10.00", an_account(available=10000, arrears=1))) == PAYOUTS_BLOCKED
    elsewhere = Account("fr_mia", "live", balances={"USD": Balances(available=10000), "EUR": Balances(arrears=1)})
    assert refusal(ask("10.00", elsewhere)) == PAYOUTS_BLOCKED


def test_without_a_method_nothing_leaves() -> None:
    """Proves P2."""
    assert refusal(ask("10.00", an_account(available=10000), no_method=True)) == PAYOUT_METHOD_MISSING


def test_the_first_rule_of_the_book_answers_when_several_refuse() -> None:
    """Proves P2, P3 and P6."""
    too_new = a_method(usable_at=NOW + MILLISECOND)
    assert refusal(ask("0.01", an_account(arrears=1), no_method=True)) == PAYOUTS_BLOCKED
    assert refusal(ask("0.01", an_account(), no_method=True)) == PAYOUT_METHOD_MISSING
    assert refusal(ask("0.01", an_account(), method=too_new)) == PAYOUT_METHOD_TOO_NEW
    assert refusal(ask("0.01", an_account())) == PAYOUT_BELOW_MINIMUM
    assert refusal(ask("5.00", an_account())) == INSUFFICIENT_AVAILABLE


@pytest.mark.parametrize(("kind", "fee"), [
    (MethodKind.BANK, "0.00"), (MethodKind.WALLET, "1.00"), (MethodKind.CARD, "2.00"), (MethodKind.WIRE, "4.00")])
def test_the_fee_is_taken_out_of_the_amount(kind: MethodKind, fee: str) -> None:
    """Proves P2."""
    asked = payout(ask("100.00", an_account(available=10000), method=a_method(kind)))
    assert (asked.fee, asked.sent) == (usd(fee), usd("100.00") - usd(fee))
    assert asked.status is PayoutStatus.REQUESTED


def test_a_request_reserves_the_whole_amount() -> None:
    """Proves P3."""
    decision = ask("60.00", an_account(available=10000))
    assert isinstance(decision, Accepted)
    assert decision.value.deltas == Deltas(available=-6000, reserved=6000)


def test_a_currency_without_cents_has_the_same_minimum() -> None:
    """Proves P2."""
    account = Account("fr_mia", "live", balances={"JPY": Balances(available=100)})
    wish = Wish(Money(4, "JPY"), a_method())
    assert refusal(request(account, wish, POLICIES, id="po", now=NOW)) == PAYOUT_BELOW_MINIMUM
    wish = Wish(Money(5, "JPY"), a_method())
    assert payout(request(account, wish, POLICIES, id="po", now=NOW)).amount == Money(5, "JPY")
