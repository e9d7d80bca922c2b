"""Reads of the books for people: an account, lists in keyset pages, the check. Must never write."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar

from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS, PAYOUTS, PROFILES
from services.payouts.application.ports import Listing
from services.payouts.domain.accounts import Account
from services.payouts.domain.books_check import BooksCheck
from services.payouts.domain.holds import Hold
from services.payouts.domain.ledger import Entry
from services.payouts.domain.payouts import Payout
from services.payouts.domain.profiles import PayoutProfile
from shared.events.catalogue import LIVE
from shared.kernel.instants import Instant
from shared.persistence.collections import Collection, Document
from shared.persistence.store import Store, Transaction
from shared.persistence.unit import Filter

T = TypeVar("T")
COUNT_MAX: Final = 1_000
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class StoredBooks:
    """`BookReads` over the service's own store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def account(self, id: str) -> Account | None:
        """Return an account."""
        return await self._one(ACCOUNTS, id)

    async def accounts(self, ids: Sequence[str]) -> dict[str, Account]:
        """Return those accounts that exist, by id."""
        found = await self._store.load(ACCOUNTS.name, ids)
        return {document["_id"]: ACCOUNTS.from_document(document) for document in found}

    async def profile(self, id: str) -> PayoutProfile | None:
        """Return a payee's methods and schedule."""
        return await self._one(PROFILES, id)

    async def hold(self, id: str) -> Hold | None:
        """Return a hold."""
        return await self._one(HOLDS, id)

    async def payout(self, id: str) -> Payout | None:
        """Return a payout."""
        return await self._one(PAYOUTS, id)

    async def payouts_named(self, ids: Sequence[str]) -> list[Payout]:
        """Return those payouts that exist."""
        return [PAYOUTS.from_document(document) for document in await self._store.load(PAYOUTS.name, ids)]

    async def holds_of(self, listing: Listing) -> list[Hold]:
        """Return an account's holds, latest due instant first."""
        return await self._page(HOLDS, listing, "due_at")

    async def entries_of(self, listing: Listing) -> list[Entry]:
        """Return the journal of an account, newest first."""
        return await self._page(ENTRIES, listing, "at")

    async def payouts_of(self, listing: Listing) -> list[Payout]:
        """Return an account's payouts, newest first."""
        return await self._page(PAYOUTS, listing, "requested_at")

    async def overdue_holds(self, before: Instant) -> int:
        """Count live holds that were due before `before`, are pending and blocked by nothing; at most `COUNT_MAX`."""
        where = {"clock": LIVE, "state": "pending", "due_at": {"$lt": before}}
        found = await self._store.find(HOLDS.name, where, limit=COUNT_MAX)
        return sum(1 for document in found if not document["blocked_by"])

    async def check(self, clock: str | None) -> BooksCheck:
        """Read everything of `clock`, or everything there is, from one snapshot."""
        check = BooksCheck()
        async with self._store.transaction() as transaction:
            for where in _slices(clock):
                for entry in await transaction.find(ENTRIES.name, where):
                    check.add_entry(entry["_id"], ((posting["ledger_account"], posting["currency"],
                                                    posting["amount_minor"]) for posting in entry["postings"]))
            of_clock: Filter = {"clock": clock} if clock is not None else {}
            for account in await transaction.find(ACCOUNTS.name, of_clock):
                check.add_account(account["_id"], account["balances"])
            for hold in await self._open_holds(transaction, of_clock):
                amount, frozen = hold["amount"]["amount_minor"], hold["frozen"]["amount_minor"]
                check.add_hold(hold["account_id"], hold["amount"]["currency"], free=amount - frozen, frozen=frozen)
        return check

    async def _open_holds(self, transaction: Transaction, of_clock: Filter) -> list[Document]:
        return await transaction.find(HOLDS.name, {**of_clock, "state": "pending"})

    async def _one(self, collection: Collection[T], id: str) -> T | None:
        found = await self._store.load(collection.name, [id])
        return collection.from_document(found[0]) if found else None

    async def _page(self, collection: Collection[T], listing: Listing, field: str) -> list[T]:
        """Return what is listed, in the order of (`field`, id), latest first.

        The filter language has no "or": first what is left of the instant of `after`, then what lies before it; the
        last instant of that is read whole, as the store sorts by one field only.
        """
        name, found = collection.name, list[Document]()
        where: dict[str, Any] = {"account_id": listing.account_id, **listing.where}
        until = listing.until
        if listing.after is not None:
            at, id = listing.after
            found = await self._store.find(name, {**where, field: at, "_id": {"$lt": id}})
            until = at
        if len(found) < listing.limit:
            bounds = {"$gte": listing.since, "$lt": until}
            dated = {operator: bound for operator, bound in bounds.items() if bound is not None}
            rows = await self._store.find(name, where | ({field: dated} if dated else {}), sort=f"-{field}",
                                          limit=listing.limit)
            if len(rows) == listing.limit:
                last = rows[-1][field]
                ties = await self._store.find(name, {**where, field: last})
                rows = [*(row for row in rows if row[field] != last), *ties]
            found = [*found, *rows]
        found.sort(key=lambda row: (row[field], row["_id"]), reverse=True)
        return [collection.from_document(document) for document in found[: listing.limit]]


def _slices(clock: str | None) -> Iterator[Filter]:
    """Bound what one read brings: a clock's own entries at once, everything in slices of the ids' first digits."""
    if clock is not None:
        yield {"clock": clock}
        return
    for first in _DIGITS[:8]:   # 128 bits in 26 digits leave three for the first.
        for second, behind in pairwise([*_DIGITS[::8], "~"]):
            yield {"_id": {"$gte": f"ent_{first}{second}", "$lt": f"ent_{first}{behind}"}}
