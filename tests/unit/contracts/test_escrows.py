"""Escrow: what leaves it, and that client fees add up to the cent (C6 to C8)."""

import pytest

from services.contracts.domain.escrows import Escrow
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
