"""Who may see what: the parties of a contract their own, the operator all. Foreign looks the same as unknown: 404."""

from dataclasses import dataclass

from services.timesheets.application.collections import CONTRACTS, ENTRIES
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.entries import TimeEntry
from shared.kernel.decisions import NotFound
from shared.persistence.reading import Reading


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a party, or the operator, who sees everything and does nothing."""

    party_id: str
    sees_all: bool = False


async def contract_seen_by(reading: Reading, contract_id: str, viewer: Viewer) -> Contract:
    """Return the contract; NotFound where it is unknown, not known yet or not the viewer's."""
    contract = await reading.get(CONTRACTS, contract_id)
    if contract is None or not (viewer.sees_all or contract.is_party(viewer.party_id)):
        raise NotFound("contract")
    return contract


async def entry_seen_by(reading: Reading, entry_id: str, viewer: Viewer) -> tuple[TimeEntry, Contract]:
    """Return the time entry and its contract; NotFound as above."""
    entry = await reading.get(ENTRIES, entry_id)
    if entry is None or not (viewer.sees_all or viewer.party_id in (entry.client_id, entry.freelancer_id)):
        raise NotFound("time entry")
    return entry, await contract_seen_by(reading, entry.contract_id, viewer)
