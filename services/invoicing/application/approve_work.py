"""Approve submitted work, by the client or by silence (I2). Must never pay: escrow is released by contracts alone.

Where the contract is charged after approval the invoice is made here; a prefunded one waits for `escrow.released`.
"""

from dataclasses import dataclass

from services.invoicing.application.attempts import attempt_charge
from services.invoicing.application.collections import REVIEWS
from services.invoicing.application.copies import accepted_contract
from services.invoicing.application.issuing import charge_in_its_phase, issue_invoice
from services.invoicing.application.open_review import REVIEW_DUE
from services.invoicing.application.ownership import Actor, require_client
from services.invoicing.application.published import review_resource
from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.lines import submission_line
from services.invoicing.domain.reviews import Review, approve, approve_by_silence
from shared.events.invoices import WorkApproved
from shared.kernel.decisions import Accepted, NotFound
from shared.kernel.money import Money
from shared.persistence.unit import Due, Unit


@dataclass(frozen=True, slots=True)
class ApproveWork:
    """The client approves a submission; `amount` is less than the whole where the rest stays in escrow (C7)."""

    actor: Actor
    submission_id: str
    amount: Money | None = None
    note: str | None = None


async def approve_work(unit: Unit, command: ApproveWork) -> Review:
    """Approve inside the window, and charge at once where the profile charges after approval."""
    review = await unit.get(REVIEWS, command.submission_id)
    require_client(review, command.actor, "submission")
    if review is None:
        raise NotFound("submission")
    contract = await accepted_contract(unit, review.contract_id)
    approved = approve(
        review, prefunded=contract.prefunded, now=unit.now, amount=command.amount, note=command.note).unwrap()
    invoice = await _keep_approval(unit, contract, approved)
    if invoice is not None:
        await attempt_charge(unit, invoice)
    return approved


async def approve_by_silence_at_end(unit: Unit, due: Due) -> None:
    """Approve what nobody decided; the charge follows after all review ends of this instant (I2, I4)."""
    review = await unit.get(REVIEWS, due.ref)
    if review is None:
        return
    approved = approve_by_silence(review, now=unit.now)
    if not isinstance(approved, Accepted):
        return
    invoice = await _keep_approval(unit, await accepted_contract(unit, review.contract_id), approved.value)
    if invoice is not None:
        charge_in_its_phase(unit, invoice, at=due.due_at)


async def _keep_approval(unit: Unit, contract: Contract, review: Review) -> Invoice | None:
    """Keep and publish the approval; return the invoice where it is charged after approval."""
    unit.put(REVIEWS, review)
    unit.unschedule(REVIEW_DUE, review.id)
    unit.emit(WorkApproved(object=review_resource(review)),
              key=review.freelancer_id, subject=review.id, contract_id=review.contract_id)
    if contract.prefunded:
        return None
    line = submission_line(
        contract, line_id=unit.derived_id("line", review.id), submission_id=review.id,
        milestone_id=review.milestone_id, gross=review.approved_amount)
    return await issue_invoice(
        unit, contract, (line,), invoice_id=unit.derived_id("inv", review.id),
        issued_at=review.decided_at or unit.now)
