"""Telling that escrow has left, for an invoice or back to the client. Must never decide how much."""

from services.contracts.domain.contracts import Contract
from services.contracts.domain.escrows import Taken
from services.contracts.domain.policies import Kind
from shared.events import contracts as events
from shared.persistence.unit import Unit


def published_milestone_id(contract: Contract, milestone_id: str | None) -> str | None:
    """Return the milestone's id as others know it: a single payment has none."""
    return milestone_id if contract.kind is Kind.MILESTONES else None


def announce_release(
    unit: Unit, contract: Contract, taken: Taken, *, milestone_id: str | None, submission_id: str
) -> None:
    """Publish `escrow.released`: invoicing makes the invoice of the submission, and it is paid."""
    release = events.EscrowRelease(
        id=unit.derived_id("esc", contract.id, submission_id), clock=contract.clock, contract_id=contract.id,
        milestone_id=published_milestone_id(contract, milestone_id), submission_id=submission_id,
        client_id=contract.client_id, freelancer_id=contract.freelancer_id,
        amount=taken.amount, client_fee=taken.client_fee, released_at=unit.now)
    unit.emit(events.EscrowReleased(object=release), key=contract.freelancer_id, subject=release.id,
              contract_id=contract.id)


def announce_refund(unit: Unit, contract: Contract, taken: Taken) -> None:
    """Publish `escrow.refunded`: the amount goes back with its client fee (C8)."""
    refund = events.EscrowRefund(
        id=unit.derived_id("esr", contract.id, unit.cause), clock=contract.clock, contract_id=contract.id,
        client_id=contract.client_id, freelancer_id=contract.freelancer_id, amount=taken.amount,
        client_fee=taken.client_fee, total=taken.amount + taken.client_fee, refunded_at=unit.now)
    unit.emit(events.EscrowRefunded(object=refund), key=contract.freelancer_id, subject=refund.id,
              contract_id=contract.id)
