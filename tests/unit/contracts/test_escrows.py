"""Escrow: what leaves it, and that client fees add up to the cent (C6 to C8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.domain.escrows import Escrow
from shared.kernel.money import Money, total
from tests.unit.contracts.builders import usd


def test_a_share_is_cumulated_per_deposit() -> None:
    """Proves C6 and C7."""
    escrow = Escrow("USD").add("dep_1", usd("600.00"), usd("30.00"))
    escrow, first = escrow.take(usd("450.00"))
    escrow = escrow.add("dep_2", usd("250.00"), usd("12.50"))
    escrow, second = escrow.take(usd("400.00"))
    assert (first.client_fee, second.client_fee, escrow.balance) == (usd("22.50"), usd("20.00"), usd("0.00"))


def test_thirds_add_up() -> None:
    """Proves C6."""
    escrow = Escrow("USD").add("dep_1", usd("100.00"), usd("0.50"))
    fees = []
    for _ in range(3):
        escrow, taken = escrow.take(usd("33.33"))
        fees.append(taken.client_fee.amount_minor)
    _, rest = escrow.take(usd("0.01"))
    assert [*fees, rest.client_fee.amount_minor] == [17, 16, 17, 0]


@pytest.mark.parametrize(("amount", "fits"), [("99.99", True), ("100.00", True), ("100.01", False), ("-0.01", False)])
def test_never_more_leaves_than_is_there(amount: str, fits: bool) -> None:
    """Proves C7 and C8."""
    escrow = Escrow("USD").add("dep_1", usd("100.00"), usd("5.00"))
    if fits:
        assert escrow.take(usd(amount))[1].amount == usd(amount)
    else:
        with pytest.raises(ValueError, match="cannot leave"):
            escrow.take(usd(amount))


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**8)), min_size=1, max_size=5),
    st.lists(st.integers(0, 10**9), max_size=12),
)
def test_whatever_is_taken_every_fee_leaves_exactly_once(deposits: list[tuple[int, int]], wishes: list[int]) -> None:
    """Proves C6 and C8."""
    escrow = Escrow("USD")
    for number, (amount, fee) in enumerate(deposits):
        escrow = escrow.add(f"dep_{number}", Money(amount, "USD"), Money(fee, "USD"))
    amounts, fees = [], []
    for wish in [*wishes, 10**12]:
        escrow, taken = escrow.take(Money(min(wish, escrow.balance.amount_minor), "USD"))
        assert taken.client_fee >= usd("0.00")
        amounts.append(taken.amount)
        fees.append(taken.client_fee)
    assert total(amounts, "USD").amount_minor == sum(amount for amount, _ in deposits)
    assert total(fees, "USD").amount_minor == sum(fee for _, fee in deposits)
    assert not escrow.balance
