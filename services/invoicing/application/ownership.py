"""Who may act on what: strangers see the 404 of the unknown, the wrong side is refused (domain section 2)."""

from dataclasses import dataclass
from typing import Protocol

from shared.kernel.decisions import NotFound, Refusal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a party's id and whether it is an operator."""

    id: str
    operator: bool = False


class Owned(Protocol):
    """Anything between one client and one freelancer."""

    @property
    def client_id(self) -> str: ...
    @property
    def freelancer_id(self) -> str: ...


def require_client(owned: Owned | None, actor: Actor, what: str) -> None:
    """Let only the client act: the other party is NOT_A_PARTY, everybody else finds nothing."""
    if owned is None or actor.id not in (owned.client_id, owned.freelancer_id):
        raise NotFound(what)
    if actor.id != owned.client_id:
        raise Refusal("NOT_A_PARTY", "Only the client of this contract may do this.")


def require_sight(owned: Owned | None, actor: Actor, what: str) -> None:
    """Let both parties and operators see; everybody else finds nothing."""
    if owned is None or not (actor.operator or actor.id in (owned.client_id, owned.freelancer_id)):
        raise NotFound(what)
