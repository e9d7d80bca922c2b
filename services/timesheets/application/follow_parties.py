"""party.registered: keep a copy. Must never change one: contracts owns parties."""

from services.timesheets.application.collections import PARTIES
from services.timesheets.domain.parties import Party
from shared.events.envelope import Envelope
from shared.events.parties import PartyRegistered
from shared.persistence.unit import Unit


async def follow_party(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    """Remember who takes part, and on which clock."""
    party = event.data.object
    if await unit.get(PARTIES, party.id) is None:
        unit.put(PARTIES, Party(id=party.id, role=party.role, clock=party.clock, registered_at=party.registered_at))
