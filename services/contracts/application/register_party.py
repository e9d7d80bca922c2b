"""Register a party, on the live clock or bound to a test clock."""

from dataclasses import dataclass

from services.contracts.application.collections import PARTIES
from services.contracts.domain.parties import PREFIXES, Party, Role
from shared.events import parties as events
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class RegisterParty:
    """Who takes part; the unit's clock becomes the party's."""

    role: Role
    name: str | None = None
    email: str | None = None
    guest: bool = False


async def register_party(unit: Unit, command: RegisterParty) -> Party:
    """Keep the party and tell every service its role and clock."""
    party = Party(
        id=unit.new_id(PREFIXES[command.role]), role=command.role, clock=unit.clock, registered_at=unit.now,
        name=command.name, email=command.email, guest=command.guest,
    )
    unit.put(PARTIES, party)
    published = events.Party(id=party.id, role=party.role.value, clock=party.clock, registered_at=party.registered_at)
    unit.emit(events.PartyRegistered(object=published), key=party.id, subject=party.id)
    return party
