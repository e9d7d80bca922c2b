"""What a watcher of the demonstration sees at one moment. It holds facts that the suite told; it decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Purse:
    """One freelancer's balance, in the suite's own words."""

    pending: Money
    available: Money
    paid_out: Money

    @staticmethod
    def of(row: Mapping[str, Any], currency: str) -> "Purse":
        """Read a row of `GET /v1/accounts/{id}/balance`: whole minor units."""
        return Purse(*(Money(int(row[name]), currency) for name in ("pending", "available", "paid_out")))

    @staticmethod
    def empty(currency: str) -> "Purse":
        """Before the first payment there is no row."""
        return Purse(*(Money.zero(currency) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Passing:
    """One event that a service has published."""

    at: Instant
    name: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One step of the story, told; `checked` says what was compared and held."""

    at: Instant
    text: str
    checked: tuple[str, ...] = ()


@dataclass(slots=True)
class Board:
    """Everything on the screen."""

    now: Instant
    purse: Purse
    doing: str = ""
    chapters: list[Chapter] = field(default_factory=list)
    events: list[Passing] = field(default_factory=list)
