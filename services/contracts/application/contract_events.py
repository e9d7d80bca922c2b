"""Keeping a contract and telling about it: every published change carries the whole contract with its next revision.

Must never publish a change that readers cannot see, nor keep one that they should.
"""

from dataclasses import fields, replace
from typing import Any

from services.contracts.application.collections import CONTRACTS
from services.contracts.domain.contracts import Contract, Milestone, Status, WeeklyLimit
from services.contracts.domain.policies import Kind, Terms
from shared.events import contracts as events
from shared.events import terms as event_terms
from shared.events.fields import Change
from shared.persistence.unit import Unit

OVER = (Status.COMPLETED, Status.ENDED, Status.CANCELLED, Status.DECLINED, Status.EXPIRED)
_BY_STEP: dict[tuple[Status, Status], type[Change[events.Contract]]] = {
    (Status.DRAFTED, Status.SENT): events.ContractOffered,
    (Status.SENT, Status.ACCEPTED): events.ContractAccepted,
    (Status.ACCEPTED, Status.ACTIVE): events.ContractFunded,
    (Status.ACTIVE, Status.PAUSED): events.ContractPaused,
    (Status.PAUSED, Status.ACTIVE): events.ContractResumed,
}


def keep(unit: Unit, before: Contract | None, after: Contract) -> Contract:
    """Put the contract and publish what changed; returns it with its revision.

    What only this service needs to know (a deposit in flight, a failed invoice) is put without an event, and so is a
    draft: nobody else may see one.
    """
    earlier = None if before is None else resource_of(before)
    if after.status is Status.DRAFTED or earlier == resource_of(after):
        unit.put(CONTRACTS, after)
        return after
    numbered = replace(after, revision=after.revision + 1)
    unit.put(CONTRACTS, numbered)
    resource = resource_of(numbered)
    event = _event_of(before, numbered)(object=resource, previous=_previous(earlier, resource))
    unit.emit(event, key=numbered.freelancer_id, subject=numbered.id, contract_id=numbered.id)
    return numbered


def _event_of(before: Contract | None, after: Contract) -> type[Change[events.Contract]]:
    if before is None:
        return events.ContractOffered
    if after.status in OVER and before.status not in OVER:
        return events.ContractEnded
    return _BY_STEP.get((before.status, after.status), events.ContractAmended)


def _previous(earlier: events.Contract | None, now: events.Contract) -> dict[str, Any] | None:
    if earlier is None or earlier.revision == 0:
        return None
    changed = {name for name in type(now).model_fields if getattr(earlier, name) != getattr(now, name)}
    return earlier.model_dump(mode="json", include=changed - {"revision"})


def resource_of(contract: Contract) -> events.Contract:
    """Return the contract as it is published; the single payment's inner milestone stays inside."""
    published = contract.milestones if contract.kind is Kind.MILESTONES else ()
    return events.Contract(
        id=contract.id, clock=contract.clock, revision=contract.revision,
        client_id=contract.client_id, freelancer_id=contract.freelancer_id, profile=contract.profile,
        kind=contract.kind.value, cadence=contract.cadence.value if contract.cadence else None,
        currency=contract.currency, status=contract.status.value,
        funding_mode="escrow" if contract.prefunded else "billing_method",
        terms=_terms(contract.terms), amount=contract.amount,
        milestones=tuple(_milestone(each) for each in published),
        hourly_rate=contract.hourly_rate, rate=contract.rate,
        weekly_limits=tuple(_limit(each) for each in contract.weekly_limits), manual_time=contract.manual_time,
        escrow=contract.escrow.balance, offered_at=contract.offered_at, accepted_at=contract.accepted_at,
        activated_at=contract.activated_at, inactive_since=contract.inactive_since, ended_at=contract.ended_at,
        ended_reason=contract.ended_reason, refund_asked_at=contract.refund_asked_at,
        pauses=tuple(each.value for each in contract.pauses), employer_of_record=contract.employer_of_record,
    )


def _terms(terms: Terms) -> event_terms.Terms:
    return event_terms.Terms(**{each.name: getattr(terms, each.name) for each in fields(terms)})


def _milestone(milestone: Milestone) -> events.Milestone:
    return events.Milestone(
        id=milestone.id, title=milestone.title, amount=milestone.amount, status=milestone.status.value,
        deposit=milestone.deposit)


def _limit(limit: WeeklyLimit) -> events.WeeklyLimit:
    return events.WeeklyLimit(hours=limit.hours, from_week=limit.from_week)
