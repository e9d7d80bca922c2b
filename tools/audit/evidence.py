"""What the audit looks at, as plain values: four witnesses that do not share code. Must never judge."""

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Cents = dict[str, int]
"""Amounts by balance or ledger account, integer minor units."""

BALANCES = ("pending", "available", "frozen", "reserved", "paid_out", "arrears")


@dataclass
class Books:
    """The payouts database: entries, accounts, holds, payouts."""

    entries: list[Row] = field(default_factory=list)
    accounts: dict[str, Row] = field(default_factory=dict)
    holds: dict[str, Row] = field(default_factory=dict)
    payouts: dict[str, Row] = field(default_factory=dict)


@dataclass
class Log:
    """The topics, each event once (by id, first copy), in the order of the broker."""

    events: dict[str, list[Row]] = field(default_factory=dict)
    copies: int = 0
    """Records that repeated an id with the same bytes."""
    forged: list[str] = field(default_factory=list)
    """Ids that came with different bytes."""

    def of(self, *topics: str) -> list[Row]:
        """Return the events of `topics`."""
        return [event for topic in topics for event in self.events.get(topic, ())]


@dataclass
class Outside:
    """The records of the simulated gateway and rail, which they wrote themselves."""

    charges: dict[str, Row] = field(default_factory=dict)
    refunds: dict[str, Row] = field(default_factory=dict)
    transfers: dict[str, Row] = field(default_factory=dict)


@dataclass
class Evidence:
    """All four, read at one time."""

    books: Books = field(default_factory=Books)
    log: Log = field(default_factory=Log)
    processors: dict[str, Row] = field(default_factory=dict)
    """Per account the newest record of `balance.updated`."""
    outside: Outside = field(default_factory=Outside)
    unsent: int = 0
    """Outbox rows of all services: events that are on their way."""
    parked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """One difference: which rule, which account (or other owner), how many cents."""

    check: str
    subject: str
    cents: int
    currency: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject} differs by {self.cents} {self.currency} (minor units): {self.detail}"


def resource(event: Row) -> Row:
    """Return the resource that an event carries."""
    found: Row = event["data"]["object"]
    return found
