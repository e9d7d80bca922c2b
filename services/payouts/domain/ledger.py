"""The journal: immutable double-entry postings. Must never hold an entry that does not sum to zero per currency.

Liabilities (what the platform owes or keeps) are positive, assets (what came in) are negative:
client_money + protection_advances + arrears = −(escrow + pending + available + … + fees + refunded), invariant 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.kernel.instants import Instant
from shared.kernel.money import Money

CLIENT_MONEY: Final = "client_money"
PROTECTION_ADVANCES: Final = "protection_advances"
ESCROW: Final = "escrow"
FEES_FREELANCER: Final = "fees:freelancer"
FEES_CLIENT: Final = "fees:client"
FEES_INITIATION: Final = "fees:initiation"
FEES_PAYOUT: Final = "fees:payout"
EMPLOYER_OF_RECORD: Final = "employer_of_record"
REFUNDED: Final = "refunded"

PLATFORM_ACCOUNTS: Final = (
    CLIENT_MONEY, PROTECTION_ADVANCES, ESCROW, FEES_FREELANCER, FEES_CLIENT, FEES_INITIATION, FEES_PAYOUT,
    EMPLOYER_OF_RECORD, REFUNDED,
)
FREELANCER_PREFIX: Final = "freelancer:"


class UnbalancedEntry(AssertionError):
    """An entry whose postings do not sum to zero per currency: a bug, never kept (invariant 2)."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: `amount_minor` signed minor units of `currency` on one ledger account."""

    ledger_account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry: why, when on which clock, and its postings. Never edited; undone only by a new one."""

    id: str
    clock: str
    at: Instant
    kind: str
    """What happened, e.g. `invoice.paid`."""
    about: str
    """The invoice, hold, payout, deposit or refund that it books."""
    cause: str
    """The event or command that caused it."""
    account_id: str | None
    contract_id: str | None
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if not self.postings:
            raise UnbalancedEntry(f"{self.id} has no postings")
        for currency, rest in sums_per_currency(self.postings).items():
            if rest:
                raise UnbalancedEntry(f"{self.id} ({self.kind}) is out by {rest} {currency}")


def posting(ledger_account: str, amount: Money) -> Posting:
    """Post `amount` on a ledger account."""
    return Posting(ledger_account, amount.currency, amount.amount_minor)


def without_zeros(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Leave out the postings that move nothing."""
    return tuple(one for one in postings if one.amount_minor)


def sums_per_currency(postings: Iterable[Posting]) -> dict[str, int]:
    """Return the sum of `postings` per currency; all zero where they balance."""
    sums: dict[str, int] = {}
    for one in postings:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor
    return sums


def freelancer_ledger(account_id: str, balance: str) -> str:
    """Name the ledger account of one balance of one freelancer: `freelancer:fr_1:pending`."""
    return f"{FREELANCER_PREFIX}{account_id}:{balance}"
