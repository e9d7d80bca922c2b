"""Check the books: do entries balance, do postings and accounts agree, is nothing below zero (invariants 1, 2, 5)?

Fed with everything of one clock, or with everything there is. Must never repair what it finds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.payouts.domain.accounts import BALANCE_NAMES
from services.payouts.domain.ledger import CLIENT_MONEY, FREELANCER_PREFIX, PROTECTION_ADVANCES, freelancer_ledger

_ASSETS: Final = (CLIENT_MONEY, PROTECTION_ADVANCES)
Amounts = Iterable[tuple[str, str, int]]
"""Ledger account, currency, signed minor units."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: which check, of what, in which currency, expected and found minor units."""

    check: str
    of: str
    currency: str
    expected: int
    found: int


class BooksCheck:
    """Gathers postings, accounts and holds, in any order, and names the differences."""

    def __init__(self) -> None:
        self.entries = 0
        self._ledger: dict[tuple[str, str], int] = defaultdict(int)
        self._accounts: dict[tuple[str, str], int] = {}
        self._held: dict[tuple[str, str], int] = defaultdict(int)
        self._differences: list[Difference] = []

    def add_entry(self, id: str, postings: Amounts) -> None:
        """Take one journal entry."""
        self.entries += 1
        sums: dict[str, int] = defaultdict(int)
        for ledger_account, currency, amount in postings:
            self._ledger[ledger_account, currency] += amount
            sums[currency] += amount
        for currency, rest in sums.items():
            if rest:
                self._differences.append(Difference("entry_balances", id, currency, 0, rest))

    def add_account(self, id: str, balances: Mapping[str, Mapping[str, int]]) -> None:
        """Take one account: balances by currency and name."""
        for currency, amounts in balances.items():
            for name in BALANCE_NAMES:
                amount = amounts.get(name, 0)
                self._accounts[freelancer_ledger(id, name), currency] = -amount if name == "arrears" else amount
                if amount < 0:
                    self._differences.append(Difference("not_below_zero", f"{id}:{name}", currency, 0, amount))

    def add_hold(self, account_id: str, currency: str, *, free: int, frozen: int) -> None:
        """Take one hold that is not over: what of it is pending and what is frozen."""
        self._held[freelancer_ledger(account_id, "pending"), currency] += free
        self._held[freelancer_ledger(account_id, "frozen"), currency] += frozen

    def differences(self) -> tuple[Difference, ...]:
        """Return everything that does not add up; nothing means that the books balance."""
        return (*self._differences, *self._against_accounts(), *self._against_holds(), *self._platform())

    def _against_accounts(self) -> Iterable[Difference]:
        named = {key for key in self._ledger if key[0].startswith(FREELANCER_PREFIX)} | set(self._accounts)
        for key in sorted(named):
            expected, found = self._ledger.get(key, 0), self._accounts.get(key, 0)
            if expected != found:
                yield Difference("postings_equal_account", key[0], key[1], expected, found)

    def _against_holds(self) -> Iterable[Difference]:
        named = {key for key in self._accounts if key[0].endswith((":pending", ":frozen"))} | set(self._held)
        for key in sorted(named):
            expected, found = self._held.get(key, 0), self._accounts.get(key, 0)
            if expected != found:
                yield Difference("holds_equal_account", key[0], key[1], expected, found)

    def _platform(self) -> Iterable[Difference]:
        totals: dict[str, int] = defaultdict(int)
        for (name, currency), amount in sorted(self._ledger.items()):
            totals[currency] += amount
            if not name.startswith(FREELANCER_PREFIX) and (amount > 0 if name in _ASSETS else amount < 0):
                yield Difference("not_below_zero", name, currency, 0, amount)
        for currency, rest in sorted(totals.items()):
            if rest:
                yield Difference("money_in_equals_money_out", "everything", currency, 0, rest)
