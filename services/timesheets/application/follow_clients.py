"""client.suspended and client.reinstated: keep the newest standing of a client (I6, T7). Must never judge it."""

from services.timesheets.application.collections import CLIENTS
from services.timesheets.domain.clients import ClientStanding, learned
from shared.events.envelope import Envelope
from shared.events.invoices import ClientReinstated, ClientSuspended
from shared.persistence.unit import Unit


async def follow_client(unit: Unit, event: Envelope[ClientSuspended] | Envelope[ClientReinstated]) -> None:
    """Learn how a client stands."""
    client = event.data.object
    known = await unit.get(CLIENTS, client.id)
    standing = learned(known, ClientStanding(client.id, client.status == "suspended", client.revision))
    if standing != known:
        unit.put(CLIENTS, standing)


async def is_in_good_standing(unit: Unit, client_id: str) -> bool:
    """Return how a client stands, as far as heard."""
    standing = await unit.get(CLIENTS, client_id)
    return standing is None or not standing.suspended
