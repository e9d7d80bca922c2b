"""What payouts needs from outside. Must never name an adapter, a server or a wire format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from services.payouts.domain.accounts import Account
from services.payouts.domain.books_check import BooksCheck
from services.payouts.domain.holds import Hold
from services.payouts.domain.ledger import Entry
from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payouts import Payout, RailAnswer
from services.payouts.domain.profiles import PayoutProfile
from shared.kernel.instants import Instant
from shared.kernel.money import Money

SimulatedOutcome = Literal["settled", "failed", "lost_answer", "returned"]
Position = tuple[Instant, str]
"""Where a page goes on: behind this instant and id, latest first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which rows of an account are wanted: those whose fields equal `where`, whose instant lies in `[since, until)`.

    Latest first, at most `limit`, from behind `after`.
    """

    account_id: str
    limit: int
    after: Position | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    since: Instant | None = None
    until: Instant | None = None


class RailSilent(Exception):
    """The rail did not answer in time: it may or may not have paid. Ask again by the same payout id."""


@dataclass(frozen=True, slots=True)
class RailOrder:
    """What the rail is asked to do: pay `amount` (the fee is already out of it) once under `payout_id`."""

    payout_id: str
    account_id: str
    method_id: str
    method_kind: MethodKind
    amount: Money


class RailPort(Protocol):
    """The payout rail: it pays each payout id at most once, and answers a repeated question with the same answer."""

    async def send(self, order: RailOrder) -> RailAnswer:
        """Pay; RailSilent where no answer came."""


class PayoutLoader(Protocol):
    """Reads payouts outside of transactions; many at once cost one read."""

    async def load(self, id: str) -> Payout:
        """Return a payout that was promised to the rail; LookupError where it is unknown."""


class RailSimulator(Protocol):
    """A rail that can be told what to answer."""

    async def set_outcomes(self, account_id: str, outcomes: Sequence[SimulatedOutcome]) -> None:
        """Say how the next payouts of an account end; replaces what was said before and not yet used."""


class BookReads(Protocol):
    """What people and the reconciliation see of the books, outside of transactions."""

    async def account(self, id: str) -> Account | None:
        """Return an account."""

    async def accounts(self, ids: Sequence[str]) -> Mapping[str, Account]:
        """Return those accounts that exist, by id."""

    async def profile(self, id: str) -> PayoutProfile | None:
        """Return a payee's methods and schedule."""

    async def hold(self, id: str) -> Hold | None:
        """Return a hold."""

    async def payout(self, id: str) -> Payout | None:
        """Return a payout."""

    async def holds_of(self, listing: Listing) -> list[Hold]:
        """Return an account's holds by their due instants."""

    async def entries_of(self, listing: Listing) -> list[Entry]:
        """Return the journal of an account."""

    async def payouts_of(self, listing: Listing) -> list[Payout]:
        """Return an account's payouts by the instants of their requests."""

    async def overdue_holds(self, before: Instant) -> int:
        """Count live holds that were due before `before`, are pending and blocked by nothing; a large count is cut."""

    async def check(self, clock: str | None) -> BooksCheck:
        """Read everything of `clock`, or everything there is, from one snapshot."""
