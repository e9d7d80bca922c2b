"""Which documents this service keeps. Must never hold another service's document: these are copies, made of events."""

from services.disputes.domain.contracts import KnownContract
from services.disputes.domain.invoices import PaidInvoice
from services.disputes.domain.parties import KnownParty
from shared.persistence.collections import Collection

PARTIES = Collection("parties", KnownParty)
CONTRACTS = Collection("contracts", KnownContract)
INVOICES = Collection("paid_invoices", PaidInvoice, indexes=(("contract_id",),))
