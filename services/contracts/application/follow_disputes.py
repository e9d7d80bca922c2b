"""Hear of disputes: an open one pauses, a decided one about escrow moves it (D2, D3, D4)."""

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.end_contract import ESCROW_QUESTION, ESCROW_QUESTION_PHASE
from services.contracts.application.escrow_events import announce_refund, announce_release
from services.contracts.application.finding import contract_of_event
from services.contracts.domain import escrow_disputes, pauses
from services.contracts.domain.contracts import Contract
from shared.events.disputes import Dispute, DisputeOpened, DisputeResolved
from shared.events.envelope import Envelope
from shared.kernel.decisions import Accepted
from shared.persistence.group_commit import Handler
from shared.persistence.unit import Due, Unit


async def dispute_opened(unit: Unit, event: Envelope[DisputeOpened]) -> None:
    """Pause while it is open; a question about escrow waits for its decision."""
    dispute = event.data.object
    contract = await contract_of_event(unit, dispute.contract_id)
    decision = pauses.dispute_opened(contract, dispute.id, now=unit.now)
    if isinstance(decision, Accepted):
        keep(unit, contract, decision.value)


async def dispute_resolved(unit: Unit, event: Envelope[DisputeResolved]) -> None:
    """Resume, and split contested escrow as decided; may be heard before the dispute was opened."""
    dispute = event.data.object
    contract = await contract_of_event(unit, dispute.contract_id)
    decision = pauses.dispute_closed(contract, dispute.id)
    if not isinstance(decision, Accepted):
        return
    if dispute.about == "escrow" and dispute.to_freelancer is not None and dispute.to_client is not None:
        _split(unit, contract, decision.value, dispute)
        return
    kept = keep(unit, contract, decision.value)
    if kept.refund_question is not None:   # Its timer may have met the open dispute and let the question wait.
        due_at = max(kept.refund_question.ends_at, unit.now)
        unit.schedule(Due(ESCROW_QUESTION, kept.id, kept.clock, due_at, ESCROW_QUESTION_PHASE))


def _split(unit: Unit, before: Contract, contract: Contract, dispute: Dispute) -> None:
    if dispute.to_freelancer is None or dispute.to_client is None:
        raise ValueError(f"dispute {dispute.id} is resolved without amounts")
    split = escrow_disputes.split(contract, to_freelancer=dispute.to_freelancer, to_client=dispute.to_client)
    kept = keep(unit, before, split.contract)
    if split.released is not None:
        announce_release(unit, kept, split.released, milestone_id=split.milestone_id, submission_id=dispute.id)
    if split.refunded is not None:
        announce_refund(unit, kept, split.refunded)
    if kept.refund_question is None:
        unit.unschedule(ESCROW_QUESTION, kept.id)


HANDLERS = {
    "dispute.opened": Handler(dispute_opened, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
    "dispute.resolved": Handler(dispute_resolved, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
}
