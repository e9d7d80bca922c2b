"""Ask the gateway what was promised, and record its answer: call outside of any transaction, then one unit.

Must never decide: a lost answer is asked again with the same idempotency key, and the record takes only the first.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from services.invoicing.application.answers import record_answer
from services.invoicing.application.collections import CHARGES, CLIENTS, DEPOSITS, INVOICES
from services.invoicing.application.intents import CHARGE_INTENT, REFUND_INTENT
from services.invoicing.application.ports import ChargeRequest, ChargeResult, PaymentGateway, RefundRequest
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus
from shared.observability.failpoints import failpoint
from shared.persistence.collections import Collection
from shared.persistence.group_commit import Committer
from shared.persistence.records import IntentRow
from shared.persistence.unit import Unit


class ChargeLoader(Protocol):
    """Finds what was promised."""

    async def load(self, id: str) -> Charge:
        """Return the charge; LookupError where nobody promised it."""


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """What the gateway said about one charge or refund."""

    charge_id: str
    status: ChargeStatus
    billing_method_id: str | None = None


class GatewayCaller:
    """Carries out promises to the gateway, many at once."""

    def __init__(self, gateway: PaymentGateway, charges: ChargeLoader) -> None:
        self._gateway, self._charges = gateway, charges

    async def __call__(self, intent: IntentRow, committer: Committer) -> None:
        """Ask for one promised charge and record the answer; GatewayError leaves the promise open."""
        charge = await self._charges.load(intent.ref)
        answer = await ask_gateway(self._gateway, charge)
        failpoint("gateway_call_before_record")
        await committer.record(
            record_gateway_answer, answer, clock=intent.clock, cause=intent.id, reads=reads(charge))


async def ask_gateway(gateway: PaymentGateway, charge: Charge) -> GatewayAnswer:
    """Call the gateway; GatewayError where there is no answer yet."""
    if charge.kind is ChargeKind.REFUND:
        await gateway.refund(RefundRequest(charge.id, charge.client_id, charge.amount, charge.subject_id))
        return GatewayAnswer(charge.id, ChargeStatus.REFUNDED)
    outcome = await gateway.charge(ChargeRequest(
        charge.id, charge.client_id, charge.billing_method_ids, charge.amount, charge.subject_id))
    captured = outcome.result is ChargeResult.CAPTURED
    return GatewayAnswer(
        charge.id, ChargeStatus.CAPTURED if captured else ChargeStatus.DECLINED, outcome.billing_method_id)


def reads(charge: Charge) -> list[tuple[Collection[Any], str]]:
    """The charge, what it pays and whom it is charged to."""
    known: list[tuple[Collection[Any], str]] = [(CHARGES, charge.id), (CLIENTS, charge.client_id)]
    if charge.kind is ChargeKind.INVOICE:
        known.append((INVOICES, charge.subject_id))
    elif charge.kind is ChargeKind.DEPOSIT:
        known.append((DEPOSITS, charge.subject_id))
    return known


async def record_gateway_answer(unit: Unit, answer: GatewayAnswer) -> None:
    """Record the answer and close the intent, in one transaction."""
    charge = await unit.get(CHARGES, answer.charge_id)
    if charge is None:
        raise LookupError(f"the gateway answered for {answer.charge_id}, which nobody promised")
    await record_answer(unit, charge, answer.status, billing_method_id=answer.billing_method_id)
    unit.close_intent(REFUND_INTENT if charge.kind is ChargeKind.REFUND else CHARGE_INTENT, charge.id)
