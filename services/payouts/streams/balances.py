"""The processor `balances`: every account's balances as of each of its movements, from the log alone.

Movements are applied strictly in the order of their versions; one that comes early waits for the missing one, so that
nobody ever sees a balance that the books never had. This file must never decide whether a movement is allowed.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import orjson

from services.payouts.streams.moments import counts, report
from shared.events.envelope import Envelope
from shared.events.funds import Balance, BalanceUpdated, CurrencyBalance, Deltas, Movement
from shared.streams.announcements import announce, from_ms, to_ms
from shared.streams.processors import Announcement, Handled, Record, StateView

Amounts = tuple[int, int, int, int, int, int]
"""pending, available, frozen, reserved, paid out, arrears: integer minor units."""

ZERO: Amounts = (0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class AccountKept:
    """One account as of movement `version`, in all its currencies, and what the last movement said of itself."""

    version: int
    clock: str
    balances: tuple[tuple[str, Amounts], ...]
    at_ms: int
    cause: str
    correlation: str


@dataclass(frozen=True, slots=True)
class WaitingKept:
    """A movement that came before its predecessor."""

    clock: str
    currency: str
    deltas: Amounts
    at_ms: int
    cause: str
    correlation: str


BalanceKept = AccountKept | WaitingKept
"""One state record: by account id, or by account id and version."""


@dataclass(slots=True)
class _Totals:
    versions: int = 0
    waiting: int = 0


@dataclass(slots=True)
class BalanceIndex:
    """The totals per test clock that rounds ask for."""

    totals: dict[str, _Totals] = field(default_factory=lambda: defaultdict(_Totals))

    def replace(self, key: str, old: BalanceKept | None, new: BalanceKept | None) -> None:
        """Follow one state record."""
        for kept, sign in ((old, -1), (new, 1)):
            if kept is None or not counts(kept.clock):
                continue
            if isinstance(kept, AccountKept):
                self.totals[kept.clock].versions += sign * kept.version
            else:
                self.totals[kept.clock].waiting += sign


BalanceState = StateView[BalanceKept, BalanceIndex]


class BalancesProcessor:
    """Keeps one record per account, and one per movement that waits."""

    name = "balances"

    def new_index(self) -> BalanceIndex:
        """Return an index of nothing."""
        return BalanceIndex()

    def handle(self, record: Record, state: BalanceState) -> Handled[BalanceKept]:
        """Answer a round, or apply the movement that an event carries."""
        if record.topic == "clock.advanced":
            return self._answer(record.event, state)
        return self._follow(record.event, state)

    def _follow(self, event: Envelope[Any], state: BalanceState) -> Handled[BalanceKept]:
        movement: Movement = event.data.movement
        known = state.get(movement.account_id)
        account = known if isinstance(known, AccountKept) else None
        version = account.version if account else 0
        waiting_key = _waiting_key(movement.account_id, movement.version)
        if account and movement.version <= version:
            return Handled(outputs=(self._updated(movement.account_id, account),), repeat=True)
        arrived = _arrived(event, movement)
        if movement.version > version + 1:
            return Handled({waiting_key: arrived}, repeat=state.get(waiting_key) is not None)
        return self._apply(movement.account_id, account, version, arrived, state)

    def _apply(
        self, account_id: str, account: AccountKept | None, version: int, next_one: BalanceKept | None,
        state: BalanceState,
    ) -> Handled[BalanceKept]:
        """Apply the next movement and those that waited behind it; every version is published, none is skipped."""
        changes: dict[str, BalanceKept | None] = {}
        outputs: list[Announcement] = []
        while isinstance(next_one, WaitingKept):
            version += 1
            if state.get(waiting_key := _waiting_key(account_id, version)) is not None:
                changes[waiting_key] = None
            account = _moved(account, version, next_one)
            outputs.append(self._updated(account_id, account))
            next_one = state.get(_waiting_key(account_id, version + 1))
        changes[account_id] = account
        return Handled(changes, tuple(outputs))

    def _answer(self, event: Envelope[Any], state: BalanceState) -> Handled[BalanceKept]:
        clock = event.data.object.clock
        totals = state.index.totals[clock]
        return Handled(answers=(report(
            event, f"{self.name}:{state.partition}", handled_total=totals.versions, busy=totals.waiting,
            next_due_ms=None, blocked=state.blocked(clock),
        ),))

    def _updated(self, account_id: str, account: AccountKept) -> Announcement:
        balance = Balance(account_id=account_id, clock=account.clock, version=account.version, balances=tuple(
            CurrencyBalance(currency=currency, pending=amounts[0], available=amounts[1], frozen=amounts[2],
                            reserved=amounts[3], paid_out=amounts[4], arrears=amounts[5])
            for currency, amounts in account.balances
        ))
        return announce(
            "balance.updated", BalanceUpdated(object=balance), key=account_id, subject=account_id,
            sequence=account.version, clock=account.clock, time=from_ms(account.at_ms), cause=account.cause,
            correlation=account.correlation, identity=(account_id, str(account.version)),
        )

    def goes_back(self, known: BalanceKept, found: BalanceKept) -> bool:
        """Whether `found` is an earlier version of the account."""
        return isinstance(known, AccountKept) and isinstance(found, AccountKept) and found.version < known.version

    def is_outdated(self, key: str, kept: BalanceKept, get: Callable[[str], BalanceKept | None]) -> bool:
        """Whether a waiting movement was applied: its account is as far already."""
        if isinstance(kept, AccountKept):
            return False
        account_id, version = key.rsplit("/", 1)
        account = get(account_id)
        return isinstance(account, AccountKept) and account.version >= int(version)

    def encode(self, kept: BalanceKept) -> bytes:
        """Write a state record as a short JSON list."""
        if isinstance(kept, WaitingKept):
            return orjson.dumps(["waiting", kept.clock, kept.currency, kept.deltas, kept.at_ms, kept.cause,
                                 kept.correlation])
        return orjson.dumps(["account", kept.version, kept.clock, kept.balances, kept.at_ms, kept.cause,
                             kept.correlation])

    def decode(self, raw: bytes) -> BalanceKept:
        """Read a state record."""
        kind, *values = orjson.loads(raw)
        if kind == "waiting":
            clock, currency, deltas, at_ms, cause, correlation = values
            return WaitingKept(intern(clock), intern(currency), tuple(deltas), at_ms, cause, correlation)
        version, clock, balances, at_ms, cause, correlation = values
        read = tuple((intern(currency), tuple(amounts)) for currency, amounts in balances)
        return AccountKept(version, intern(clock), read, at_ms, cause, correlation)


def _arrived(event: Envelope[Any], movement: Movement) -> WaitingKept:
    return WaitingKept(intern(movement.clock), intern(movement.currency), _amounts(movement.deltas),
                       to_ms(movement.at), event.id, event.correlationid)


def _amounts(deltas: Deltas) -> Amounts:
    return deltas.pending, deltas.available, deltas.frozen, deltas.reserved, deltas.paid_out, deltas.arrears


def _moved(account: AccountKept | None, version: int, movement: WaitingKept) -> AccountKept:
    """Return the account after `movement`; its currencies stay in alphabetical order."""
    balances = dict(account.balances) if account else {}
    if any(movement.deltas) or movement.currency in balances:
        old, change = balances.get(movement.currency, ZERO), movement.deltas
        balances[movement.currency] = (old[0] + change[0], old[1] + change[1], old[2] + change[2],
                                       old[3] + change[3], old[4] + change[4], old[5] + change[5])
    return AccountKept(version, movement.clock, tuple(sorted(balances.items())), movement.at_ms, movement.cause,
                       movement.correlation)


def _waiting_key(account_id: str, version: int) -> str:
    return f"{account_id}/{version}"
