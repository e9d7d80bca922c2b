"""The copy of a contract: what timesheets needs to know of it. Must never be edited here: contracts owns it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from services.timesheets.domain.activity import ActiveSpan, ActivityFact, active_spans, with_fact
from services.timesheets.domain.spans import SEGMENTS_PER_HOUR, Span
from shared.kernel.instants import Instant
from shared.kernel.money import Money

Kind = Literal["single", "milestones", "hourly", "fixed_rate"]

WITH_PERIODS = ("hourly", "fixed_rate")
"""Kinds that are billed by the week (T6)."""

OPEN_MILESTONES = ("active", "submitted")
"""A milestone that was handed in is still the one in work until its release."""


@dataclass(frozen=True, slots=True)
class WeeklyLimit:
    """`hours` per week from the week that begins at `from_week`; None means no limit (T5)."""

    hours: int | None
    from_week: Instant


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is known of a milestone."""

    id: str
    status: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as of `revision`, and since its first event the facts of when it was active."""

    id: str
    clock: str
    revision: int
    client_id: str
    freelancer_id: str
    kind: Kind
    status: str
    hourly_rate: Money | None
    manual_time: bool
    weekly_limits: tuple[WeeklyLimit, ...]
    milestones: tuple[Milestone, ...]
    activated_at: Instant | None
    protection: bool = False
    """Whether its profile protects hours that qualify (T7)."""
    facts: tuple[ActivityFact, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether new work may be done now (C1)."""
        return self.status == "active"

    @property
    def has_periods(self) -> bool:
        """Whether its weeks are closed by the lock (T6): single payments and milestones are billed by submission."""
        return self.kind in WITH_PERIODS

    def is_party(self, party_id: str) -> bool:
        """Return whether the contract is between `party_id` and someone."""
        return party_id in (self.client_id, self.freelancer_id)

    def milestone(self, milestone_id: str) -> Milestone | None:
        """Return the milestone with this id."""
        return next((each for each in self.milestones if each.id == milestone_id), None)

    def active_spans(self) -> tuple[ActiveSpan, ...]:
        """Return when it was active, as far as is known."""
        return active_spans(self.activated_at, self.facts)

    def active_weeks(self, until: Instant) -> Iterator[Instant]:
        """Yield the Mondays of all weeks, up to that of `until`, in which it was active at any instant (T6)."""
        last: Instant | None = None
        for span in self.active_spans():
            for week_start in span.weeks(until):
                if last is None or week_start > last:   # Two spans may touch one week.
                    yield week_start
                    last = week_start

    def was_active_in(self, week_start: Instant) -> bool:
        """Return whether it was active at any instant of the week (T6)."""
        return any(span.touches_week(week_start) for span in self.active_spans())

    def was_active_during(self, span: Span) -> bool:
        """Return whether it was active all through `span` (C1)."""
        return any(
            each.started_at <= span.started_at and (each.ended_at is None or span.ended_at <= each.ended_at)
            for each in self.active_spans())

    def limit_segments_in(self, week_start: Instant) -> int | None:
        """Return how many segments of the week may be billed, None without a limit.

        The last decision that holds in the week counts: a raise from its own week, a cut from the next Monday (T5).
        """
        limits = [limit for limit in self.weekly_limits if limit.from_week <= week_start]
        if not limits or limits[-1].hours is None:
            return None
        return limits[-1].hours * SEGMENTS_PER_HOUR


def learned(known: Contract | None, news: Contract) -> Contract:
    """Return what is known after an event: the highest revision, and every fact of both (any order, any repeats)."""
    if known is None:
        return news
    newest = news if news.revision > known.revision else known
    facts = known.facts
    for fact in news.facts:
        facts = with_fact(facts, fact)
    return replace(newest, facts=facts)
