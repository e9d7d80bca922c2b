"""Hear whether a client's charges failed for good (I6). Two topics have no order: the revision tells what is newer."""

from services.contracts.application.collections import CLIENTS
from services.contracts.domain.parties import ClientStanding
from shared.events.envelope import Envelope
from shared.events.invoices import ClientReinstated, ClientSuspended
from shared.persistence.group_commit import Handler
from shared.persistence.unit import Unit


async def client_standing_changed(unit: Unit, event: Envelope[ClientSuspended] | Envelope[ClientReinstated]) -> None:
    """Keep the newest standing."""
    client = event.data.object
    known = await unit.get(CLIENTS, client.id)
    if known is None or known.revision < client.revision:
        unit.put(CLIENTS, ClientStanding(client.id, client.status == "suspended", client.revision))


HANDLERS = {
    "client.suspended": Handler(client_standing_changed, lambda event: [(CLIENTS, event.data.object.id)]),
    "client.reinstated": Handler(client_standing_changed, lambda event: [(CLIENTS, event.data.object.id)]),
}
