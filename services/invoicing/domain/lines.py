"""Invoice lines: gross, both fees, net. Must never round more than once per line (I8)."""

from dataclasses import dataclass
from enum import StrEnum

from services.invoicing.domain.cadences import cadence_lock, cadence_start
from services.invoicing.domain.contracts import Cadence, Contract, HoldFloor
from shared.kernel.instants import WEEK, Instant, week_of
from shared.kernel.money import Money

SEGMENTS_PER_HOUR = 6

_FIRST_WEEK_PERCENT = (100, 80, 60, 40, 20, 20, 20)
"""What a contract that starts on Monday, Tuesday … Sunday is paid of its first week's fixed rate (T8)."""


class LineKind(StrEnum):
    """What a line bills."""

    HOURS = "hours"
    FIXED_RATE = "fixed_rate"
    SUBMISSION = "submission"
    BONUS = "bonus"


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line: net = gross − fee; `client_fee` comes on top of gross."""

    id: str
    kind: LineKind
    gross: Money
    fee: Money
    net: Money
    client_fee: Money
    week_start: Instant | None = None
    locked_at: Instant | None = None
    segments: int | None = None
    hourly_rate: Money | None = None
    submission_id: str | None = None
    milestone_id: str | None = None
    hold_floor: HoldFloor = HoldFloor.NONE


def _freelancer_fee(contract: Contract, gross: Money) -> Money:
    """Return the fee, half-up once; an employee's time goes without it to the employer of record (C10)."""
    if contract.employer_of_record:
        return Money.zero(gross.currency)
    return gross.share(contract.terms.freelancer_fee_basis_points)


def hours_line(
    contract: Contract, *, line_id: str, week_start: Instant, locked_at: Instant, segments: int, hourly_rate: Money
) -> InvoiceLine:
    """Bill one week of hours: segments × rate / 6, half-up once per line, not per segment (I8)."""
    gross = hourly_rate.times(segments, SEGMENTS_PER_HOUR)
    fee = _freelancer_fee(contract, gross)
    return InvoiceLine(
        line_id, LineKind.HOURS, gross, fee, gross - fee, gross.share(contract.terms.client_fee_basis_points),
        week_start=week_start, locked_at=locked_at, segments=segments, hourly_rate=hourly_rate,
        hold_floor=contract.terms.hours_hold_floor,
    )


def fixed_rate_gross(contract: Contract, rate: Money, week_start: Instant) -> Money:
    """Return what the cadence of the week costs (T8).

    The full rate; half of it where the contract began in the second week of a pair. Where the first week is pro-rated
    by its start day, that week's share of the rate (all of it, or one of the two halves of a pair) is.
    """
    begun, start = contract.activated_at, cadence_start(week_start, contract.cadence)
    weeks = 2 if contract.cadence is Cadence.BI_WEEKLY else 1
    if begun is None or begun < start:
        return rate
    first_week = week_of(begun)
    percent = _FIRST_WEEK_PERCENT[begun.weekday()] if contract.terms.fixed_rate_first_week_prorated else 100
    later_weeks = weeks - 1 - (first_week - start) // WEEK
    return rate.times(percent + 100 * later_weeks, 100 * weeks)


def fixed_rate_line(contract: Contract, *, line_id: str, week_start: Instant, rate: Money) -> InvoiceLine:
    """Bill one cadence of a fixed rate: no hours, no review, one line (T8)."""
    gross = fixed_rate_gross(contract, rate, week_start)
    fee = _freelancer_fee(contract, gross)
    return InvoiceLine(
        line_id, LineKind.FIXED_RATE, gross, fee, gross - fee, gross.share(contract.terms.client_fee_basis_points),
        week_start=week_start, locked_at=cadence_lock(week_start, contract.cadence),
        hold_floor=contract.terms.fixed_rate_hold_floor,
    )


def submission_line(
    contract: Contract, *, line_id: str, submission_id: str, milestone_id: str | None, gross: Money,
    client_fee: Money | None = None,
) -> InvoiceLine:
    """Bill one approved submission; from escrow its `client_fee` was paid with the deposit and is given (C6)."""
    fee = _freelancer_fee(contract, gross)
    if client_fee is None:
        client_fee = gross.share(contract.terms.client_fee_basis_points)
    return InvoiceLine(
        line_id, LineKind.SUBMISSION, gross, fee, gross - fee, client_fee,
        submission_id=submission_id, milestone_id=milestone_id,
    )


def bonus_line(contract: Contract, *, line_id: str, gross: Money) -> InvoiceLine:
    """Bill one bonus with the fees of its contract (I7)."""
    fee = _freelancer_fee(contract, gross)
    return InvoiceLine(
        line_id, LineKind.BONUS, gross, fee, gross - fee, gross.share(contract.terms.client_fee_basis_points))
