"""Keep a copy of each dispute: what may be refunded depends on it. Must never move money."""

from services.invoicing.application.collections import DISPUTES
from services.invoicing.domain.disputes import Dispute
from shared.events import disputes as published
from shared.events.envelope import Envelope
from shared.events.fields import Change
from shared.persistence.unit import Unit


async def remember_dispute(unit: Unit, event: Envelope[Change[published.Dispute]]) -> None:
    """Keep the case; one that is over stays so, whatever arrives late."""
    told = event.data.object
    known = await unit.get(DISPUTES, told.id)
    if known is None or not known.over:
        unit.put(DISPUTES, Dispute(
            id=told.id, contract_id=told.contract_id, status=told.status, about=told.about, amount=told.amount,
            to_freelancer=told.to_freelancer, to_client=told.to_client))
