"""Lines: rounding once per line, both fees, pro-rated weeks (I8, T8, C10)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.contracts import Cadence, Kind
from services.invoicing.domain.lines import bonus_line, fixed_rate_gross, hours_line, submission_line
from shared.kernel.instants import DAY, WEEK, Instant
from shared.kernel.money import Money
from tests.unit.invoicing.builders import LOCK, MONDAY, at, contract, terms, usd

cents = st.integers(1, 10**9)
basis_points = st.integers(0, 10_000)


@pytest.mark.parametrize(("rate", "segments", "gross", "fee", "client_fee"), [
    ("22.22", 72, "266.64", "26.66", "13.33"), ("27.78", 72, "333.36", "33.34", "16.67"),
    ("33.33", 7, "38.89", "3.89", "1.94"), ("45.00", 193, "1447.50", "144.75", "72.38"), ("45.00", 0, "0.00", "0.00",
                                                                                      "0.00"),
])
def test_worked_rounding(rate: str, segments: int, gross: str, fee: str, client_fee: str) -> None:
    """Proves I8."""
    line = hours_line(
        contract(), line_id="x", week_start=MONDAY, locked_at=LOCK, segments=segments, hourly_rate=usd(rate))
    assert (line.gross, line.fee, line.client_fee) == (usd(gross), usd(fee), usd(client_fee))


@given(rate=cents, segments=st.integers(0, 1008), freelancer=basis_points, client=basis_points)
def test_a_line_of_hours_is_rounded_half_up_once_and_net_is_gross_minus_fee(
    rate: int, segments: int, freelancer: int, client: int
) -> None:
    """Proves I8."""
    of = contract(terms=terms(freelancer_fee_basis_points=freelancer, client_fee_basis_points=client))
    line = hours_line(
        of, line_id="x", week_start=MONDAY, locked_at=LOCK, segments=segments, hourly_rate=Money(rate, "USD"))
    assert line.gross.amount_minor == half_up(Fraction(rate * segments, 6))
    assert line.fee.amount_minor == half_up(Fraction(line.gross.amount_minor * freelancer, 10_000))
    assert line.client_fee.amount_minor == half_up(Fraction(line.gross.amount_minor * client, 10_000))
    assert line.net == line.gross - line.fee
    assert Money.zero("USD") <= line.net <= line.gross


@given(gross=cents, released=cents, freelancer=basis_points)
def test_escrow_brings_its_own_client_fee(gross: int, released: int, freelancer: int) -> None:
    """Proves C6."""
    of = contract(Kind.SINGLE, terms=terms(freelancer_fee_basis_points=freelancer))
    line = submission_line(of, line_id="x", submission_id="sub", milestone_id=None, gross=Money(gross, "USD"),
                           client_fee=Money(released, "USD"))
    assert (line.client_fee, line.net) == (Money(released, "USD"), line.gross - line.fee)


@given(gross=cents)
def test_time_of_an_employee_goes_without_freelancer_fee(gross: int) -> None:
    """Proves C10."""
    line = bonus_line(contract(employer_of_record=True), line_id="x", gross=Money(gross, "USD"))
    assert (line.fee, line.net) == (Money.zero("USD"), line.gross)
    assert line.client_fee == line.gross.share(500)


PRORATED = terms(fixed_rate_first_week_prorated=True)


@pytest.mark.parametrize(("day", "percent"), list(enumerate((100, 80, 60, 40, 20, 20, 20))))
def test_a_first_week_is_pro_rated_by_its_start_day(day: int, percent: int) -> None:
    """Proves T8."""
    of = contract(Kind.FIXED_RATE, terms=PRORATED, activated_at=MONDAY + day * DAY)
    assert fixed_rate_gross(of, usd("500.00"), MONDAY) == usd("500.00").times(percent, 100)
    assert fixed_rate_gross(of, usd("500.00"), MONDAY + WEEK) == usd("500.00")


def test_the_last_instant_of_a_day_still_counts_as_that_day() -> None:
    """Proves T8."""
    of = contract(Kind.FIXED_RATE, terms=PRORATED, activated_at=at("2026-02-16T23:59:59.999"))
    assert fixed_rate_gross(of, usd("500.00"), MONDAY) == usd("500.00")


def test_a_rate_that_is_not_pro_rated_is_full_from_any_day() -> None:
    """Proves T8."""
    of = contract(Kind.FIXED_RATE, activated_at=MONDAY + 6 * DAY)
    assert fixed_rate_gross(of, usd("500.00"), MONDAY) == usd("500.00")


@pytest.mark.parametrize(("began", "gross"), [
    (MONDAY - DAY, "500.01"), (MONDAY, "500.01"), (MONDAY + 6 * DAY, "500.01"), (MONDAY + WEEK, "250.01"),
    (MONDAY + WEEK + 6 * DAY, "250.01"),
])
def test_a_pair_that_began_half_way_costs_half_rounded_half_up(began: Instant, gross: str) -> None:
    """Proves T8."""
    of = contract(Kind.FIXED_RATE, cadence=Cadence.BI_WEEKLY, activated_at=began)
    assert fixed_rate_gross(of, usd("500.01"), MONDAY + WEEK) == usd(gross)


@pytest.mark.parametrize(("began", "gross"), [
    (MONDAY, "500.00"), (MONDAY + 2 * DAY, "400.00"), (MONDAY + WEEK, "250.00"), (MONDAY + WEEK + 2 * DAY, "150.00"),
])
def test_in_a_pair_the_first_week_alone_is_pro_rated(began: Instant, gross: str) -> None:
    """Proves T8."""
    of = contract(Kind.FIXED_RATE, cadence=Cadence.BI_WEEKLY, activated_at=began, terms=PRORATED)
    assert fixed_rate_gross(of, usd("500.00"), MONDAY + WEEK) == usd(gross)


def half_up(value: Fraction) -> int:
    """Round as a person does on paper: the oracle of the rounding."""
    return int(value + Fraction(1, 2))
