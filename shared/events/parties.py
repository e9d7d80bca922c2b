"""Parties: who takes part, in which role, on which clock (owner: contracts)."""

from typing import Literal

from shared.events.fields import Change, InstantField, Payload

Role = Literal["client", "freelancer", "mediator", "operator"]


class Party(Payload):
    """A party; ids only, no names or addresses. `clock` is "live" or a test clock's id."""

    id: str
    role: Role
    clock: str
    registered_at: InstantField


class PartyRegistered(Change[Party]):
    """A party was registered."""
