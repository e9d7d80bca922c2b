"""Activate a milestone or fund a single payment: ask for its deposit, or begin at once (C4, C6, C7)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.escrow_events import published_milestone_id
from services.contracts.application.finding import is_suspended, own_contract, own_milestone
from services.contracts.domain import deposits
from services.contracts.domain.contracts import Contract, Deposit
from services.contracts.domain.policies import Kind, Side
from services.contracts.domain.refusals import Code
from shared.events import contracts as events
from shared.kernel.decisions import NotFound, Refusal
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class ActivateMilestone:
    """The client activates a milestone; None stands for the single payment."""

    party_id: str
    contract_id: str
    milestone_id: str | None


async def activate_milestone(unit: Unit, command: ActivateMilestone) -> Contract:
    """Guarded by the contract's document: of two at once exactly one wins (C4)."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    if command.milestone_id == contract.id:   # The inside of a single payment is nobody's milestone.
        raise NotFound("milestone")
    if command.milestone_id is None and contract.kind is not Kind.SINGLE:
        raise Refusal(*_not_one_payment(contract, side))
    milestone = own_milestone(contract, command.milestone_id)
    activation = deposits.activate(
        contract, milestone, by=side, client_suspended=await is_suspended(unit, contract.client_id),
        deposit_id=unit.new_id("dep"), now=unit.now).unwrap()
    kept = keep(unit, contract, activation.contract)
    if activation.deposit is not None:
        _request(unit, kept, activation.deposit)
    return kept


def _not_one_payment(contract: Contract, side: Side) -> tuple[str, str]:
    if side is not Side.CLIENT:
        return Code.NOT_A_PARTY.value, "Only the client of this contract may do that."
    return Code.NOT_OFFERED.value, f"A contract of kind {contract.kind.value} is not one payment."


def _request(unit: Unit, contract: Contract, deposit: Deposit) -> None:
    requested = events.Deposit(
        id=deposit.id, clock=contract.clock, contract_id=contract.id,
        milestone_id=published_milestone_id(contract, deposit.milestone_id),
        client_id=contract.client_id, freelancer_id=contract.freelancer_id, amount=deposit.amount,
        client_fee=deposit.client_fee, initiation_fee=deposit.initiation_fee, total=deposit.total,
        status="requested", requested_at=deposit.requested_at)
    unit.emit(events.DepositRequested(object=requested), key=contract.freelancer_id, subject=deposit.id,
              contract_id=contract.id)
