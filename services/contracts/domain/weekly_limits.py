"""Weekly limits: a raise counts at once, a cut from next Monday (T5). Must never bill or drop time: timesheets does."""

from dataclasses import replace

from services.contracts.domain.contracts import LIVING, Contract, WeeklyLimit
from services.contracts.domain.policies import Kind, Side
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import WEEK, Instant, week_of


def limit_in(contract: Contract, week: Instant) -> int | None:
    """Return the hours that count in the billing week which begins at `week`; None means no limit (T5)."""
    past = [each for each in contract.weekly_limits if each.from_week <= week]
    return past[-1].hours if past else None


def change(contract: Contract, hours: int | None, *, by: Side, now: Instant) -> Decision[Contract]:
    """Set the weekly limit; it replaces a cut that has not begun yet (T5). None lifts the limit: that is a raise."""
    if by is not Side.CLIENT:
        return not_a_party("client")
    if contract.kind is not Kind.HOURLY:
        return refuse(Code.NOT_OFFERED, f"A contract of kind {contract.kind.value} has no weekly limit.")
    if contract.status not in LIVING:
        return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")
    week = week_of(now)
    current = limit_in(contract, week)
    kept = tuple(each for each in contract.weekly_limits if each.from_week <= week)
    if hours == current:
        limits = kept
    elif _is_raise(current, hours):
        limits = (*(each for each in kept if each.from_week < week), WeeklyLimit(hours, week))
    else:
        limits = (*kept, WeeklyLimit(hours, week + WEEK))
    if limits == contract.weekly_limits:
        return AlreadyDone(contract)
    return Accepted(replace(contract, weekly_limits=limits))


def _is_raise(current: int | None, hours: int | None) -> bool:
    return hours is None or (current is not None and hours > current)
