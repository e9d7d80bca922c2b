"""Parties: who takes part, in which role, on which clock; what is known about a client and about a pair (C11, I6)."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.instants import Instant


class Role(StrEnum):
    """What a party may be."""

    CLIENT = "client"
    FREELANCER = "freelancer"
    MEDIATOR = "mediator"
    OPERATOR = "operator"


PREFIXES = {Role.CLIENT: "cl", Role.FREELANCER: "fr", Role.MEDIATOR: "me", Role.OPERATOR: "op"}


@dataclass(frozen=True, slots=True)
class Party:
    """One party. Name and address stay here: events carry ids only."""

    id: str
    role: Role
    clock: str
    registered_at: Instant
    name: str | None = None
    email: str | None = None
    guest: bool = False
    """Invited by e-mail, without an account of its own (C9)."""


@dataclass(frozen=True, slots=True)
class ClientStanding:
    """Whether a client's charges failed for good, as last heard (I6); a lower revision is older news."""

    id: str
    suspended: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A client and a freelancer: the profiles under which they have or had a contract (C11).

    Written at every acceptance, so that two acceptances of one pair never pass each other unseen.
    """

    id: str
    profiles: tuple[str, ...]
    contracts: int


def pair_id(client_id: str, freelancer_id: str) -> str:
    """Return the id of the pair."""
    return f"{client_id}:{freelancer_id}"
