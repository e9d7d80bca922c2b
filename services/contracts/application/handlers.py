"""Which use case answers which event and which due item. Every topic that the catalogue sends here has one."""

from services.contracts.application import (
    follow_clients,
    follow_deposits,
    follow_disputes,
    follow_invoices,
    follow_work,
)
from services.contracts.application.collections import CONTRACTS
from services.contracts.application.decline_contract import expire_offer
from services.contracts.application.end_contract import ESCROW_QUESTION, refund_on_silence
from services.contracts.application.offer_contract import OFFER_EXPIRES
from shared.persistence.group_commit import DueHandler, Handlers


def event_handlers() -> Handlers:
    """Return the handlers by topic."""
    return {**follow_clients.HANDLERS, **follow_deposits.HANDLERS, **follow_disputes.HANDLERS,
            **follow_invoices.HANDLERS, **follow_work.HANDLERS}


def due_handlers() -> dict[str, DueHandler]:
    """Return the handlers by kind."""
    return {
        OFFER_EXPIRES: DueHandler(expire_offer, reads=lambda due: [(CONTRACTS, due.ref)]),
        ESCROW_QUESTION: DueHandler(refund_on_silence, reads=lambda due: [(CONTRACTS, due.ref)]),
    }
