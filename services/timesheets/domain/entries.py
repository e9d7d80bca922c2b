"""Time entries: what a freelancer logged in one act, however long. Must never count what is billed: sheets do."""

from dataclasses import dataclass
from typing import Literal

from services.timesheets.domain.spans import Span
from shared.kernel.instants import Instant

Source = Literal["tracker", "manual"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the time: where it came from, what it was for, and how active it was (0 to 100) (T4, T7)."""

    source: Source
    memo: str | None
    activity: int

    @property
    def has_memo(self) -> bool:
        """Whether there is a memo that says anything (T7)."""
        return bool(self.memo and self.memo.strip())


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Consecutive segments of one freelancer on one contract; it may reach over a Monday."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    evidence: Evidence
    started_at: Instant
    ended_at: Instant
    logged_at: Instant
    client_in_good_standing: bool = True
    """Whether the client's charges went through when the time was logged (T7)."""

    @property
    def span(self) -> Span:
        """When it was worked."""
        return Span(self.started_at, self.ended_at)
