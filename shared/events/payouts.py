"""Payouts (owner: payouts)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload
from shared.events.funds import Movement


class Payout(Payload):
    """Money on its way out: `amount` leaves the balance, `fee` is kept, `amount − fee` goes to the rail (P2, P5)."""

    id: str
    clock: str
    account_id: str
    method_id: str
    method_kind: Literal["bank", "wire", "wallet", "card"]
    amount: MoneyField
    fee: MoneyField
    status: Literal["requested", "released", "settled", "failed", "returned"]
    requested_at: InstantField
    released_at: InstantField | None = None
    arrives_at: InstantField | None = None
    """An estimate by method."""
    finished_at: InstantField | None = None
    rail_reference: str | None = None
    failure: str | None = None


class PayoutChange(Change[Payout]):
    """A payout and the account movement that belongs to it."""

    movement: Movement


class PayoutRequested(PayoutChange):
    """The amount is reserved: available → reserved."""


class PayoutReleased(PayoutChange):
    """The rail has taken the payout; no balance changes."""


class PayoutSettled(PayoutChange):
    """The money arrived: reserved → paid out."""


class PayoutFailed(PayoutChange):
    """The rail refused it: reserved → available again."""


class PayoutReturned(PayoutChange):
    """The receiving side sent it back: the money is available again."""
