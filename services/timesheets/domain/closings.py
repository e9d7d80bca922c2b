"""Closed weeks: what the lock makes of a contract's week, once (T6). Must never change after it was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.locks import lock_of
from services.timesheets.domain.protection import protected_segments
from services.timesheets.domain.sheets import CountedRow
from services.timesheets.domain.submissions import Submission, place_of
from shared.kernel.instants import Instant, parse_instant


@dataclass(frozen=True, slots=True)
class ClosedWeek:
    """One contract's week after its lock; `submission_id` where it had any hours."""

    id: str
    contract_id: str
    period_id: str
    week_start: Instant
    locked_at: Instant
    segments: int
    billable_segments: int
    submission_id: str | None
    protected_segments: int = 0


def week_id(contract_id: str, week_start: Instant) -> str:
    """Return the id of a contract's week."""
    return f"{contract_id}:{week_start:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class LockRef:
    """What a lock is about. It names the freelancer too, so that all its documents can be fetched together."""

    contract_id: str
    freelancer_id: str
    week_start: Instant

    def __str__(self) -> str:
        return f"{self.contract_id}:{self.freelancer_id}:{self.week_start:%Y-%m-%d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` has written."""
        contract_id, freelancer_id, day = text.split(":")
        return cls(contract_id, freelancer_id, parse_instant(f"{day}T00:00:00+00:00"))


def closed_week(
    contract: Contract, week_start: Instant, counted: Sequence[CountedRow], *, period_id: str, submission_id: str
) -> ClosedWeek:
    """Return the week as the lock leaves it: hours submitted if there are any, billable or not (T4 to T6)."""
    segments = sum(each.row.segments for each in counted)
    return ClosedWeek(
        id=week_id(contract.id, week_start), contract_id=contract.id, period_id=period_id, week_start=week_start,
        locked_at=lock_of(week_start), segments=segments,
        billable_segments=sum(each.billable_segments for each in counted),
        submission_id=submission_id if segments else None,
        protected_segments=sum(protected_segments(contract, each) for each in counted))


def hours_submission(contract: Contract, week: ClosedWeek, submission_id: str) -> Submission:
    """Return the hours of a closed week as they are submitted by the lock (T3, T4)."""
    return Submission(
        id=submission_id, clock=contract.clock, contract_id=contract.id, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, kind="hours", number=1, status="locked", submitted_at=week.locked_at,
        place=place_of(week.locked_at, submission_id), week_start=week.week_start,
        segments=week.segments, billable_segments=week.billable_segments, protected_segments=week.protected_segments)
