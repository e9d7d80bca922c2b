"""What payouts keeps, and how it is found. Must never hold a document that every payout touches."""

from dataclasses import dataclass
from typing import Any, Final

from services.payouts.domain.accounts import Account
from services.payouts.domain.holds import Hold
from services.payouts.domain.ledger import Entry
from services.payouts.domain.payouts import Payout
from services.payouts.domain.profiles import PayoutProfile
from shared.persistence.collections import Collection


@dataclass(frozen=True, slots=True)
class Party:
    """The copy of a party that payouts keeps: its role and its clock."""

    id: str
    role: str
    clock: str


PARTIES: Final = Collection("parties", Party, indexes=(("clock",),))
ACCOUNTS: Final = Collection("accounts", Account)
"""One for each freelancer, by the party's id. Written at every step of a payout, so it has no index of its own."""
ENTRIES: Final = Collection("entries", Entry, indexes=(("account_id", "at"), ("clock",)))
HOLDS: Final = Collection(
    "holds", Hold, indexes=(("account_id", "due_at"), ("contract_id", "invoice_id"), ("clock", "state", "due_at")),
    retired=(("invoice_id",), ("contract_id",)))
PAYOUTS: Final = Collection("payouts", Payout, indexes=(("account_id", "requested_at"),))
PROFILES: Final = Collection("payout_profiles", PayoutProfile)

OWNED: Final[tuple[Collection[Any], ...]] = (PARTIES, ACCOUNTS, ENTRIES, HOLDS, PAYOUTS, PROFILES)
