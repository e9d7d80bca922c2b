"""What every route is given, and whose account a caller means. Must never build anything."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from services.payouts.application.ports import BookReads, Listing, Position, RailSimulator
from services.payouts.domain.accounts import Account
from services.payouts.domain.payout_methods import MethodPolicies
from shared.kernel.decisions import NotFound
from shared.kernel.instants import NaiveInstant, parse_instant
from shared.observability.logs import correlation_id
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Answer, Committer, IdempotencyKey
from shared.persistence.reading import StoreReading
from shared.persistence.unit import Unit
from shared.web.auth import Caller
from shared.web.idempotency import answered
from shared.web.pages import DateRange, Page, cursor_invalid


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's plugs."""

    committer: Committer
    books: BookReads
    reading: StoreReading
    policies: MethodPolicies
    rail: RailSimulator

    async def act(
        self, use_case: Callable[[Unit, Any], Awaitable[Any]], command: Any, *, account_id: str,
        reads: Iterable[tuple[Collection[Any], str]], render: Callable[[Any], Answer],
        key: IdempotencyKey | None = None,
    ) -> Response:
        """Run one command on the clock of the account's owner and return its recorded answer."""
        answer = await self.committer.run(
            use_case, command, caller=account_id, reads=reads, idempotency=key, render=render,
            correlation=correlation_id())
        return answered(answer)

    async def visible_account(self, caller: Caller, account_id: str) -> Account:
        """Return an account to its owner and to operators; NotFound to everybody else."""
        account = await self.books.account(account_id) if may_see(caller, account_id) else None
        if account is None:
            raise NotFound("account")
        return account


def may_see(caller: Caller, account_id: str) -> bool:
    """Return whether the account is the caller's own business."""
    return caller.is_operator or caller.subject == account_id


def acted_account(caller: Caller, account_id: str | None) -> str:
    """Return whose account a command is about: the caller's own, or the one that an operator names."""
    if account_id is None or account_id == caller.subject:
        return caller.subject
    if not caller.is_operator:
        raise NotFound("account")
    return account_id


def listing(account_id: str, page: Page, dates: DateRange, **where: str | None) -> Listing:
    """Return what a list route is asked for, and one row more, which tells whether there is another page."""
    wanted = {name: value for name, value in where.items() if value is not None}
    return Listing(account_id, page.limit + 1, _position_of(page), wanted, dates.since, dates.until)


def _position_of(page: Page) -> Position | None:
    """Read where a page goes on."""
    if page.after is None:
        return None
    if len(page.after) != 2:
        raise cursor_invalid()
    try:
        return parse_instant(page.after[0]), page.after[1]
    except (NaiveInstant, ValueError):
        raise cursor_invalid() from None
