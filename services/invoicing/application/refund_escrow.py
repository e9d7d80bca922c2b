"""Give escrow back to the client (C8): the money's own way out. Must never decide what escrow goes back."""

from services.invoicing.application.collections import CHARGES
from services.invoicing.application.intents import REFUND_INTENT
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus
from shared.events.contracts import EscrowRefunded
from shared.events.envelope import Envelope
from shared.persistence.unit import Intent, Unit


async def refund_escrow(unit: Unit, event: Envelope[EscrowRefunded]) -> None:
    """Promise the refund of escrow and of the client fee that was paid on it."""
    refund = event.data.object
    if not refund.total:
        return
    charge = Charge(
        id=unit.derived_id("chg", refund.id), clock=refund.clock, kind=ChargeKind.REFUND, subject_id=refund.id,
        contract_id=refund.contract_id, client_id=refund.client_id, freelancer_id=refund.freelancer_id,
        amount=refund.total, billing_method_ids=(), status=ChargeStatus.ASKED, asked_at=unit.now,
    )
    unit.put(CHARGES, charge)
    unit.intend(Intent(REFUND_INTENT, charge.id, charge.clock))
