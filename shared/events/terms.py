"""Terms: the policy values that were frozen into a contract when it was accepted (domain section 1)."""

from typing import Literal

from shared.events.fields import MoneyField, Payload


class Terms(Payload):
    """Every window, hold, fee and default outcome that a contract lives by.

    Fees are basis points of the gross; windows are days of 24 hours; `hold_seconds` is the security period.
    """

    profile: str
    version: str
    funding: Literal["escrow", "billing_method"]
    """How single payments and milestones are funded; hours and fixed rate are always charged (I3)."""
    review_days: int
    """Review window of submitted work, already chosen by cadence (I2)."""
    silence_approves: bool
    hours_review: Literal["none", "friday", "objection"]
    """Review of hours: none, to Friday 23:59 UTC, or an objection window of `objection_days` (I3)."""
    objection_days: int
    hold_seconds: int
    hours_hold_floor: Literal["none", "wednesday_16_days", "friday_after_lock"]
    """Before this instant money of hours is never available (P1)."""
    fixed_rate_hold_floor: Literal["none", "wednesday_16_days", "friday_after_lock"]
    fixed_rate_first_week_prorated: bool
    bonus: Literal["next_cadence", "at_once"]
    bonus_days_after_end: int
    freelancer_fee_basis_points: int
    client_fee_basis_points: int
    initiation_fee: MoneyField
    minimum_amount: MoneyField
    offer_days: int
    escrow_question_days: int
    disputes: Literal["mediation", "assistance", "none"]
    protection: bool
