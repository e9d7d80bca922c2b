"""What the API takes and gives. Must never hold a rule beyond the shape of a request."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.timesheets.domain.spans import MARKS_PER_WEEK
from shared.web.schemas import IdIn, InstantIn, InstantOut, RequestModel, TextIn

SEGMENTS_MAX = 2 * MARKS_PER_WEEK
"""Two weeks: what is older is locked in any case."""

SourceIn = Annotated[Literal["tracker", "manual"], Field(description="Manual time is never protected (T4, T7).")]
ActivityIn = Annotated[int, Field(ge=0, le=100, description="How active the time was; 0 is idle (T7).")]
SegmentsIn = Annotated[int, Field(ge=1, le=SEGMENTS_MAX, description="Consecutive segments of ten minutes.")]

_LOGGED: JsonDict = {"source": "tracker", "memo": "backend", "activity": 80,
           "started_at": "2026-02-24T08:00:00.000Z", "ended_at": "2026-02-24T10:00:00.000Z"}


class LogTimeIn(RequestModel):
    """Time to log: `segments` of which the last ends now, or `started_at` and `ended_at` on 10-minute marks."""

    model_config = ConfigDict(json_schema_extra={
        "examples": [_LOGGED, {"source": "tracker", "memo": "backend", "segments": 12}]})

    source: SourceIn
    memo: TextIn | None = None
    activity: ActivityIn = 100
    segments: SegmentsIn | None = None
    started_at: InstantIn | None = None
    ended_at: InstantIn | None = None

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> Self:
        both = self.started_at is not None and self.ended_at is not None
        if (self.segments is not None) == both or (self.started_at is None) != (self.ended_at is None):
            raise ValueError("say either segments, or started_at and ended_at")
        if self.started_at is not None and self.ended_at is not None and self.ended_at <= self.started_at:
            raise ValueError("ended_at must lie after started_at")
        return self


class ChangeTimeIn(RequestModel):
    """New fields of an entry; what is not named stays. `segments` moves the start, the end stays where it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"memo": "backend, with tests", "segments": 10}]})

    source: SourceIn | None = None
    memo: TextIn | None = None
    activity: ActivityIn | None = None
    segments: SegmentsIn | None = None
    started_at: InstantIn | None = None
    ended_at: InstantIn | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field")
        if any(getattr(self, name) is None for name in self.model_fields_set - {"memo"}):
            raise ValueError("only the memo can be taken away")
        if self.segments is not None and self.started_at is not None:
            raise ValueError("say either segments or started_at")
        return self


class SubmitWorkIn(RequestModel):
    """Work to hand in; without `milestone_id` the milestone in work is meant, or the single payment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "final files"}]})

    milestone_id: IdIn | None = None
    note: TextIn | None = None


ProtectedOut = Annotated[int, Field(examples=[12], description="What of them qualifies for protection (T7).")]


class PartOut(BaseModel):
    """What of an entry lies in one billing week."""

    week_start: InstantOut
    started_at: InstantOut
    ended_at: InstantOut
    segments: int = Field(examples=[12])
    billable_segments: int = Field(examples=[12])
    protected_segments: ProtectedOut
    locked: bool


class TimeEntryOut(BaseModel):
    """A time entry. Segments over the weekly limit stay visible and are never billed (T5)."""

    id: str = Field(examples=["te_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str = Field(examples=["ct_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    freelancer_id: str = Field(examples=["fr_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    source: Literal["tracker", "manual"]
    memo: str | None
    activity: int = Field(examples=[80])
    started_at: InstantOut
    ended_at: InstantOut
    logged_at: InstantOut
    segments: int = Field(examples=[12])
    billable_segments: int = Field(examples=[12])
    protected_segments: ProtectedOut
    over_limit_segments: int = Field(examples=[0])
    parts: list[PartOut]


class TimeEntriesOut(BaseModel):
    """A page of time entries, in order of time."""

    items: list[TimeEntryOut]
    next_cursor: str | None


class WeekOut(BaseModel):
    """A billing week: Monday 00:00 UTC to the next, locked twelve hours later (T1, T2)."""

    contract_id: str = Field(examples=["ct_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    week_start: InstantOut
    week_end: InstantOut
    locks_at: InstantOut
    locked: bool
    closed: bool = Field(description="Its period is published.")
    segments: int = Field(examples=[240])
    billable_segments: int = Field(examples=[240])
    protected_segments: ProtectedOut
    over_limit_segments: int = Field(examples=[0])
    limit_hours: int | None = Field(examples=[40])
    period_id: str | None
    submission_id: str | None


class WeeksOut(BaseModel):
    """A page of weeks, in order of time."""

    items: list[WeekOut]
    next_cursor: str | None


class SubmittedTimeOut(BaseModel):
    """What of an entry was submitted with its week."""

    id: str
    started_at: InstantOut
    ended_at: InstantOut
    segments: int
    billable_segments: int
    protected_segments: ProtectedOut
    source: Literal["tracker", "manual"]
    has_memo: bool
    activity: int


class SubmissionOut(BaseModel):
    """Work handed in, or the hours of a locked week. Review windows are shown by invoicing."""

    id: str = Field(examples=["sub_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    contract_id: str = Field(examples=["ct_01jnq8v3k5e7z9x2c4b6n8m0qr"])
    milestone_id: str | None
    kind: Literal["work", "hours"]
    number: int = Field(examples=[1])
    status: Literal["in_review", "changes_requested", "approved", "locked"]
    note: str | None
    submitted_at: InstantOut
    decided_at: InstantOut | None
    week_start: InstantOut | None
    segments: int
    billable_segments: int
    protected_segments: ProtectedOut
    entries: list[SubmittedTimeOut] = Field(default=[], description="Of one submission of hours, not in lists.")


class SubmissionsOut(BaseModel):
    """A page of submissions, in order of time."""

    items: list[SubmissionOut]
    next_cursor: str | None
