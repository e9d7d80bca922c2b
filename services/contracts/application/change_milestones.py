"""Add, propose, accept and edit milestones (C5)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract, own_milestone
from services.contracts.domain import milestones
from services.contracts.domain.contracts import Contract, Milestone
from shared.kernel.decisions import NotFound
from shared.kernel.money import Money
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class AddMilestone:
    """A milestone behind the others: the client's is planned, the freelancer's proposed."""

    party_id: str
    contract_id: str
    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AcceptMilestone:
    """The client accepts a proposal."""

    party_id: str
    contract_id: str
    milestone_id: str


@dataclass(frozen=True, slots=True)
class EditMilestone:
    """New title or amount of a future milestone; None keeps what is there."""

    party_id: str
    contract_id: str
    milestone_id: str
    title: str | None
    amount: Money | None


async def add_milestone(unit: Unit, command: AddMilestone) -> Milestone:
    """Put it behind the others."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    id = unit.new_id("ms")
    decision = milestones.add(contract, by=side, milestone_id=id, title=command.title, amount=command.amount)
    return _kept(keep(unit, contract, decision.unwrap()), id)


async def accept_milestone(unit: Unit, command: AcceptMilestone) -> Milestone:
    """Let it count."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    milestone = _named(contract, command.milestone_id)
    return _kept(keep(unit, contract, milestones.accept_proposal(contract, milestone, by=side).unwrap()), milestone.id)


async def edit_milestone(unit: Unit, command: EditMilestone) -> Milestone:
    """Change what has not begun."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    milestone = _named(contract, command.milestone_id)
    decision = milestones.edit(contract, milestone, by=side, title=command.title, amount=command.amount)
    return _kept(keep(unit, contract, decision.unwrap()), milestone.id)


def _named(contract: Contract, milestone_id: str) -> Milestone:
    if milestone_id == contract.id:   # The inside of a single payment is nobody's milestone.
        raise NotFound("milestone")
    return own_milestone(contract, milestone_id)


def _kept(contract: Contract, milestone_id: str) -> Milestone:
    return own_milestone(contract, milestone_id)
