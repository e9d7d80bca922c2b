"""Holds, account movements and balances (owner: payouts)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload


class Deltas(Payload):
    """Signed changes of one account's balances, integer minor units."""

    pending: int = 0
    available: int = 0
    frozen: int = 0
    reserved: int = 0
    paid_out: int = 0
    arrears: int = 0


class Movement(Payload):
    """One movement of one account: `version` counts them without gaps from 1."""

    account_id: str
    clock: str
    version: int
    currency: str
    deltas: Deltas
    entry_id: str | None
    at: InstantField


class Hold(Payload):
    """Earned money that waits for the calendar; `version` counts the changes of this hold from 1 (P1, P7)."""

    id: str
    version: int
    account_id: str
    clock: str
    contract_id: str
    invoice_id: str
    amount: MoneyField
    """What is still held: pending plus frozen."""
    frozen: MoneyField
    state: Literal["pending", "matured", "refunded"]
    blocked_by: tuple[Literal["objection", "dispute"], ...] = ()
    """While not empty the hold does not mature, whatever its due instant."""
    reason: Literal["security_period", "objection", "dispute"]
    rule: str
    started_at: InstantField
    due_at: InstantField
    caused_by: str
    """Id of the event that made the hold."""


class HoldChange(Change[Hold]):
    """A hold and the account movement that changed it, together."""

    movement: Movement


class FundsHeld(HoldChange):
    """Paid money is held for its security period."""


class FundsAvailable(HoldChange):
    """A hold has matured: its money may be asked for."""


class FundsFrozen(HoldChange):
    """A hold, or a part of it, is blocked by an objection or a dispute."""


class FundsUnfrozen(HoldChange):
    """The block on a hold is gone."""


class FundsRefunded(HoldChange):
    """A part of a hold went back to the client."""


class DueHold(Payload):
    """A hold whose time has come on its clock."""

    hold_id: str
    hold_version: int
    account_id: str
    clock: str
    due_at: InstantField
    now: InstantField
    """Business time of the tick; never before `due_at`."""


class HoldDue(Change[DueHold]):
    """The processor `holds` says that a hold's time has come; the books judge again."""


class CurrencyBalance(Payload):
    """One currency of one account, integer minor units."""

    currency: str
    pending: int = 0
    available: int = 0
    frozen: int = 0
    reserved: int = 0
    paid_out: int = 0
    arrears: int = 0


class Balance(Payload):
    """An account's balances in all its currencies, as of movement `version`."""

    account_id: str
    clock: str
    version: int
    balances: tuple[CurrencyBalance, ...]


class BalanceUpdated(Change[Balance]):
    """The balances of an account, computed from the log by the processor `balances`."""
