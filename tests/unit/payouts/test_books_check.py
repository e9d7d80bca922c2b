"""The check of the books finds each kind of planted fault, and nothing in books that balance."""

import pytest

from services.payouts.domain.accounts import Account, Balances
from services.payouts.domain.books_check import BooksCheck
from services.payouts.domain.reconciliation import Verdict, compare
from tests.unit.payouts.words import an_account

MIA = "freelancer:fr_mia"


def books(
    *, pending: int = 9000, posted: int = 9000, held: int = 9000, cash: int = -10000, fees: int = 1000
) -> BooksCheck:
    """Return books of one paid invoice, with a fault where a caller plants one."""
    check = BooksCheck()
    check.add_entry("ent_one", [("client_money", "USD", cash), (f"{MIA}:pending", "USD", posted),
                                ("fees:freelancer", "USD", fees)])
    check.add_account("fr_mia", {"USD": {"pending": pending}})
    check.add_hold("fr_mia", "USD", free=held, frozen=0)
    return check


def faults(check: BooksCheck) -> set[str]:
    """Return the names of the checks that fail."""
    return {difference.check for difference in check.differences()}


def test_books_that_balance_have_no_differences() -> None:
    assert books().differences() == ()


def test_an_entry_out_by_a_cent_is_found() -> None:
    assert faults(books(fees=1001)) == {"entry_balances", "money_in_equals_money_out"}


def test_an_account_that_differs_from_its_postings_is_found() -> None:
    assert faults(books(pending=9001, held=9001)) == {"postings_equal_account"}


def test_a_hold_that_differs_from_its_account_is_found() -> None:
    assert faults(books(held=8999)) == {"holds_equal_account"}


def test_an_account_that_is_missing_is_found() -> None:
    check = BooksCheck()
    check.add_entry("ent_one", [("client_money", "USD", -5), (f"{MIA}:available", "USD", 5)])
    assert faults(check) == {"postings_equal_account"}


def test_a_balance_below_zero_is_found() -> None:
    check = BooksCheck()
    check.add_entry("ent_one", [("escrow", "USD", -5), ("fees:freelancer", "USD", 5)])
    assert faults(check) == {"not_below_zero"}


def test_arrears_balance_against_what_was_taken() -> None:
    check = BooksCheck()
    check.add_entry("ent_one", [(f"{MIA}:arrears", "USD", -5), ("refunded", "USD", 5)])
    check.add_account("fr_mia", {"USD": {"arrears": 5}})
    assert check.differences() == ()


@pytest.mark.parametrize(("version", "balances", "verdict"), [
    (7, {"USD": Balances(available=100)}, Verdict.AGREE),
    (7, {"USD": Balances(available=100), "EUR": Balances()}, Verdict.AGREE),
    (7, {"USD": Balances(available=101)}, Verdict.DIFFER),
    (7, {}, Verdict.DIFFER),
    (6, {"USD": Balances(available=1)}, Verdict.LOG_IS_BEHIND),
    (8, {"USD": Balances(available=100)}, Verdict.DIFFER),
])
def test_log_and_books_are_compared_at_equal_version(
    version: int, balances: dict[str, Balances], verdict: Verdict
) -> None:
    account: Account = an_account(available=100)
    assert compare(account, version=version, balances=balances) is verdict


def test_an_account_that_only_the_log_knows_is_a_difference() -> None:
    assert compare(None, version=1, balances={}) is Verdict.DIFFER


def test_a_difference_names_what_differs_its_currency_and_both_amounts() -> None:
    out_by_a_cent = books(fees=1001, pending=9001, held=9003).differences()
    assert {one.check: (one.of, one.currency, one.expected, one.found) for one in out_by_a_cent} == {
        "entry_balances": ("ent_one", "USD", 0, 1),
        "postings_equal_account": (f"{MIA}:pending", "USD", 9000, 9001),
        "holds_equal_account": (f"{MIA}:pending", "USD", 9003, 9001),
        "money_in_equals_money_out": ("everything", "USD", 0, 1),
    }


def test_an_account_below_zero_is_named() -> None:
    check = BooksCheck()
    check.add_account("fr_mia", {"USD": {"available": -5}})
    (below,) = [one for one in check.differences() if one.check == "not_below_zero"]
    assert (below.of, below.currency, below.expected, below.found) == ("fr_mia:available", "USD", 0, -5)
