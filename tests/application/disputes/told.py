"""Events that the disputes service hears, as their owners would tell them."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from shared.events.catalogue import BY_PAYLOAD
from shared.events.contracts import Contract, ContractAccepted
from shared.events.envelope import Envelope
from shared.events.invoices import Invoice, InvoiceLine, InvoicePaid
from shared.events.parties import Party, PartyRegistered
from shared.events.terms import Terms
from shared.kernel.ids import derived_id
from shared.kernel.money import Money

NOW = datetime(2026, 2, 23, tzinfo=UTC)


def told(payload: BaseModel, key: str, number: int = 1) -> Envelope[Any]:
    """Wrap `payload` as its owner would; `number` is its sequence and tells it apart."""
    spec = BY_PAYLOAD[type(payload)]
    return Envelope(
        id=derived_id("evt", spec.topic, key, str(number)), source=f"/billing/{spec.owner}", type=spec.type,
        subject=key,
        time=NOW, dataschema=spec.dataschema, partitionkey=key, sequence=number, causationid="cmd_1",
        correlationid="cor_1", livemode=True, data=payload,
    )


def usd(cents: int) -> Money:
    """An amount of dollars."""
    return Money(cents, "USD")


def terms(profile: str) -> Terms:
    """The policy values that matter to disputes; the others are plausible."""
    disputes: Any = {"any_hire": "none", "direct": "assistance"}.get(profile, "mediation")
    return Terms(
        profile=profile, version="2026-01-01", funding="billing_method", review_days=14, silence_approves=True,
        hours_review="friday", objection_days=0, hold_seconds=432_000, hours_hold_floor="none",
        fixed_rate_hold_floor="none", fixed_rate_first_week_prorated=False, bonus="at_once", bonus_days_after_end=365,
        freelancer_fee_basis_points=1000, client_fee_basis_points=500, initiation_fee=usd(499),
        minimum_amount=usd(500), offer_days=30, escrow_question_days=7, disputes=disputes, protection=True,
    )


def contract(profile: str = "marketplace", **change: Any) -> Contract:
    """A contract of `cl_acme` and `fr_mia`."""
    return Contract(**{
        "id": f"ct_{profile.replace('_', '')}", "clock": "live", "revision": 1, "client_id": "cl_acme",
        "freelancer_id": "fr_mia", "profile": profile, "kind": "hourly", "cadence": "weekly", "currency": "USD",
        "status": "active", "funding_mode": "billing_method", "terms": terms(profile), "escrow": usd(0),
        "offered_at": NOW, **change})


def contract_told(profile: str = "marketplace", **change: Any) -> Envelope[Any]:
    """The acceptance of `contract(profile)`."""
    known = contract(profile, **change)
    return told(ContractAccepted(object=known), known.freelancer_id + known.id, known.revision)


def party_told(id: str, role: Any) -> Envelope[Any]:
    """The registration of a party."""
    return told(PartyRegistered(object=Party(id=id, role=role, clock="live", registered_at=NOW)), id)


def invoice_told() -> Envelope[Any]:
    """A paid week of 160.00."""
    line = InvoiceLine(id="iln_1", kind="hours", gross=usd(16_000), fee=usd(1_600), net=usd(14_400),
                       client_fee=usd(800), week_start=NOW, locked_at=NOW, segments=48, hourly_rate=usd(2_000))
    paid = Invoice(
        id="inv_1", clock="live", contract_id="ct_marketplace", client_id="cl_acme", freelancer_id="fr_mia",
        profile="marketplace", contract_kind="hourly", number=1, contract_number=1, status="paid", paid_from="charge",
        currency="USD", lines=(line,), gross=usd(16_000), fee=usd(1_600), net=usd(14_400), client_fee=usd(800),
        initiation_fee=usd(0), client_total=usd(16_800), hold_seconds=432_000, issued_at=NOW, paid_at=NOW,
    )
    return told(InvoicePaid(object=paid), "fr_mia")
