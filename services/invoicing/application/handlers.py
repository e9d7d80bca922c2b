"""Which event, which due item and which promised call goes to which use case. Must never decide anything."""

from typing import Any

from services.invoicing.application.answers import RETRY_DUE
from services.invoicing.application.approve_work import approve_by_silence_at_end
from services.invoicing.application.cadence_dues import CADENCE_DUE
from services.invoicing.application.charge_deposit import charge_deposit
from services.invoicing.application.charge_invoice import charge_due_invoice
from services.invoicing.application.close_period import close_period, end_cadence
from services.invoicing.application.collections import (
    CLIENTS,
    CONTRACT_BILLING,
    CONTRACTS,
    INVOICE_NUMBERS,
    INVOICES,
    PARTIES,
    REVIEWS,
    WALLETS,
)
from services.invoicing.application.copies import copy_contract, copy_party
from services.invoicing.application.invoice_released_escrow import invoice_released_escrow
from services.invoicing.application.issuing import CHARGE_DUE
from services.invoicing.application.open_review import REVIEW_DUE, open_review_of_work
from services.invoicing.application.refund_escrow import refund_escrow
from services.invoicing.application.remember_dispute import remember_dispute
from shared.persistence.collections import Collection
from shared.persistence.group_commit import DueHandler, Handler, Handlers
from shared.persistence.unit import Due

_CONTRACT_TOPICS = (
    "contract.offered", "contract.accepted", "contract.funded", "contract.amended", "contract.paused",
    "contract.resumed", "contract.ended",
)


def event_handlers() -> Handlers:
    """Return what invoicing does with each event that it reads; `reads` is fetched once for a whole group."""
    contract = Handler(copy_contract, reads=lambda event: [(CONTRACTS, event.data.object.id)])
    return {
        "party.registered": Handler(copy_party, reads=_party),
        **dict.fromkeys(_CONTRACT_TOPICS, contract),
        "work.submitted": Handler(
            open_review_of_work, reads=lambda event: [(CONTRACTS, event.data.object.contract_id)]),
        "period.closed": Handler(close_period, reads=_billing),
        "deposit.requested": Handler(charge_deposit, reads=_payer),
        "escrow.released": Handler(invoice_released_escrow, reads=_billing),
        "escrow.refunded": Handler(refund_escrow),
        "dispute.opened": Handler(remember_dispute),
        "dispute.resolved": Handler(remember_dispute),
    }


def due_handlers() -> dict[str, DueHandler]:
    """Return what invoicing does when an instant has come."""
    charge = DueHandler(charge_due_invoice, reads=lambda due: [(INVOICES, due.ref)])
    return {
        REVIEW_DUE: DueHandler(approve_by_silence_at_end, reads=lambda due: [(REVIEWS, due.ref)]),
        CADENCE_DUE: DueHandler(end_cadence, reads=_cadence),
        CHARGE_DUE: charge,
        RETRY_DUE: charge,
    }


def _cadence(due: Due) -> list[tuple[Collection[Any], str]]:
    contract_id = due.ref.partition("/")[0]
    return [(CONTRACTS, contract_id), (CONTRACT_BILLING, contract_id)]


def _party(event: Any) -> list[tuple[Collection[Any], str]]:
    return [(PARTIES, event.data.object.id), (CLIENTS, event.data.object.id)]


def _billing(event: Any) -> list[tuple[Collection[Any], str]]:
    work = event.data.object
    return [(CONTRACTS, work.contract_id), (CONTRACT_BILLING, work.contract_id), (INVOICE_NUMBERS, work.client_id)]


def _payer(event: Any) -> list[tuple[Collection[Any], str]]:
    client_id = event.data.object.client_id
    return [(PARTIES, client_id), (WALLETS, client_id)]
