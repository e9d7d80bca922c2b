"""Deposits: activating a milestone or a single payment, and what the client is charged for it (C4, C6, C7).

Must never put money into escrow before it is captured.
"""

from dataclasses import dataclass, replace

from services.contracts.domain.contracts import Contract, Deposit, Milestone, MilestoneStatus, Status
from services.contracts.domain.milestones import OPEN_TO_CHANGES, change_milestone, next_planned
from services.contracts.domain.policies import Kind, Side
from services.contracts.domain.refusals import Code, not_a_party, refuse
from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Activation:
    """The contract after an activation, and the deposit that is to be charged first; None where none is due."""

    contract: Contract
    deposit: Deposit | None


def activate(
    contract: Contract, milestone: Milestone, *, by: Side, client_suspended: bool, deposit_id: str, now: Instant
) -> Decision[Activation]:
    """Activate the next milestone, or fund the single payment; at most one at a time (C4).

    What an earlier milestone left in escrow lowers the deposit (C7). The milestone stays planned while its deposit is
    being charged.
    """
    if by is not Side.CLIENT:
        return not_a_party("client")
    if not (contract.prefunded or contract.kind is Kind.MILESTONES):
        return refuse(Code.NOT_OFFERED, "There is nothing to activate on this contract.")
    if client_suspended:
        return refuse(Code.CLIENT_SUSPENDED, "The client has unpaid invoices.")
    if contract.status not in OPEN_TO_CHANGES:
        return refuse(Code.CONTRACT_NOT_ACTIVE, f"The contract is {contract.status.value}.")
    if contract.milestone_in_work is not None or contract.deposit is not None:
        return refuse(Code.MILESTONE_ALREADY_ACTIVE, "Another milestone is active, or being activated.")
    if milestone != next_planned(contract):
        return refuse(Code.MILESTONE_OUT_OF_ORDER, "Milestones are activated in the order of their creation.")
    deposit = deposit_for(contract, milestone, deposit_id=deposit_id, now=now)
    if deposit is None:
        return Accepted(Activation(_in_work(contract, milestone, Money.zero(contract.currency), now), None))
    return Accepted(Activation(replace(contract, deposit=deposit), deposit))


def deposit_for(contract: Contract, milestone: Milestone, *, deposit_id: str, now: Instant) -> Deposit | None:
    """Return what has to be charged before `milestone` is active (C6, C7).

    None where escrow holds enough or is not used.
    """
    missing = milestone.amount - contract.escrow.balance
    if not contract.prefunded or missing.amount_minor <= 0:
        return None
    fee = missing.share(contract.terms.client_fee_basis_points)
    zero = Money.zero(contract.currency)
    initiation = zero if contract.initiation_charged else contract.terms.initiation_fee
    return Deposit(deposit_id, milestone.id, missing, fee, initiation, now)


def capture(contract: Contract, deposit_id: str, *, now: Instant) -> Decision[Contract]:
    """Put a captured deposit into escrow: its milestone is active, and so is the contract (C2, C6).

    ValueError for a deposit that this contract never asked for: that is a bug, not a refusal.
    """
    deposit = contract.deposit
    if contract.escrow.holds(deposit_id):
        return AlreadyDone(contract)
    if deposit is None or deposit.id != deposit_id:
        raise ValueError(f"contract {contract.id} is not waiting for deposit {deposit_id}")
    milestone = next(each for each in contract.milestones if each.id == deposit.milestone_id)
    funded = replace(
        contract,
        escrow=contract.escrow.add(deposit.id, deposit.amount, deposit.client_fee),
        deposit=None,
        initiation_charged=contract.initiation_charged or bool(deposit.initiation_fee),
    )
    return Accepted(_in_work(funded, milestone, deposit.amount, now))


def decline(contract: Contract, deposit_id: str) -> Decision[Contract]:
    """Forget a declined deposit: milestone and contract keep their status, and may be activated again (C6)."""
    if contract.deposit is None or contract.deposit.id != deposit_id:
        return AlreadyDone(contract)
    return Accepted(replace(contract, deposit=None))


def _in_work(contract: Contract, milestone: Milestone, charged: Money, now: Instant) -> Contract:
    active = replace(milestone, status=MilestoneStatus.ACTIVE, deposit=charged)
    changed = change_milestone(contract, active)
    if contract.status is not Status.ACCEPTED:
        return changed
    return replace(changed, status=Status.ACTIVE, activated_at=now)
