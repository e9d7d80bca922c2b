"""Keep a copy of a party, and open a freelancer's account (party.registered)."""

from services.payouts.application.collections import ACCOUNTS, PARTIES, PROFILES, Party
from services.payouts.domain.accounts import Account
from services.payouts.domain.profiles import PayoutProfile
from shared.events.envelope import Envelope
from shared.events.parties import PartyRegistered
from shared.persistence.collections import Collection
from shared.persistence.unit import Unit


def reads(event: Envelope[PartyRegistered]) -> list[tuple[Collection[Party] | Collection[Account], str]]:
    """The documents that the event touches."""
    return [(PARTIES, event.data.object.id), (ACCOUNTS, event.data.object.id)]


async def register_party(unit: Unit, event: Envelope[PartyRegistered]) -> None:
    """Remember who it is; money may have arrived for a freelancer before, then its account exists already."""
    party = event.data.object
    if await unit.get(PARTIES, party.id) is None:
        unit.put(PARTIES, Party(id=party.id, role=party.role, clock=party.clock))
    if party.role != "freelancer":
        return
    if await unit.get(ACCOUNTS, party.id) is None:
        unit.put(ACCOUNTS, Account(id=party.id, clock=party.clock))
    if await unit.get(PROFILES, party.id) is None:
        unit.put(PROFILES, PayoutProfile(id=party.id, clock=party.clock))
