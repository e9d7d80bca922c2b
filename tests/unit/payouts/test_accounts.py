"""Accounts: no balance below zero except marked arrears, every movement counted (invariant 5)."""

import pytest

from services.payouts.domain.accounts import BalanceBelowZero, Balances, Deltas, credit, debit
from services.payouts.domain.ledger import Entry, Posting, UnbalancedEntry, sums_per_currency
from tests.unit.payouts.words import NOW, an_account, usd


def test_a_movement_counts_even_where_it_moves_nothing() -> None:
    account, movement = an_account(available=100).move("USD", Deltas(), entry_id=None, at=NOW)
    assert (account.version, movement.version, account.moved_at) == (8, 8, None)


def test_currencies_are_never_mixed() -> None:
    account, _ = an_account(available=100).move("EUR", Deltas(pending=5), entry_id="ent", at=NOW)
    assert (account.of("USD").available, account.of("EUR").pending) == (100, 5)


@pytest.mark.parametrize("name", ["pending", "available", "frozen", "reserved", "paid_out", "arrears"])
def test_no_balance_goes_below_zero(name: str) -> None:
    """Proves P3."""
    account, _ = an_account(**{name: 100}).move("USD", Deltas(**{name: -100}), entry_id=None, at=NOW)
    assert account.of("USD") == Balances()
    with pytest.raises(BalanceBelowZero):
        an_account(**{name: 100}).move("USD", Deltas(**{name: -101}), entry_id=None, at=NOW)


def test_earnings_fill_the_hole_first_when_they_become_available() -> None:
    """Proves P6."""
    assert credit(Balances(arrears=3000), usd("20.00")) == Deltas(arrears=-2000)
    assert credit(Balances(arrears=3000), usd("30.00")) == Deltas(arrears=-3000)
    assert credit(Balances(arrears=3000), usd("50.00")) == Deltas(available=2000, arrears=-3000)


def test_what_is_taken_back_beyond_what_is_available_becomes_arrears() -> None:
    """Proves P6."""
    assert debit(Balances(available=3000), usd("30.00")) == Deltas(available=-3000)
    assert debit(Balances(available=3000), usd("30.01")) == Deltas(available=-3000, arrears=1)


def test_arrears_post_against_what_the_platform_owes() -> None:
    """Proves P6."""
    postings = Deltas(pending=-5000, available=2000, arrears=-3000).postings("fr_mia", "USD")
    assert sums_per_currency(postings) == {"USD": 0}


def test_an_entry_that_does_not_balance_cannot_be_built() -> None:
    for rest in (-1, 1):
        with pytest.raises(UnbalancedEntry):
            _entry(Posting("escrow", "USD", 100), Posting("client_money", "USD", -100 + rest))
    _entry(Posting("escrow", "USD", 100), Posting("client_money", "USD", -100))


def test_two_currencies_do_not_balance_each_other() -> None:
    with pytest.raises(UnbalancedEntry):
        _entry(Posting("escrow", "USD", 100), Posting("client_money", "EUR", -100))


def test_an_entry_without_postings_is_none() -> None:
    with pytest.raises(UnbalancedEntry):
        _entry()


def _entry(*postings: Posting) -> Entry:
    return Entry("ent", "live", NOW, "test", "it", "evt", None, None, postings)
