"""The values of the rule book's four programmes, its calendar and its rounding. Shares no code with the services."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY, WEEK = timedelta(days=1), timedelta(days=7)
NOON = timedelta(hours=12)
PAIRS_ANCHOR = datetime(2026, 2, 16, tzinfo=UTC)
DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
MINIMUM = {"USD": 500, "EUR": 500, "JPY": 500, "KWD": 1500}
INITIATION = {"USD": 499, "EUR": 499, "JPY": 500, "KWD": 1500}
PAYOUT_MINIMUM = {"USD": 500, "EUR": 500, "JPY": 5, "KWD": 5000}


@dataclass(frozen=True)
class Profile:
    """One row of section 1: fees in basis points, windows and holds in days."""

    started_by: str
    kinds: tuple[str, ...]
    prefunded: bool
    freelancer_fee: int
    client_fee: int
    initiation: bool
    hold_days: int
    silence: bool
    disputes: bool


ALL_KINDS = ("single", "milestones", "hourly", "fixed_rate")
PROFILES = {
    "marketplace": Profile("client", ALL_KINDS, True, 1000, 500, True, 5, True, True),
    "byo": Profile("client", ALL_KINDS, True, 1000, 500, False, 5, True, True),
    "direct": Profile("freelancer", ALL_KINDS[:3], True, 340, 300, False, 0, False, True),
    "any_hire": Profile("client", ALL_KINDS, False, 0, 0, False, 4, True, False),
}


def review_days(profile: str, cadence: str | None) -> int:
    """How long submitted work is reviewed."""
    if profile == "any_hire":
        return 7 if cadence == "weekly" else 14
    return 14


def half_up(numerator: int, denominator: int) -> int:
    """Round a non-negative fraction, the half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def monday(at: datetime) -> datetime:
    """The Monday 00:00 UTC at or before `at`."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def pair_end(week: datetime) -> datetime:
    """The Monday 00:00 that ends the pair of weeks in which `week` lies."""
    pairs = (week - PAIRS_ANCHOR) // (2 * WEEK)
    return PAIRS_ANCHOR + (pairs + 1) * 2 * WEEK


def first_week_percent(start: datetime) -> int:
    """What a fixed rate's first week counts on marketplace and byo."""
    return (100, 80, 60, 40, 20, 20, 20)[start.weekday()]


def runs_on(every: str, wednesday: datetime) -> bool:
    """Whether a payout schedule runs on that Wednesday."""
    last = (wednesday + WEEK).month != wednesday.month
    if every == "weekly":
        return True
    if every == "twice_monthly":
        return 1 <= wednesday.day <= 7 or 15 <= wednesday.day <= 21
    if every == "monthly":
        return last
    return every == "quarterly" and last and wednesday.month in (3, 6, 9, 12)


def written(minor: int, currency: str) -> str:
    """A decimal string."""
    digits = DIGITS[currency]
    if not digits:
        return str(minor)
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"
