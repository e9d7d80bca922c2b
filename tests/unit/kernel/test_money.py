"""Money: integers of a currency, half-up in the named places and nowhere else."""

from itertools import pairwise

import pytest

from shared.kernel.currencies import UnknownCurrency
from shared.kernel.money import CurrencyMismatch, Money, cumulated_share, divide_half_up, total


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


@pytest.mark.parametrize(("numerator", "denominator", "rounded"), [
    (264, 10, 26), (265, 10, 27), (266, 10, 27), (-264, 10, -26), (-265, 10, -27), (-266, 10, -27), (0, 3, 0),
    (1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1),
])
def test_the_half_rounds_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    """Proves I8."""
    assert divide_half_up(numerator, denominator) == rounded


@pytest.mark.parametrize("denominator", [0, -1])
def test_nothing_is_divided_by_nothing(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        divide_half_up(1, denominator)


@pytest.mark.parametrize(("gross", "basis_points", "fee"), [
    ("266.64", 1000, "26.66"), ("266.64", 500, "13.33"), ("333.36", 1000, "33.34"), ("0.04", 1000, "0.00"),
    ("0.05", 1000, "0.01"), ("0.06", 1000, "0.01"),
])
def test_a_fee_is_rounded_half_up_once(gross: str, basis_points: int, fee: str) -> None:
    """Proves I8."""
    assert usd(gross).share(basis_points) == usd(fee)


def test_seven_segments_are_rounded_together_and_not_one_by_one() -> None:
    """Proves I8."""
    assert usd("33.33").times(7, 6) == usd("38.89")
    assert total([usd("33.33").times(1, 6)] * 7, "USD") == usd("38.92")


def test_the_last_cumulated_share_ends_at_the_whole() -> None:
    """Proves C6."""
    whole, of = usd("1.67"), usd("33.33")
    steps = [usd("0.00"), usd("11.11"), usd("22.22"), usd("33.33")]
    shares = [cumulated_share(whole, before, after, of) for before, after in pairwise(steps)]
    assert [str(share) for share in shares] == ["0.56", "0.55", "0.56"]
    assert total(shares, "USD") == whole
    assert cumulated_share(whole, of, of, usd("0.00")) == usd("0.00")


@pytest.mark.parametrize(("text", "currency", "minor"), [
    ("12.50", "USD", 1250), ("12.5", "USD", 1250), ("12", "USD", 1200), ("-0.01", "USD", -1), ("500", "JPY", 500),
    ("1.234", "KWD", 1234),
])
def test_decimal_amounts_are_read_in_the_digits_of_their_currency(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(("text", "currency"), [
    ("1.005", "USD"), ("1.0", "JPY"), ("1.2345", "KWD"), ("", "USD"), ("1,00", "USD"), ("1e2", "USD"), ("+1", "USD"),
    ("1.", "USD"), (".5", "USD"), (" 1", "USD"),
])
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Money.parse(text, currency)


@pytest.mark.parametrize(("money", "text"), [
    (Money(5, "USD"), "0.05"), (Money(-5, "USD"), "-0.05"), (Money(1250, "USD"), "12.50"), (Money(7, "JPY"), "7"),
    (Money(7, "KWD"), "0.007"),
])
def test_an_amount_is_written_in_the_digits_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


def test_currencies_never_meet() -> None:
    dollars, euros = usd("1.00"), Money(100, "EUR")
    for meet in (dollars.__add__, dollars.__sub__, dollars.__lt__, dollars.__le__, dollars.__gt__, dollars.__ge__):
        with pytest.raises(CurrencyMismatch):
            meet(euros)


@pytest.mark.parametrize(("less", "more"), [("1.00", "1.01"), ("-0.01", "0.00")])
def test_amounts_are_compared(less: str, more: str) -> None:
    assert usd(less) < usd(more)
    assert usd(less) <= usd(more)
    assert usd(more) > usd(less)
    assert usd(more) >= usd(less)
    assert usd(less) <= usd(less)
    assert not usd(less) < usd(less)


def test_nothing_is_false_and_a_debt_is_not() -> None:
    assert not usd("0.00")
    assert usd("-0.01")
    assert -usd("0.01") == usd("-0.01")


@pytest.mark.parametrize("amount", [1.0, "1", True, None])
def test_only_whole_minor_units_are_money(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "USD")   # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["usd", "XXX", "EURO", ""])
def test_an_unknown_currency_is_an_error(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money.parse("1", code)
