"""Hear how a deposit went: captured money is in escrow, a declined one is forgotten (C6)."""

from services.contracts.application.collections import CONTRACTS
from services.contracts.application.contract_events import keep
from services.contracts.application.finding import contract_of_event
from services.contracts.domain import deposits
from shared.events.contracts import DepositCaptured, DepositDeclined
from shared.events.envelope import Envelope
from shared.kernel.decisions import Accepted
from shared.persistence.group_commit import Handler
from shared.persistence.unit import Unit


async def deposit_captured(unit: Unit, event: Envelope[DepositCaptured]) -> None:
    """Put it into escrow; its milestone is active, and so is the contract."""
    deposit = event.data.object
    contract = await contract_of_event(unit, deposit.contract_id)
    decision = deposits.capture(contract, deposit.id, now=unit.now)
    if isinstance(decision, Accepted):
        keep(unit, contract, decision.value)


async def deposit_declined(unit: Unit, event: Envelope[DepositDeclined]) -> None:
    """Forget it: milestone and contract keep their status, and may be activated again."""
    deposit = event.data.object
    contract = await contract_of_event(unit, deposit.contract_id)
    decision = deposits.decline(contract, deposit.id)
    if isinstance(decision, Accepted):
        keep(unit, contract, decision.value)


HANDLERS = {
    "deposit.captured": Handler(deposit_captured, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
    "deposit.declined": Handler(deposit_declined, lambda event: [(CONTRACTS, event.data.object.contract_id)]),
}
