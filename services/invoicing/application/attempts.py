"""One charge attempt of an invoice: decided here, asked of the gateway outside of any transaction (I5).

Must never call the gateway itself: it leaves an intent, which is asked until it is answered.
"""

from services.invoicing.application.answers import record_answer
from services.invoicing.application.collections import CHARGES, INVOICES, WALLETS
from services.invoicing.application.intents import CHARGE_INTENT
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus
from services.invoicing.domain.invoices import Invoice, begin_attempt
from shared.kernel.decisions import Accepted, Decision
from shared.kernel.money import Money
from shared.persistence.unit import Intent, Unit


def next_charge_id(unit: Unit, invoice: Invoice) -> str:
    """Return the id, and idempotency key, of the next attempt."""
    return unit.derived_id("chg", invoice.id, str(invoice.attempts + 1))


async def attempt_charge(unit: Unit, invoice: Invoice, *, by_hand: bool = False) -> Invoice:
    """Begin an attempt now; a paid invoice, or one whose answer is awaited, stays as it is."""
    begun = begin_attempt(invoice, charge_id=next_charge_id(unit, invoice), by_hand=by_hand, now=unit.now)
    return await ask_for(unit, begun, by_hand=by_hand)


async def ask_for(unit: Unit, begun: Decision[Invoice], *, by_hand: bool) -> Invoice:
    """Keep a begun attempt and promise the call; a client without a billing method declines without one."""
    invoice = begun.unwrap()
    if not isinstance(begun, Accepted) or invoice.open_charge_id is None:
        return invoice
    unit.put(INVOICES, invoice)
    wallet = await unit.get(WALLETS, invoice.client_id)
    charge = Charge(
        id=invoice.open_charge_id, clock=invoice.clock, kind=ChargeKind.INVOICE, subject_id=invoice.id,
        contract_id=invoice.contract_id, client_id=invoice.client_id, freelancer_id=invoice.freelancer_id,
        amount=invoice.client_total, billing_method_ids=wallet.method_ids if wallet else (),
        status=ChargeStatus.ASKED, asked_at=unit.now, by_hand=by_hand,
    )
    await promise(unit, charge)
    return await unit.get(INVOICES, invoice.id) or invoice


async def promise(unit: Unit, charge: Charge) -> None:
    """Keep the charge and promise the call; nothing to ask for, or nobody to ask, is answered at once."""
    unit.put(CHARGES, charge)
    if charge.amount <= Money.zero(charge.amount.currency):
        await record_answer(unit, charge, ChargeStatus.CAPTURED)
    elif not charge.billing_method_ids:
        await record_answer(unit, charge, ChargeStatus.DECLINED)
    else:
        unit.intend(Intent(CHARGE_INTENT, charge.id, charge.clock))
