"""Copies of what other services own: parties and contracts. Must never overwrite a newer revision with an older one."""

from dataclasses import fields, replace
from typing import Any

from services.invoicing.application.cadence_dues import look_again_at_waiting_lines
from services.invoicing.application.collections import CLIENTS, CONTRACTS, PARTIES
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.contracts import Cadence, Contract, HoldFloor, Kind, Milestone, Terms
from services.invoicing.domain.parties import Party
from shared.events import contracts as published
from shared.events.envelope import Envelope
from shared.events.fields import Change
from shared.events.parties import PartyRegistered
from shared.events.terms import Terms as PublishedTerms
from shared.persistence.unit import Early, Unit


async def copy_party(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    """Keep who takes part; a client begins in good standing."""
    party = event.data.object
    unit.put(PARTIES, Party(id=party.id, role=party.role, clock=party.clock))
    if party.role == "client" and await unit.get(CLIENTS, party.id) is None:
        unit.put(CLIENTS, ClientAccount(id=party.id, clock=party.clock))
    unit.arrived(f"party:{party.id}")


async def copy_contract(unit: Unit, event: Envelope[Change[published.Contract]]) -> None:
    """Keep the contract with the highest revision, and let the sequels go on that waited for it."""
    known = await unit.get(CONTRACTS, event.data.object.id)
    copy = contract_of(event.data.object)
    if known is not None:
        if known.revision >= copy.revision:
            return
        copy = replace(copy, resumed_at=known.resumed_at, paused_before=known.paused_before)
    if isinstance(event.data, published.ContractResumed):
        copy = replace(copy, resumed_at=event.time, paused_before=known.inactive_since if known else None)
    unit.put(CONTRACTS, copy)
    if copy.inactive_since is not None:
        await look_again_at_waiting_lines(unit, copy)
    if copy.accepted and (known is None or not known.accepted):
        unit.arrived(f"contract:{copy.id}")
    if copy.activated_at is not None and (known is None or known.activated_at is None):
        unit.arrived(f"activation:{copy.id}")
    settled_before = {milestone.id for milestone in known.milestones if milestone.settled} if known else set()
    for milestone in copy.milestones:
        if milestone.settled and milestone.id not in settled_before:
            unit.arrived(f"milestone:{milestone.id}")


async def accepted_contract(unit: Unit, contract_id: str) -> Contract:
    """Return the copy with its frozen terms; Early while it has not arrived."""
    contract = await unit.get(CONTRACTS, contract_id)
    if contract is None or not contract.accepted:
        raise Early(f"contract:{contract_id}")
    return contract


async def begun_contract(unit: Unit, contract_id: str) -> Contract:
    """Return the copy that knows when the contract began: what a first week costs depends on it (T8)."""
    contract = await unit.get(CONTRACTS, contract_id)
    if contract is None or contract.activated_at is None:
        raise Early(f"activation:{contract_id}")
    return contract


def contract_of(resource: published.Contract) -> Contract:
    """Take from the published contract what invoicing needs."""
    return Contract(
        id=resource.id, clock=resource.clock, revision=resource.revision, client_id=resource.client_id,
        freelancer_id=resource.freelancer_id, profile=resource.profile, kind=Kind(resource.kind),
        cadence=Cadence(resource.cadence or "weekly"), currency=resource.currency, status=resource.status,
        terms=_terms_of(resource.terms), amount=resource.amount,
        milestones=tuple(Milestone(item.id, item.amount, item.status) for item in resource.milestones),
        hourly_rate=resource.hourly_rate, rate=resource.rate, accepted_at=resource.accepted_at,
        activated_at=resource.activated_at, inactive_since=resource.inactive_since, ended_at=resource.ended_at,
        employer_of_record=resource.employer_of_record,
    )


def _terms_of(terms: PublishedTerms) -> Terms:
    named: dict[str, Any] = {field.name: getattr(terms, field.name) for field in fields(Terms)}
    named["hours_hold_floor"] = HoldFloor(terms.hours_hold_floor)
    named["fixed_rate_hold_floor"] = HoldFloor(terms.fixed_rate_hold_floor)
    return Terms(**named)
