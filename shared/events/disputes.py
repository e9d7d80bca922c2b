"""Disputes (owner: disputes)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload


class Dispute(Payload):
    """A case about `amount` (gross) of one contract."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    status: Literal["open", "in_mediation", "in_arbitration", "resolved", "withdrawn"]
    about: Literal["hours", "escrow"]
    amount: MoneyField
    week_start: InstantField | None = None
    opened_at: InstantField
    to_freelancer: MoneyField | None = None
    to_client: MoneyField | None = None
    resolved_at: InstantField | None = None


class DisputeOpened(Change[Dispute]):
    """A dispute was filed: the contested money is frozen."""


class DisputeResolved(Change[Dispute]):
    """A dispute is decided, once and for good (D4)."""
