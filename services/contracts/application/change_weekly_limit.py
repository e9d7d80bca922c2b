"""Set the weekly limit of an hourly contract (T5)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract
from services.contracts.domain import weekly_limits
from services.contracts.domain.contracts import Contract
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class ChangeWeeklyLimit:
    """Hours per week from now on; None lifts the limit."""

    party_id: str
    contract_id: str
    hours: int | None


async def change_weekly_limit(unit: Unit, command: ChangeWeeklyLimit) -> Contract:
    """Publish the limit's new history with `contract.amended`."""
    contract, side = await own_contract(unit, command.contract_id, command.party_id)
    return keep(unit, contract, weekly_limits.change(contract, command.hours, by=side, now=unit.now).unwrap())
