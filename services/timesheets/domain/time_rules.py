"""May this time be logged, changed or taken back? One question after the other, in the order in which refusals answer.

Must never look at other time of the freelancer: overlaps and closed sheets are the sheet's to refuse.
"""

from services.timesheets.domain import refusals
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.entries import Source, TimeEntry
from services.timesheets.domain.locks import is_locked
from services.timesheets.domain.spans import Span, is_on_mark
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import Instant


def may_log(contract: Contract, by: str, source: Source, span: Span, now: Instant) -> Decision[Span]:
    """Decide on new time (C1, T2, T4): role, what is offered, the contract's state, the lock, the marks."""
    refused = _offered(contract, by, source) or _state(contract, span)
    if refused is None and any(is_locked(part.week_start, now) for part in span.weeks()):
        refused = refusals.WEEK_LOCKED
    return refused or _times(span, now) or Accepted(span)


def may_change(contract: Contract, by: str, old: TimeEntry, new: TimeEntry, now: Instant) -> Decision[TimeEntry]:
    """Decide on a change of logged time (C1, T2, T4): the closed week may be edited until its lock.

    Taking time away needs no active contract, adding some does. Where the entry reaches over a Monday and only its
    first week is locked, the rest may still change.
    """
    refused = _offered(contract, by, new.evidence.source)
    if refused is None and not old.span.contains(new.span):
        refused = _state(contract, new.span)
    if refused is None and _changes_locked_time(old, new, now):
        refused = refusals.WEEK_LOCKED
    return refused or _times(new.span, now) or Accepted(new)


def may_delete(contract: Contract, by: str, entry: TimeEntry, now: Instant) -> Decision[TimeEntry]:
    """Decide on taking an entry back: until the lock of its earliest week (T2)."""
    if by != contract.freelancer_id:
        return refusals.NOT_A_PARTY
    if any(is_locked(part.week_start, now) for part in entry.span.weeks()):
        return refusals.WEEK_LOCKED
    return Accepted(entry)


def _offered(contract: Contract, by: str, source: Source) -> Refused | None:
    if by != contract.freelancer_id:
        return refusals.NOT_A_PARTY
    if contract.kind != "hourly":
        return refusals.NOT_HOURLY
    if source == "manual" and not contract.manual_time:
        return refusals.MANUAL_TIME_NOT_ALLOWED
    return None


def _state(contract: Contract, span: Span) -> Refused | None:
    if not contract.is_active:
        return refusals.CONTRACT_NOT_ACTIVE
    if not contract.was_active_during(span):
        return refusals.TIME_WHILE_NOT_ACTIVE
    return None


def _changes_locked_time(old: TimeEntry, new: TimeEntry, now: Instant) -> bool:
    before, after = set(old.span.weeks()), set(new.span.weeks())
    locked = {part for part in before | after if is_locked(part.week_start, now)}
    if not locked:
        return False
    return locked >= before or old.evidence != new.evidence or not locked <= before & after


def _times(span: Span, now: Instant) -> Refused | None:
    if span.ended_at <= span.started_at:
        return refusals.TIME_IS_EMPTY
    if span.ended_at > now:
        return refusals.TIME_IN_FUTURE
    if not (is_on_mark(span.started_at) and is_on_mark(span.ended_at)):
        return refusals.TIME_NOT_ON_MARK
    return None
