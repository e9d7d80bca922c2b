"""Submissions: work handed in by hand, numbered per target, and the hours of a locked week (I2, T4).

Must never open or close a review window: invoicing owns those, its events are followed here.
"""

from dataclasses import dataclass, replace
from typing import Literal

from services.timesheets.domain import refusals
from services.timesheets.domain.contracts import OPEN_MILESTONES, Contract
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant, format_instant

Status = Literal["in_review", "changes_requested", "approved", "locked"]
"""`locked` is that of hours: submitted by the lock, reviewed per invoice."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Work handed in. `number` counts the submissions of one single payment or milestone from 1."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    kind: Literal["work", "hours"]
    number: int
    status: Status
    submitted_at: Instant
    place: str
    """Its place in the list of its contract: the instant, then the id."""
    milestone_id: str | None = None
    note: str | None = None
    decided_at: Instant | None = None
    week_start: Instant | None = None
    segments: int = 0
    billable_segments: int = 0
    protected_segments: int = 0


def place_of(submitted_at: Instant, submission_id: str) -> str:
    """Return the place of a submission among those of its contract."""
    return f"{format_instant(submitted_at)}|{submission_id}"


@dataclass(frozen=True, slots=True)
class Deliverable:
    """What work is handed in for, a single payment's contract or a milestone, and its latest submission.

    The guarded document that makes numbers gapless: two submissions at once both change it.
    """

    id: str
    contract_id: str
    number: int
    submission_id: str


def target_of(contract: Contract, milestone_id: str | None) -> str:
    """Return what is handed in: the milestone named, else the only one in work, else the contract."""
    if milestone_id is not None or contract.kind != "milestones":
        return milestone_id or contract.id
    in_work = [each.id for each in contract.milestones if each.status in OPEN_MILESTONES]
    return in_work[0] if len(in_work) == 1 else contract.id


def may_submit(contract: Contract, by: str, target: str, latest: Submission | None) -> Decision[int]:
    """Decide whether work may be handed in for `target`, and under which number (C1, C4, I2)."""
    if by != contract.freelancer_id:
        return refusals.NOT_A_PARTY
    if contract.kind not in ("single", "milestones"):
        return refusals.NO_SUBMISSIONS
    if contract.kind == "single" and target != contract.id:
        return refusals.NO_MILESTONES
    if not contract.is_active:
        return refusals.CONTRACT_NOT_ACTIVE
    if latest is not None and latest.status == "in_review":
        return refusals.ALREADY_IN_REVIEW
    if latest is not None and latest.status == "approved":
        return refusals.ALREADY_APPROVED
    if contract.kind == "milestones" and not _in_work(contract, target):
        return refusals.MILESTONE_NOT_ACTIVE
    return Accepted(1 if latest is None else latest.number + 1)


def _in_work(contract: Contract, target: str) -> bool:
    milestone = contract.milestone(target)
    return milestone is not None and milestone.status in OPEN_MILESTONES


def approved(submission: Submission, at: Instant) -> Decision[Submission]:
    """Follow an approval: it is final, whatever else is heard of this submission (I2)."""
    if submission.status == "approved":
        return AlreadyDone(submission)
    return Accepted(replace(submission, status="approved", decided_at=at))


def changes_requested(submission: Submission, at: Instant) -> Decision[Submission]:
    """Follow a request for changes; one about a submission that is decided is old news (I2)."""
    if submission.status != "in_review":
        return AlreadyDone(submission)
    return Accepted(replace(submission, status="changes_requested", decided_at=at))
