"""Contracts and invoices for the rules' tests. Every default is a value that the rules allow."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.invoicing.domain.contracts import Cadence, Contract, HoldFloor, Kind, Terms
from services.invoicing.domain.invoices import Invoice, issue
from services.invoicing.domain.lines import bonus_line, hours_line
from shared.kernel.instants import parse_instant
from shared.kernel.money import Money

MONDAY = parse_instant("2026-02-16T00:00:00Z")
LOCK = parse_instant("2026-02-23T12:00:00Z")

TERMS = Terms(
    funding="billing_method", review_days=7, silence_approves=True, hours_review="objection", objection_days=4,
    hold_seconds=345_600, hours_hold_floor=HoldFloor.FRIDAY_AFTER_LOCK,
    fixed_rate_hold_floor=HoldFloor.FRIDAY_AFTER_LOCK, fixed_rate_first_week_prorated=False, bonus="next_cadence",
    bonus_days_after_end=0, freelancer_fee_basis_points=1000, client_fee_basis_points=500,
    initiation_fee=Money(499, "USD"),
)


def usd(text: str) -> Money:
    """Read dollars."""
    return Money.parse(text, "USD")


def at(text: str) -> datetime:
    """Read an instant of UTC."""
    return parse_instant(f"{text}Z" if "T" in text else f"{text}T00:00:00Z")


def terms(**changed: Any) -> Terms:
    """Return terms that differ from the default."""
    return replace(TERMS, **changed)


def contract(kind: Kind = Kind.HOURLY, **changed: Any) -> Contract:
    """Return an active contract."""
    fields: dict[str, Any] = {
        "id": "ct_one", "clock": "live", "revision": 1, "client_id": "cl_acme", "freelancer_id": "fr_mia",
        "profile": "any_hire", "kind": kind, "cadence": Cadence.WEEKLY, "currency": "USD", "status": "active",
        "terms": TERMS, "amount": usd("800.00"), "milestones": (), "hourly_rate": usd("45.00"),
        "rate": usd("500.00"), "accepted_at": MONDAY, "activated_at": MONDAY, "inactive_since": None,
        "ended_at": None, "employer_of_record": False,
    }
    return Contract(**{**fields, **changed})


def invoice(of: Contract | None = None, *, bonus: bool = False, **changed: Any) -> Invoice:
    """Return an open invoice of one hour, or of a bonus alone."""
    of = of or contract()
    line = bonus_line(of, line_id="line_one", gross=usd("45.00")) if bonus else hours_line(
        of, line_id="line_one", week_start=MONDAY, locked_at=LOCK, segments=6, hourly_rate=usd("45.00"))
    made = issue(of, (line,), invoice_id="inv_one", number=1, contract_number=1, issued_at=LOCK,
                 initiation_fee=usd("0.00"))
    return replace(made, **changed)
