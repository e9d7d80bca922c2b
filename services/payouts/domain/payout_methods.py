"""Payout methods: where money may go, at what cost, how long a new one waits. Must never hold a policy value (P2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.kernel.currencies import exponent_of
from shared.kernel.instants import Instant
from shared.kernel.money import Money


class MethodKind(StrEnum):
    """How money travels."""

    BANK = "bank"
    WIRE = "wire"
    WALLET = "wallet"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Tariff:
    """A decimal amount that holds in every currency, and the currencies that have their own."""

    everywhere: str
    by_currency: Mapping[str, str]

    def amount_in(self, currency: str) -> Money:
        """Return the amount in `currency`; digits beyond its minor unit are refused unless they are zero."""
        text = self.by_currency.get(currency, self.everywhere)
        whole, _, fraction = text.partition(".")
        digits = fraction.rstrip("0").ljust(exponent_of(currency), "0")
        return Money.parse(f"{whole}.{digits}" if digits else whole, currency)


@dataclass(frozen=True, slots=True)
class MethodTerms:
    """What one kind of method costs, its least payout, and when the money is expected to arrive (P2)."""

    kind: MethodKind
    fee: Tariff
    minimum: Tariff
    arrival_hours: int


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """The terms of all kinds from `valid_from` on; a method added under it waits for `waiting`."""

    valid_from: date
    waiting: timedelta
    terms: Mapping[MethodKind, MethodTerms]


@dataclass(frozen=True, slots=True)
class MethodPolicies:
    """Every policy there ever was, oldest first: a payout of an earlier year replays with the fees of that year."""

    versions: tuple[MethodPolicy, ...]

    def in_force(self, at: Instant) -> MethodPolicy:
        """Return the policy of the day of `at`; the first one for anything before it (P2)."""
        found = self.versions[0]
        for version in self.versions:
            if version.valid_from <= at.date():
                found = version
        return found


@dataclass(frozen=True, slots=True)
class PayoutMethod:
    """One way out for one account; usable from `usable_at` on (P2)."""

    id: str
    kind: MethodKind
    added_at: Instant
    usable_at: Instant

    def is_usable(self, now: Instant) -> bool:
        """Whether its waiting time is over; exactly at the end it is (P2, I4)."""
        return now >= self.usable_at


def new_method(id: str, kind: MethodKind, policy: MethodPolicy, *, now: Instant) -> PayoutMethod:
    """Add a method under the policy in force: it waits from now on (P2)."""
    return PayoutMethod(id, kind, added_at=now, usable_at=now + policy.waiting)
