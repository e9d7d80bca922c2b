"""Rounding in currencies of nought, two and three digits: once, half-up, and nothing is lost (C6, I8, I9)."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.domain.escrows import Escrow
from services.invoicing.domain.contracts import Kind
from services.invoicing.domain.lines import InvoiceLine, bonus_line, submission_line
from shared.kernel.currencies import exponent_of
from shared.kernel.money import AMOUNT_MINOR_MAX, Money, cumulated_share, total
from tests.properties.stories import PROPERTIES, half_up
from tests.unit.invoicing.builders import contract, terms

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

currencies = st.sampled_from(["JPY", "USD", "KWD"])
amounts = st.integers(0, 20_000) | st.integers(0, AMOUNT_MINOR_MAX)
basis_points = st.sampled_from([0, 1, 333, 340, 500, 1_000, 5_000, 9_999, 10_000]) | st.integers(0, 10_000)
steps = st.lists(st.integers(0, 40) | st.integers(0, 10**9), min_size=1, max_size=12).filter(any)


def on_paper(amount: Money, points: int) -> str:
    """Return the fee of an amount as a bookkeeper computes it: in decimals, rounded where the currency ends."""
    exact = EXACT.divide(EXACT.multiply(Decimal(str(amount)), Decimal(points)), Decimal(10_000))
    return format(exact.quantize(Decimal(1).scaleb(-exponent_of(amount.currency)), context=EXACT), "f")


def lines_of(gross: Money, freelancer_fee: int, client_fee: int) -> list[InvoiceLine]:
    """Return every kind of line whose gross is given."""
    of = contract(Kind.SINGLE, currency=gross.currency, terms=terms(
        freelancer_fee_basis_points=freelancer_fee, client_fee_basis_points=client_fee))
    return [bonus_line(of, line_id="bonus", gross=gross),
            submission_line(of, line_id="work", submission_id="sub", milestone_id=None, gross=gross)]


@PROPERTIES
@given(minor=amounts, currency=currencies, freelancer_fee=basis_points, client_fee=basis_points)
def test_gross_is_net_and_fee_and_each_fee_is_rounded_once(
    minor: int, currency: str, freelancer_fee: int, client_fee: int
) -> None:
    """Proves I8."""
    gross = Money(minor, currency)
    for line in lines_of(gross, freelancer_fee, client_fee):
        assert line.gross == gross == line.net + line.fee
        assert Money.zero(currency) <= line.fee <= gross
        assert str(line.fee) == on_paper(gross, freelancer_fee)
        assert str(line.client_fee) == on_paper(gross, client_fee)


@PROPERTIES
@given(minor=st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX) | st.integers(-20_000, 20_000), currency=currencies,
       points=basis_points)
def test_what_is_taken_back_is_rounded_as_it_was_given(minor: int, currency: str, points: int) -> None:
    """Proves I8: the half goes away from zero, on both sides of it."""
    amount = Money(minor, currency)
    assert (-amount).share(points) == -(amount.share(points))
    assert amount.share(points).amount_minor == half_up(Fraction(minor * points, 10_000))


@PROPERTIES
@given(whole=amounts, parts=steps, currency=currencies)
def test_shares_of_any_steps_add_up_and_never_drift(whole: int, parts: list[int], currency: str) -> None:
    """Proves C6 and I9."""
    fee, of = Money(whole, currency), Money(sum(parts), currency)
    shares = [cumulated_share(fee, Money(before, currency), Money(after, currency), of)
              for before, after in pairwise(accumulate(parts, initial=0))]
    assert total(shares, currency) == fee
    exact = [Fraction(whole * part, sum(parts)) for part in parts]
    so_far = zip(accumulate(share.amount_minor for share in shares), accumulate(exact), strict=True)
    assert all(abs(taken - due) <= Fraction(1, 2) for taken, due in so_far)
    assert all(abs(share.amount_minor - due) <= 1 for share, due in zip(shares, exact, strict=True))
    assert all(share >= Money.zero(currency) for share in shares)


@PROPERTIES
@given(minor=st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX) | st.integers(-2_000, 2_000), currency=currencies)
def test_an_amount_that_is_written_is_read_as_it_was(minor: int, currency: str) -> None:
    """No digit is lost, and none is made up; noughts at the end may be left out."""
    amount = Money(minor, currency)
    assert Money.parse(str(amount), currency) == amount
    whole, _, fraction = str(amount).partition(".")
    digits = fraction.rstrip("0")
    assert Money.parse(f"{whole}.{digits}" if digits else whole, currency) == amount
    assert Decimal(str(amount)).scaleb(exponent_of(currency), context=EXACT) == minor
    assert len(fraction) == exponent_of(currency)


@PROPERTIES
@given(
    deposits=st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**8)), min_size=1, max_size=5),
    wishes=st.lists(st.integers(0, 10**9), max_size=12), currency=currencies,
)
def test_whatever_is_taken_every_fee_leaves_exactly_once(
    deposits: list[tuple[int, int]], wishes: list[int], currency: str
) -> None:
    """Proves C6 and C8."""
    escrow = Escrow(currency)
    for number, (amount, fee) in enumerate(deposits):
        escrow = escrow.add(f"dep_{number}", Money(amount, currency), Money(fee, currency))
    amounts, fees = [], []
    for wish in [*wishes, 10**12]:
        escrow, taken = escrow.take(Money(min(wish, escrow.balance.amount_minor), currency))
        assert taken.client_fee >= Money.zero(currency)
        amounts.append(taken.amount)
        fees.append(taken.client_fee)
    assert total(amounts, currency).amount_minor == sum(amount for amount, _ in deposits)
    assert total(fees, currency).amount_minor == sum(fee for _, fee in deposits)
    assert not escrow.balance
