"""Object to hours or a fixed rate, and take it back (I3). Must never decide about money: payouts lets the hold wait."""

from dataclasses import dataclass

from services.invoicing.application.collections import CONTRACTS, INVOICES
from services.invoicing.application.ownership import Actor, require_client
from services.invoicing.application.published import invoice_resource
from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.objections import end_objection, object_to, objectionable, offered
from shared.events.invoices import InvoiceObjected, InvoiceObjectionEnded
from shared.kernel.decisions import Accepted, NotFound, Refusal
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class ObjectToHours:
    """The client objects to the latest invoice of time of a contract."""

    actor: Actor
    contract_id: str
    note: str | None = None


async def object_to_hours(unit: Unit, command: ObjectToHours) -> Invoice:
    """Object inside the window; objecting twice is the same as once."""
    contract = await _contract(unit, command)
    decided = object_to(contract, await _latest_of_time(unit, contract), now=unit.now, note=command.note)
    invoice = decided.unwrap()
    if isinstance(decided, Accepted):
        unit.put(INVOICES, invoice)
        unit.emit(InvoiceObjected(object=invoice_resource(invoice)),
                  key=invoice.freelancer_id, subject=invoice.id, contract_id=invoice.contract_id)
    return invoice


async def withdraw_objection(unit: Unit, command: ObjectToHours) -> Invoice:
    """Withdraw every open objection of the contract; returns the latest invoice it was about."""
    contract = await _contract(unit, command)
    if not offered(contract):
        raise Refusal("NOT_OFFERED", "This contract has no objections.")
    objected = await unit.find(INVOICES, {"contract_id": contract.id, "objection_open": True}, sort="contract_number")
    if not objected:
        raise Refusal("NO_OBJECTION", "There is no open objection.")
    for invoice in objected:
        ended = end_objection(invoice).unwrap()
        unit.put(INVOICES, ended)
        unit.emit(InvoiceObjectionEnded(object=invoice_resource(ended)),
                  key=ended.freelancer_id, subject=ended.id, contract_id=ended.contract_id)
    return ended


async def _contract(unit: Unit, command: ObjectToHours) -> Contract:
    contract = await unit.get(CONTRACTS, command.contract_id)
    require_client(contract, command.actor, "contract")
    if contract is None:
        raise NotFound("contract")
    return contract


async def _latest_of_time(unit: Unit, contract: Contract) -> Invoice | None:
    invoices = await unit.find(INVOICES, {"contract_id": contract.id}, sort="-contract_number")
    return next((invoice for invoice in invoices if objectionable(invoice)), None)
