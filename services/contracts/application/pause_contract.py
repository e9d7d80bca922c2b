"""Pause and resume a contract at a party's wish (C2)."""

from dataclasses import dataclass

from services.contracts.application.contract_events import keep
from services.contracts.application.finding import own_contract
from services.contracts.domain import pauses
from services.contracts.domain.contracts import Contract
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class PauseContract:
    """Either party pauses or resumes."""

    party_id: str
    contract_id: str


async def pause_contract(unit: Unit, command: PauseContract) -> Contract:
    """Refuse new work until the contract is resumed."""
    contract, _ = await own_contract(unit, command.contract_id, command.party_id)
    return keep(unit, contract, pauses.pause(contract, now=unit.now).unwrap())


async def resume_contract(unit: Unit, command: PauseContract) -> Contract:
    """Lift the parties' pause; a failed charge or a dispute may keep it paused."""
    contract, _ = await own_contract(unit, command.contract_id, command.party_id)
    return keep(unit, contract, pauses.resume(contract, now=unit.now).unwrap())
