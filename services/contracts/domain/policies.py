"""Policy profiles: dated, versioned values, and the terms that a contract takes from them (section 1).

A profile version is data; this file says what a version is and how it becomes one contract's terms. It must never
hold a fee, a window or a hold of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from shared.kernel.currencies import exponent_of
from shared.kernel.instants import Instant
from shared.kernel.money import Money

Funding = Literal["escrow", "billing_method"]
HoursReview = Literal["none", "friday", "objection"]
HoldFloor = Literal["none", "wednesday_16_days", "friday_after_lock"]
BonusTiming = Literal["next_cadence", "at_once"]
Disputes = Literal["mediation", "assistance", "none"]


class Kind(StrEnum):
    """What is agreed: one payment, milestones, hours, or a set amount per period."""

    SINGLE = "single"
    MILESTONES = "milestones"
    HOURLY = "hourly"
    FIXED_RATE = "fixed_rate"


class Cadence(StrEnum):
    """How often periods are invoiced."""

    WEEKLY = "weekly"
    BI_WEEKLY = "bi_weekly"


class Side(StrEnum):
    """The two sides of a contract."""

    CLIENT = "client"
    FREELANCER = "freelancer"

    @property
    def other(self) -> "Side":
        """The one across the table."""
        return Side.FREELANCER if self is Side.CLIENT else Side.CLIENT


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy values that one contract lives by, whatever later versions say; field for field as published."""

    profile: str
    version: str
    funding: Funding
    review_days: int
    silence_approves: bool
    hours_review: HoursReview
    objection_days: int
    hold_seconds: int
    hours_hold_floor: HoldFloor
    fixed_rate_hold_floor: HoldFloor
    fixed_rate_first_week_prorated: bool
    bonus: BonusTiming
    bonus_days_after_end: int
    freelancer_fee_basis_points: int
    client_fee_basis_points: int
    initiation_fee: Money
    minimum_amount: Money
    offer_days: int
    escrow_question_days: int
    disputes: Disputes
    protection: bool


@dataclass(frozen=True, slots=True)
class AmountTable:
    """A fixed amount in every currency: by code where the table names it, else by the digits of its minor unit."""

    by_exponent: Mapping[int, int]
    by_currency: Mapping[str, int]

    def offers(self, currency: str) -> bool:
        """Whether the table has an amount in `currency`."""
        return currency in self.by_currency or exponent_of(currency) in self.by_exponent

    def amount_in(self, currency: str) -> Money:
        """Return the amount; KeyError where the table has none."""
        minor = self.by_currency.get(currency)
        return Money(self.by_exponent[exponent_of(currency)] if minor is None else minor, currency)


@dataclass(frozen=True, slots=True)
class ProfileVersion:
    """One dated version of one profile. A labelled version is never chosen by date, only by its name."""

    profile: str
    version: str
    effective: date
    labelled: bool
    started_by: Side
    kinds: tuple[Kind, ...]
    cadence_for: tuple[Kind, ...]
    """The kinds whose cadence the offer chooses; other hours are weekly."""
    not_after_profiles: tuple[str, ...]
    """A pair that has or had a contract of one of these is refused (C11)."""
    by_mail: bool
    """The other side is invited by e-mail and may accept as a guest (C9)."""
    funding: Funding
    review_days: Mapping[str, int]
    """By cadence, or under `any` where the cadence does not matter."""
    silence_approves: bool
    hours_review: Mapping[Kind, HoursReview]
    objection_days: int
    hold_seconds: int
    hold_floor: Mapping[Kind, HoldFloor]
    fixed_rate_first_week_prorated: bool
    bonus: Mapping[Kind, BonusTiming]
    bonus_days_after_end: int
    freelancer_fee_basis_points: int
    client_fee_basis_points: int
    initiation_fee: AmountTable
    minimum_amount: AmountTable
    offer_days: int
    escrow_question_days: int
    disputes: Disputes
    protection: bool

    def offers_currency(self, currency: str) -> bool:
        """Whether every fixed amount of this version is known in `currency`."""
        return self.initiation_fee.offers(currency) and self.minimum_amount.offers(currency)

    def terms(self, kind: Kind, cadence: Cadence | None, currency: str) -> Terms:
        """Return what a contract of `kind` and `cadence` in `currency` freezes."""
        by_cadence = self.review_days.get(cadence.value) if cadence else None
        return Terms(
            profile=self.profile,
            version=self.version,
            funding=self.funding,
            review_days=self.review_days.get("any", 0) if by_cadence is None else by_cadence,
            silence_approves=self.silence_approves,
            hours_review=self.hours_review.get(kind, "none"),
            objection_days=self.objection_days,
            hold_seconds=self.hold_seconds,
            hours_hold_floor=self.hold_floor.get(Kind.HOURLY, "none"),
            fixed_rate_hold_floor=self.hold_floor.get(Kind.FIXED_RATE, "none"),
            fixed_rate_first_week_prorated=self.fixed_rate_first_week_prorated,
            bonus=self.bonus.get(kind, "at_once"),
            bonus_days_after_end=self.bonus_days_after_end,
            freelancer_fee_basis_points=self.freelancer_fee_basis_points,
            client_fee_basis_points=self.client_fee_basis_points,
            initiation_fee=self.initiation_fee.amount_in(currency),
            minimum_amount=self.minimum_amount.amount_in(currency),
            offer_days=self.offer_days,
            escrow_question_days=self.escrow_question_days,
            disputes=self.disputes,
            protection=self.protection,
        )


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All versions of all profiles, oldest first within a profile."""

    versions: tuple[ProfileVersion, ...]

    def of(self, profile: str) -> Sequence[ProfileVersion]:
        """Every version of `profile`, oldest first; empty where nobody knows it."""
        return [version for version in self.versions if version.profile == profile]

    def in_force(self, profile: str, at: Instant) -> ProfileVersion | None:
        """Return the version that counts for what is agreed at `at` (UTC date); None before the first one."""
        dated = [each for each in self.of(profile) if not each.labelled and each.effective <= at.date()]
        return dated[-1] if dated else None

    def named(self, profile: str, version: str) -> ProfileVersion | None:
        """Return the version of that very name."""
        return next((each for each in self.of(profile) if each.version == version), None)
