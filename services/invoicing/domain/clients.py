"""Clients: standing, and what was captured from them minus what went back (I6). Must never mix currencies."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.money import Money


class Standing(StrEnum):
    """Whether a client's charges go through (I6)."""

    GOOD = "good"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class ClientAccount:
    """One client. `failed_invoice_ids` are unpaid after a failed charge; `charged` holds one amount per currency."""

    id: str
    clock: str
    status: Standing = Standing.GOOD
    revision: int = 0
    failed_invoice_ids: tuple[str, ...] = ()
    charged: tuple[Money, ...] = ()

    @property
    def suspended(self) -> bool:
        """Whether offers, activations and bonuses are refused (I6)."""
        return self.status is Standing.SUSPENDED


def add_charged(client: ClientAccount, amount: Money) -> ClientAccount:
    """Add what was captured, or with a negative amount what was refunded."""
    sums = {money.currency: money for money in client.charged}
    sums[amount.currency] = sums.get(amount.currency, Money.zero(amount.currency)) + amount
    return replace(client, charged=tuple(sums[currency] for currency in sorted(sums)))


def note_failed_invoice(client: ClientAccount, invoice_id: str) -> ClientAccount:
    """Remember an invoice whose charge failed, once (I6)."""
    if invoice_id in client.failed_invoice_ids:
        return client
    return replace(client, failed_invoice_ids=(*client.failed_invoice_ids, invoice_id))


def suspend(client: ClientAccount) -> Decision[ClientAccount]:
    """Suspend after the last daily retry failed (I6)."""
    if client.suspended:
        return AlreadyDone(client)
    return Accepted(replace(client, status=Standing.SUSPENDED, revision=client.revision + 1))


def note_paid_invoice(client: ClientAccount, invoice_id: str) -> ClientAccount:
    """Forget a failed invoice that was paid in the end (I6)."""
    left = tuple(other for other in client.failed_invoice_ids if other != invoice_id)
    return client if left == client.failed_invoice_ids else replace(client, failed_invoice_ids=left)


def reinstate(client: ClientAccount) -> Decision[ClientAccount]:
    """Reinstate once all failed invoices are paid (I6)."""
    if not client.suspended or client.failed_invoice_ids:
        return AlreadyDone(client)
    return Accepted(replace(client, status=Standing.GOOD, revision=client.revision + 1))
