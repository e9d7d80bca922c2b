"""Currencies and their exponents (ISO 4217). Must never guess: an unknown code is an error."""

from functools import cache

from iso4217 import Currency


class UnknownCurrency(ValueError):
    """The code is not an ISO 4217 currency with a minor unit."""


@cache
def exponent_of(code: str) -> int:
    """Return how many digits the minor unit of `code` has: 2 for USD, 0 for JPY, 3 for KWD."""
    try:
        exponent = Currency(code).exponent
    except ValueError:
        raise UnknownCurrency(f"{code!r} is not an ISO 4217 currency") from None
    if exponent is None:
        raise UnknownCurrency(f"{code!r} has no minor unit")
    return int(exponent)
