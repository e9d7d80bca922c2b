"""Write one entry and move one account together: the only way money moves here. Must never do one without the other."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.payouts.application.collections import ACCOUNTS, ENTRIES
from services.payouts.domain.accounts import Account, Deltas, Movement
from services.payouts.domain.ledger import Entry, Posting
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why something is booked: `kind` of happening, and the invoice, hold, payout or deposit it is `about`."""

    kind: str
    about: str
    contract_id: str | None = None


def earnings_of(account_id: str) -> str:
    """Name what early events about a freelancer's money wait for: any further payment lets them try again."""
    return f"earnings:{account_id}"


async def account_of(unit: Unit, account_id: str) -> Account:
    """Return the freelancer's account; a fresh one where nothing was ever booked and its party is not yet known."""
    account = await unit.get(ACCOUNTS, account_id)
    return account or Account(id=account_id, clock=unit.clock)


def entry_id(unit: Unit, occasion: Occasion) -> str:
    """Name the entry after its occasion, so that the same one can never be booked twice."""
    return unit.derived_id("ent", occasion.kind, occasion.about)


def write_entry(unit: Unit, occasion: Occasion, postings: Iterable[Posting], *, account_id: str | None) -> str:
    """Keep a balanced entry and return its id."""
    entry = Entry(
        id=entry_id(unit, occasion), clock=unit.clock, at=unit.now, kind=occasion.kind, about=occasion.about,
        cause=unit.cause, account_id=account_id, contract_id=occasion.contract_id, postings=tuple(postings),
    )
    unit.put(ENTRIES, entry)
    return entry.id


def move(
    unit: Unit, account: Account, currency: str, deltas: Deltas, occasion: Occasion, platform: Iterable[Posting] = ()
) -> tuple[Account, Movement]:
    """Book `deltas` and the platform's side as one entry, and return the account after it; the caller puts it.

    Empty deltas with no postings are a movement without an entry: something about the account is worth telling.
    """
    postings = (*deltas.postings(account.id, currency), *platform)
    entry = write_entry(unit, occasion, postings, account_id=account.id) if postings else None
    return account.move(currency, deltas, entry_id=entry, at=unit.now)
