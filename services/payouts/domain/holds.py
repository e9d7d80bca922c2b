"""Holds: earned money that waits for the calendar. Must never mature early, twice or blocked (P1, invariants 3, 4).

A hold is pending until it has matured or was refunded. A part of it may be frozen by a dispute while the rest keeps
maturing (D2); an objection blocks the whole of it without moving it (I3).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import Instant
from shared.kernel.money import Money

HOLD_IS_BLOCKED = "HOLD_IS_BLOCKED"
HOLD_STILL_RUNNING = "HOLD_STILL_RUNNING"


class HoldState(StrEnum):
    """Pending until everything has matured, or went back to the client."""

    PENDING = "pending"
    MATURED = "matured"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class HeldLine:
    """The part of one invoice line in a hold: with it the money is followed back to the work (P7)."""

    id: str
    kind: str
    net: Money
    week_start: Instant | None = None
    submission_id: str | None = None


class Block(StrEnum):
    """Why the calendar is stopped."""

    OBJECTION = "objection"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of one invoice; `amount` is what is still held (pending plus frozen), `earned` what it began with."""

    id: str
    version: int
    account_id: str
    clock: str
    contract_id: str
    invoice_id: str
    earned: Money
    amount: Money
    frozen: Money
    state: HoldState
    blocked_by: tuple[Block, ...]
    rule: str
    started_at: Instant
    due_at: Instant
    caused_by: str
    matured_at: Instant | None = None
    open_objections: int = 0
    lines: tuple[HeldLine, ...] = ()

    @property
    def free(self) -> Money:
        """What matures when the calendar says so: held and not frozen."""
        return self.amount - self.frozen

    @property
    def reason(self) -> Literal["security_period", "objection", "dispute"]:
        """Why the money is not available yet (P7)."""
        return self.blocked_by[0].value if self.blocked_by else "security_period"


@dataclass(frozen=True, slots=True)
class Matured:
    """A hold after maturing, and the money that it set free."""

    hold: Hold
    amount: Money


def mature(hold: Hold, *, now: Instant) -> Decision[Matured]:
    """Turn a hold whose waiting time is over into available money; a part under dispute stays (P1, D2)."""
    if hold.state is not HoldState.PENDING:
        return AlreadyDone(Matured(hold, Money.zero(hold.amount.currency)))  # A second timer run is normal.
    if hold.blocked_by:
        return Refused(HOLD_IS_BLOCKED, f"blocked by {hold.reason}")  # An objection or a dispute outranks the calendar.
    if now < hold.due_at:
        return Refused(HOLD_STILL_RUNNING, f"due at {hold.due_at.isoformat()}")
    return Accepted(Matured(_after_maturing(hold, now), hold.free))


def note_objection(hold: Hold, *, change: int) -> Hold:
    """Count an objection (+1) or its end (−1): a pending hold is blocked while more began than ended (I3).

    The end may be heard before its beginning, so both are counted. The version grows only where the block changes.
    """
    hold = replace(hold, open_objections=hold.open_objections + change)
    blocked = hold.open_objections > 0
    if hold.state is not HoldState.PENDING or blocked == (Block.OBJECTION in hold.blocked_by):
        return hold
    others = tuple(block for block in hold.blocked_by if block is not Block.OBJECTION)
    blocks = (Block.OBJECTION, *others) if blocked else others
    return replace(hold, version=hold.version + 1, blocked_by=blocks)


def freeze(hold: Hold, amount: Money) -> Hold:
    """Freeze `amount` of what is free for a dispute; a hold with nothing left to mature is blocked (D2)."""
    if not Money.zero(amount.currency) < amount <= hold.free:
        raise ValueError(f"{amount} of {hold.free} cannot be frozen")
    return _with_frozen(hold, hold.amount, hold.frozen + amount)


def unfreeze(hold: Hold, amount: Money) -> Hold:
    """Give `amount` back to the calendar: it keeps its original due instant (D4)."""
    if not Money.zero(amount.currency) < amount <= hold.frozen:
        raise ValueError(f"{amount} of {hold.frozen} cannot be set free")
    return _with_frozen(hold, hold.amount, hold.frozen - amount)


def give_back(hold: Hold, *, from_free: Money, from_frozen: Money) -> Hold:
    """Shrink a hold by money that goes back to the client, from its free and its frozen part (I9, D4)."""
    if from_free > hold.free or from_frozen > hold.frozen:
        raise ValueError(f"{from_free} and {from_frozen} are more than {hold.id} holds")
    return _with_frozen(hold, hold.amount - from_free - from_frozen, hold.frozen - from_frozen)


def _after_maturing(hold: Hold, now: Instant) -> Hold:
    if hold.frozen:
        return _with_frozen(replace(hold, matured_at=now), hold.frozen, hold.frozen)
    return replace(hold, version=hold.version + 1, amount=Money.zero(hold.amount.currency), state=HoldState.MATURED,
                   matured_at=now)


def _with_frozen(hold: Hold, amount: Money, frozen: Money) -> Hold:
    blocks: list[Block] = [block for block in hold.blocked_by if block is not Block.DISPUTE]
    if amount and frozen == amount:
        blocks.append(Block.DISPUTE)
    state = hold.state
    if not amount:
        state = HoldState.MATURED if hold.matured_at else HoldState.REFUNDED
    return replace(hold, version=hold.version + 1, amount=amount, frozen=frozen, blocked_by=tuple(blocks), state=state)
