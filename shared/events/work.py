"""Submissions, hours and weeks (owner: timesheets)."""

from typing import Literal

from shared.events.fields import Change, InstantField, MoneyField, Payload


class TimeEntry(Payload):
    """One stretch of 10-minute segments of one week; `billable_segments` is what the weekly limit lets through (T5)."""

    id: str
    started_at: InstantField
    ended_at: InstantField
    segments: int
    billable_segments: int
    protected_segments: int = 0
    """What of them qualifies for protection: none where the profile has no protection (T7)."""
    source: Literal["tracker", "manual"]
    has_memo: bool
    activity: int
    """0 is inactive; a segment qualifies for protection only above zero (T7)."""


class Submission(Payload):
    """Work handed in: a deliverable (`work`), or the hours of one week (`hours`, at the lock)."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    kind: Literal["work", "hours"]
    number: int
    """Counts the submissions of one contract or milestone: a resubmission has the next number (I2)."""
    milestone_id: str | None = None
    note: str | None = None
    submitted_at: InstantField
    week_start: InstantField | None = None
    entries: tuple[TimeEntry, ...] = ()
    segments: int = 0
    billable_segments: int = 0
    protected_segments: int = 0


class WorkSubmitted(Change[Submission]):
    """Work or a week of hours was handed in."""


class Period(Payload):
    """One closed billing week of one contract, once (T6), also when nothing was worked."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    week_start: InstantField
    week_end: InstantField
    locked_at: InstantField
    segments: int
    billable_segments: int
    protected_segments: int = 0
    submission_id: str | None = None
    hourly_rate: MoneyField | None = None


class PeriodClosed(Change[Period]):
    """A billing week was locked."""
