"""Which use case hears which event. Every topic that the catalogue sends to this service has one."""

from services.disputes.application.collections import CONTRACTS, INVOICES, PARTIES
from services.disputes.application.keep_copies import keep_contract, keep_paid_invoice, keep_party
from shared.persistence.group_commit import Handler, Handlers

_CONTRACT_TOPICS = (
    "contract.offered", "contract.accepted", "contract.funded", "contract.amended", "contract.paused",
    "contract.resumed", "contract.ended",
)


def build_handlers() -> Handlers:
    """Return the handlers by topic; `reads` names what a group fetches in one query."""
    contract = Handler(keep_contract, reads=lambda event: [(CONTRACTS, event.data.object.id)])
    return {
        "party.registered": Handler(keep_party, reads=lambda event: [(PARTIES, event.data.object.id)]),
        **dict.fromkeys(_CONTRACT_TOPICS, contract),
        "invoice.paid": Handler(keep_paid_invoice, reads=lambda event: [(INVOICES, event.data.object.id)]),
    }
