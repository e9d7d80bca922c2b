"""Charges and refunds through the gateway: one record per call, whose id is the idempotency key.

Must never be asked under another id for the same attempt, nor with another amount.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant
from shared.kernel.money import Money


class ChargeKind(StrEnum):
    """What the money is for."""

    INVOICE = "invoice"
    DEPOSIT = "deposit"
    REFUND = "refund"
    """Money back to the client."""


class ChargeStatus(StrEnum):
    """What the gateway said."""

    ASKED = "asked"
    CAPTURED = "captured"
    DECLINED = "declined"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Charge:
    """One call to the gateway. `subject_id` is the invoice, deposit or escrow refund that it is for."""

    id: str
    clock: str
    kind: ChargeKind
    subject_id: str
    contract_id: str
    client_id: str
    freelancer_id: str
    amount: Money
    billing_method_ids: tuple[str, ...]
    """In the order in which they are tried (I5)."""
    status: ChargeStatus
    asked_at: Instant
    by_hand: bool = False
    answered_at: Instant | None = None
    billing_method_id: str | None = None


def answer(
    charge: Charge, status: ChargeStatus, *, now: Instant, billing_method_id: str | None = None
) -> Decision[Charge]:
    """Record the gateway's answer, once: a second one changes nothing."""
    if charge.status is not ChargeStatus.ASKED:
        return AlreadyDone(charge)
    return Accepted(replace(charge, status=status, answered_at=now, billing_method_id=billing_method_id))
