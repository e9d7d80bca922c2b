"""Reads of the books for people: an account, lists in keyset pages, the check. Must never write."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeVar

from services.payouts.application.collections import ACCOUNTS, ENTRIES, HOLDS, PARTIES, PAYOUTS, PROFILES
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
from shared.persistence.keyset import Keyset, read_page
from shared.persistence.store import Store, Transaction
from shared.persistence.unit import Filter

T = TypeVar("T")
COUNT_MAX: Final = 1_000
LOADED_MAX: Final = 1_000
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
        check, booked = BooksCheck(), set[str]()
        async with self._store.transaction() as transaction:
            for where in _slices(clock):
                for entry in await transaction.find(ENTRIES.name, where):
                    if clock is not None and entry["account_id"] is not None:
                        booked.add(entry["account_id"])
                    check.add_entry(entry["_id"], ((posting["ledger_account"], posting["currency"],
                                                    posting["amount_minor"]) for posting in entry["postings"]))
            of_clock: Filter = {"clock": clock} if clock is not None else {}
            for account in await self._accounts(transaction, of_clock, booked):
                check.add_account(account["_id"], account["balances"])
            for hold in await self._open_holds(transaction, of_clock):
                amount, frozen = hold["amount"]["amount_minor"], hold["frozen"]["amount_minor"]
                check.add_hold(hold["account_id"], hold["amount"]["currency"], free=amount - frozen, frozen=frozen)
        return check

    async def _accounts(self, transaction: Transaction, of_clock: Filter, booked: set[str]) -> list[Document]:
        """Return every account, or a clock's: those of its freelancers, and those whose money came before they did."""
        if not of_clock:
            return await transaction.find(ACCOUNTS.name, {})
        parties = await transaction.find(PARTIES.name, {**of_clock, "role": "freelancer"})
        ids, found = sorted(booked | {party["_id"] for party in parties}), list[Document]()
        for start in range(0, len(ids), LOADED_MAX):
            found.extend(await transaction.load(ACCOUNTS.name, ids[start:start + LOADED_MAX]))
        return found

    async def _open_holds(self, transaction: Transaction, of_clock: Filter) -> list[Document]:
        return await transaction.find(HOLDS.name, {**of_clock, "state": "pending"})

    async def _one(self, collection: Collection[T], id: str) -> T | None:
        found = await self._store.load(collection.name, [id])
        return collection.from_document(found[0]) if found else None

    async def _page(self, collection: Collection[T], listing: Listing, field: str) -> list[T]:
        """Return what is listed, in the order of (`field`, id), latest first."""
        where = {"account_id": listing.account_id, **listing.where}
        rows = await read_page(self._store, collection.name, where, Keyset(
            field, listing.limit, after=listing.after, since=listing.since, until=listing.until, latest_first=True))
        return [collection.from_document(row) for row in rows]


def _slices(clock: str | None) -> Iterator[Filter]:
    """Bound what one read brings: a clock's own entries at once, everything in slices of the ids' first digits."""
    if clock is not None:
        yield {"clock": clock}
        return
    for first in _DIGITS[:8]:   # 128 bits in 26 digits leave three for the first.
        for second, behind in pairwise([*_DIGITS[::8], "~"]):
            yield {"_id": {"$gte": f"ent_{first}{second}", "$lt": f"ent_{first}{behind}"}}
