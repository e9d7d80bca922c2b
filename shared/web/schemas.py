"""What requests may say: closed models, strict types, bounded values. Must never coerce: "5", 5.0 and true are no 5.

Every request model extends `RequestModel`; unknown members are refused. Amounts are integer minor units below 2^53,
instants carry an offset, ids have their shape. Answers are rendered as plain values by `money_out` and `instant_out`.
"""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.kernel.currencies import UnknownCurrency, exponent_of
from shared.kernel.instants import Instant, NaiveInstant, format_instant, parse_instant
from shared.kernel.money import AMOUNT_MINOR_MAX, Money

COUNT_MAX = 1_000_000
TEXT_MAX = 2_000
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200


class RequestModel(BaseModel):
    """The base of every request body: closed, strict, frozen."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _known_currency(code: str) -> str:
    try:
        exponent_of(code)
    except UnknownCurrency:
        raise PydanticCustomError("currency_unknown", "Not an ISO 4217 currency with a minor unit") from None
    return code


CurrencyIn = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", examples=["USD"], description="ISO 4217 code."), AfterValidator(_known_currency),
]

AmountMinorIn = Annotated[
    int, Field(ge=0, le=AMOUNT_MINOR_MAX, examples=[12500], description="Integer minor units (cents for USD)."),
]


class MoneyIn(RequestModel):
    """An amount, never negative; where nothing is too little, the rule says so by its code.

    125.00 USD is {"amount_minor": 12500, "currency": "USD"}.
    """

    amount_minor: AmountMinorIn
    currency: CurrencyIn

    def money(self) -> Money:
        """Return the amount in the domain's words."""
        return Money(self.amount_minor, self.currency)


class MoneyOut(BaseModel):
    """An exact amount in integer minor units."""

    amount_minor: int = Field(examples=[12500])
    currency: str = Field(examples=["USD"])


def money_out(amount: Money) -> dict[str, Any]:
    """Return the plain values of `MoneyOut`."""
    return {"amount_minor": amount.amount_minor, "currency": amount.currency}


def _read_instant(value: Any) -> datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise PydanticCustomError("instant_type", "Instants are RFC 3339 strings")
    if _INSTANT.fullmatch(value) is None:
        raise PydanticCustomError("instant_format", "Not RFC 3339 with an offset, e.g. 2026-02-23T00:00:00.000Z")
    try:
        read = parse_instant(value.upper())
    except (NaiveInstant, ValueError, OverflowError):
        raise PydanticCustomError("instant_format", "No such instant") from None
    if not EARLIEST_YEAR <= read.year < LATEST_YEAR:
        raise PydanticCustomError("instant_range", "Instants lie between the years 2000 and 2200")
    return read


InstantIn = Annotated[
    datetime, BeforeValidator(_read_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-23T00:00:00.000Z"]}),
]
"""RFC 3339 with an offset; naive instants are refused. Arrives as UTC, cut to milliseconds."""


def instant_out(value: Instant | None) -> str | None:
    """Return RFC 3339 in UTC with milliseconds."""
    return None if value is None else format_instant(value)


InstantOut = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-23T00:00:00.000Z"]})]

IdIn = Annotated[
    str, Field(pattern=r"^[a-z]{2,5}_[0-9a-z]{1,40}$", max_length=46, examples=["ct_01jnq8v3k5e7z9x2c4b6n8m0qr"]),
]
"""An id in a body. In a path any string is taken: what does not exist is 404, whatever it looks like."""

ClockIn = Annotated[str, Field(pattern=r"^(live|clk_[0-9a-z]{1,40})$", examples=["clk_01jnq8v3k5e7z9x2c4b6n8m0qr"])]

CountIn = Annotated[int, Field(ge=0, le=COUNT_MAX)]
"""A whole number of things, zero allowed."""

TextIn = Annotated[str, Field(max_length=TEXT_MAX)]
"""Free text: a memo, a note."""

TitleIn = Annotated[str, Field(min_length=1, max_length=200)]
"""A short name."""
