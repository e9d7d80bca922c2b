"""Give a bonus: on the next cadence invoice, or charged at once (I7). Must never bill one twice."""

from dataclasses import dataclass
from typing import Any

from services.invoicing.application.attempts import attempt_charge
from services.invoicing.application.close_period import wait_for_lock
from services.invoicing.application.collections import (
    CLIENTS,
    CONTRACT_BILLING,
    CONTRACTS,
    INVOICE_NUMBERS,
    WALLETS,
)
from services.invoicing.application.issuing import issue_invoice
from services.invoicing.application.ownership import Actor, require_client
from services.invoicing.domain.bonuses import may_give_bonus, rides_next_cadence
from services.invoicing.domain.cadences import next_cadence_lock
from services.invoicing.domain.lines import bonus_line
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import Instant
from shared.kernel.money import Money
from shared.persistence.collections import Collection
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class GiveBonus:
    """The client gives a bonus on a contract."""

    actor: Actor
    contract_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Bonus:
    """A bonus that was given: `bills_at` is the lock of its invoice, or `invoice_id` the invoice that charges it."""

    id: str
    contract_id: str
    amount: Money
    bills_at: Instant | None = None
    invoice_id: str | None = None


def reads(command: GiveBonus) -> list[tuple[Collection[Any], str]]:
    """The contract with its counters, and the client's own documents: read at once for a whole group."""
    client_id = command.actor.id
    return [(CONTRACTS, command.contract_id), (CONTRACT_BILLING, command.contract_id), (CLIENTS, client_id),
            (WALLETS, client_id), (INVOICE_NUMBERS, client_id)]


async def give_bonus(unit: Unit, command: GiveBonus) -> Bonus:
    """Give it, with the fees of the contract's terms."""
    contract = await unit.get(CONTRACTS, command.contract_id)
    require_client(contract, command.actor, "contract")
    if contract is None:
        raise NotFound("contract")
    client = await unit.get(CLIENTS, contract.client_id)
    amount = may_give_bonus(
        contract, command.amount, client_suspended=client is not None and client.suspended, now=unit.now).unwrap()
    if amount.currency != contract.currency:
        raise Refusal("CURRENCY_MISMATCH", f"The contract is in {contract.currency}.", status=422)
    bonus_id = unit.new_id("bon")
    line = bonus_line(contract, line_id=bonus_id, gross=amount)
    if rides_next_cadence(contract):
        lock = next_cadence_lock(unit.now, contract.cadence, began_at=contract.activated_at or unit.now)
        await wait_for_lock(unit, contract, line, lock)
        return Bonus(bonus_id, contract.id, amount, bills_at=lock)
    invoice = await issue_invoice(
        unit, contract, (line,), invoice_id=unit.derived_id("inv", bonus_id), issued_at=unit.now)
    await attempt_charge(unit, invoice)
    return Bonus(bonus_id, contract.id, amount, invoice_id=invoice.id)
