"""Builders of contracts, entries and instants for the tests of this service."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.timesheets.domain.activity import ActivityFact
from services.timesheets.domain.contracts import Contract, Kind, Milestone, WeeklyLimit
from services.timesheets.domain.entries import Evidence, TimeEntry
from services.timesheets.domain.spans import Span
from shared.kernel.instants import Instant, parse_instant
from shared.kernel.money import Money

MONDAY = parse_instant("2026-02-23T00:00:00Z")
LOCK = parse_instant("2026-03-02T12:00:00Z")
A_MILLISECOND = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

TRACKED = Evidence("tracker", "backend", 80)
MANUAL = Evidence("manual", "calls", 100)


def at(text: str) -> Instant:
    """Read `02-24 08:00` of 2026, UTC."""
    day, time = text.split()
    return parse_instant(f"2026-{day}T{time}:00+00:00" if time.count(":") == 1 else f"2026-{day}T{time}+00:00")


def span(start: str, end: str) -> Span:
    """Read a span of 2026, UTC."""
    return Span(at(start), at(end))


def contract(kind: Kind = "hourly", **changes: Any) -> Contract:
    """A contract that is active since Monday 2026-02-23."""
    built = Contract(
        id="ct_1", clock="live", revision=3, client_id="cl_acme", freelancer_id="fr_mia", kind=kind, status="active",
        hourly_rate=Money(4500, "USD"), manual_time=False, weekly_limits=(WeeklyLimit(None, MONDAY),), milestones=(),
        activated_at=MONDAY, facts=(ActivityFact(3, MONDAY, True),))
    return replace(built, **changes)


def with_milestones(*statuses: str) -> Contract:
    """A contract with milestones ms_1, ms_2, … in these statuses."""
    return contract("milestones", milestones=tuple(
        Milestone(f"ms_{number}", status) for number, status in enumerate(statuses, 1)))


def entry(start: str = "02-24 08:00", end: str = "02-24 10:00", evidence: Evidence = TRACKED, id: str = "te_1",
          contract_id: str = "ct_1") -> TimeEntry:
    """Time of the freelancer."""
    return TimeEntry(
        id=id, clock="live", contract_id=contract_id, client_id="cl_acme", freelancer_id="fr_mia", evidence=evidence,
        started_at=at(start), ended_at=at(end), logged_at=at(end))
