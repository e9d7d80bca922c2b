"""Money: integer minor units plus a currency. Must never touch a float, mix currencies or lose a cent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from shared.kernel.currencies import exponent_of

AMOUNT_MINOR_MAX = 2**53 - 1
"""The largest amount that every JSON reader can hold exactly."""

_DECIMAL = re.compile(r"(-?)(\d+)(?:\.(\d+))?")


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one operation."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `amount_minor` integer minor units (cents for USD) of `currency` (ISO 4217)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"amount_minor must be an int, not {type(self.amount_minor).__name__}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read a decimal string such as "12.50"; ValueError where it has more digits than the currency."""
        found = _DECIMAL.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a decimal amount")
        sign, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
        exponent = exponent_of(currency)
        if len(fraction) > exponent:
            raise ValueError(f"{text!r} has more than {exponent} decimal digits for {currency}")
        minor = int(whole + fraction.ljust(exponent, "0"))
        return cls(-minor if sign else minor, currency)

    def __str__(self) -> str:
        exponent = exponent_of(self.currency)
        sign, digits = "-" if self.amount_minor < 0 else "", str(abs(self.amount_minor)).rjust(exponent + 1, "0")
        return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} met {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def times(self, numerator: int, denominator: int = 1) -> "Money":
        """Return this amount × numerator / denominator, rounded half-up (away from zero) once (I8)."""
        return Money(divide_half_up(self.amount_minor * numerator, denominator), self.currency)

    def share(self, basis_points: int) -> "Money":
        """Return `basis_points` / 10,000 of this amount, rounded half-up once: a fee (I8)."""
        return self.times(basis_points, 10_000)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide integers and round the half away from zero: 26.5 → 27, −26.5 → −27 (I8)."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (1 if 2 * remainder >= denominator else 0)
    return rounded if numerator >= 0 else -rounded


def total(amounts: Sequence[Money], currency: str) -> Money:
    """Sum `amounts`, all of `currency`; the sum of nothing is zero."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result


def cumulated_share(whole: Money, part_before: Money, part_after: Money, of: Money) -> Money:
    """Return what of `whole` falls to the step from `part_before` to `part_after` of `of`, so that all steps add up.

    Shares are rounded half-up on the cumulated part and differenced (C6, I9): the last step ends at `whole` exactly.
    """
    if not of:
        return Money.zero(whole.currency)
    after = whole.times(part_after.amount_minor, of.amount_minor)
    return after - whole.times(part_before.amount_minor, of.amount_minor)
