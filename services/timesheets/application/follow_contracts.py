"""contract.*: keep the copy with the highest revision and what is known of its activity; schedule the locks.

Events may come late, repeated and in any order. Must never decide about a contract: contracts does.
"""

from services.timesheets.application.collections import CONTRACTS
from services.timesheets.application.schedule_locks import schedule_locks
from services.timesheets.domain.activity import ActivityFact
from services.timesheets.domain.contracts import WITH_PERIODS, Contract, Milestone, WeeklyLimit, learned
from shared.events import contracts as published
from shared.events.envelope import Envelope
from shared.events.fields import Change
from shared.kernel.instants import Instant
from shared.persistence.unit import Unit


async def follow_contract(unit: Unit, event: Envelope[Change[published.Contract]]) -> None:
    """Learn from any event of a contract; locks of weeks in which it was active are scheduled (T6)."""
    known = await unit.get(CONTRACTS, event.data.object.id)
    contract = learned(known, copy_of(event.data.object, at=event.time))
    if contract == known:
        return
    unit.put(CONTRACTS, contract)
    if contract.has_periods:
        await schedule_locks(unit, contract)


def copy_of(contract: published.Contract, *, at: Instant) -> Contract:
    """Return what timesheets keeps of a contract as it was at `at`."""
    return Contract(
        id=contract.id, clock=contract.clock, revision=contract.revision, client_id=contract.client_id,
        freelancer_id=contract.freelancer_id, kind=contract.kind, status=contract.status,
        hourly_rate=contract.hourly_rate, manual_time=contract.manual_time,
        weekly_limits=tuple(WeeklyLimit(each.hours, each.from_week) for each in contract.weekly_limits),
        milestones=tuple(Milestone(each.id, each.status) for each in contract.milestones),
        activated_at=contract.activated_at, protection=contract.terms.protection, facts=_facts_of(contract, at))


def _facts_of(contract: published.Contract, at: Instant) -> tuple[ActivityFact, ...]:
    if contract.activated_at is None or contract.kind not in WITH_PERIODS:
        return ()
    active = contract.status == "active"
    since = at if active else contract.inactive_since or contract.ended_at or at
    return (ActivityFact(contract.revision, since, active),)
