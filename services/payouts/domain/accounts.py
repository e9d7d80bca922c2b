"""Accounts: one freelancer's balances in all currencies. Must never go below zero except as marked arrears (P3, P6)."""

from dataclasses import dataclass, field, replace
from typing import Final

from services.payouts.domain.ledger import Posting, freelancer_ledger
from shared.kernel.instants import Instant
from shared.kernel.money import Money

BALANCE_NAMES: Final = ("pending", "available", "frozen", "reserved", "paid_out", "arrears")


class BalanceBelowZero(AssertionError):
    """A movement would leave a balance below zero: a bug, as every rule checks before it moves (invariant 5)."""


@dataclass(frozen=True, slots=True)
class Deltas:
    """Signed changes of one account's balances in one currency, integer minor units."""

    pending: int = 0
    available: int = 0
    frozen: int = 0
    reserved: int = 0
    paid_out: int = 0
    arrears: int = 0

    def __bool__(self) -> bool:
        return any((self.pending, self.available, self.frozen, self.reserved, self.paid_out, self.arrears))

    def __add__(self, other: "Deltas") -> "Deltas":
        return Deltas(
            self.pending + other.pending, self.available + other.available, self.frozen + other.frozen,
            self.reserved + other.reserved, self.paid_out + other.paid_out, self.arrears + other.arrears,
        )

    def postings(self, account_id: str, currency: str) -> tuple[Posting, ...]:
        """Return the freelancer's side of an entry; arrears are owed to us, so their sign is turned."""
        signed = (self.pending, self.available, self.frozen, self.reserved, self.paid_out, -self.arrears)
        return tuple(
            Posting(freelancer_ledger(account_id, name), currency, amount)
            for name, amount in zip(BALANCE_NAMES, signed, strict=True) if amount
        )


@dataclass(frozen=True, slots=True)
class Balances:
    """One currency of one account, integer minor units; `arrears` is what the freelancer owes (P6)."""

    pending: int = 0
    available: int = 0
    frozen: int = 0
    reserved: int = 0
    paid_out: int = 0
    arrears: int = 0

    def moved(self, deltas: Deltas) -> "Balances":
        """Return the balances after `deltas`; BalanceBelowZero where one would be negative (P3)."""
        after = Balances(
            self.pending + deltas.pending, self.available + deltas.available, self.frozen + deltas.frozen,
            self.reserved + deltas.reserved, self.paid_out + deltas.paid_out, self.arrears + deltas.arrears,
        )
        if min(after.pending, after.available, after.frozen, after.reserved, after.paid_out, after.arrears) < 0:
            raise BalanceBelowZero(f"{self} moved by {deltas}")
        return after


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of one account; `version` counts them without gaps from 1, so a reader can tell what it misses."""

    account_id: str
    clock: str
    version: int
    currency: str
    deltas: Deltas
    entry_id: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class Account:
    """A freelancer's account: id is the freelancer's; `version` is the number of its movements."""

    id: str
    clock: str
    version: int = 0
    balances: dict[str, Balances] = field(default_factory=dict)
    moved_at: Instant | None = None
    """When a balance last changed; the 180 days of P4 count from here."""

    def of(self, currency: str) -> Balances:
        """Return the balances in `currency`; all zero where nothing was ever booked."""
        return self.balances.get(currency, Balances())

    @property
    def in_arrears(self) -> bool:
        """Whether the account owes money in any currency, which stops its payouts (P6)."""
        return any(balances.arrears for balances in self.balances.values())

    def move(
        self, currency: str, deltas: Deltas, *, entry_id: str | None, at: Instant
    ) -> tuple["Account", Movement]:
        """Return the account after one more movement, and that movement. Empty `deltas` count as a movement too."""
        movement = Movement(self.id, self.clock, self.version + 1, currency, deltas, entry_id, at)
        balances = {**self.balances, currency: self.of(currency).moved(deltas)} if deltas else self.balances
        moved_at = at if deltas else self.moved_at
        return replace(self, version=movement.version, balances=balances, moved_at=moved_at), movement


def credit(balances: Balances, amount: Money) -> Deltas:
    """Return how `amount` becomes available: it fills arrears first, the rest may be asked for (P6)."""
    repaid = min(balances.arrears, amount.amount_minor)
    return Deltas(available=amount.amount_minor - repaid, arrears=-repaid)


def debit(balances: Balances, amount: Money) -> Deltas:
    """Return how `amount` is taken back from available money; what is missing becomes arrears (P6)."""
    taken = min(balances.available, amount.amount_minor)
    return Deltas(available=-taken, arrears=amount.amount_minor - taken)
