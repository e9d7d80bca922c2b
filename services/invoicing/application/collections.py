"""What invoicing keeps, and which lists it is asked for. Must never hold a rule."""

from typing import Any

from services.invoicing.domain.billing_methods import Wallet
from services.invoicing.domain.billing_states import ContractBilling, InvoiceNumbers
from services.invoicing.domain.charges import Charge
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.deposits import Deposit
from services.invoicing.domain.disputes import Dispute
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.parties import Party
from services.invoicing.domain.reviews import Review
from shared.persistence.collections import Collection

PARTIES = Collection("parties", Party)
CONTRACTS = Collection("contracts", Contract)
REVIEWS = Collection("reviews", Review, indexes=(("contract_id",),))
INVOICES = Collection(
    "invoices", Invoice,
    indexes=(("client_id", "listed_as"), ("freelancer_id", "listed_as"), ("listed_as",)),
    unique=(("client_id", "number"), ("contract_id", "contract_number")), retired=(("contract_id", "listed_as"),),
)
INVOICE_NUMBERS = Collection("invoice_numbers", InvoiceNumbers)
CONTRACT_BILLING = Collection("contract_billing", ContractBilling)
CHARGES = Collection("charges", Charge, retired=(("subject_id",), ("contract_id",)))
DEPOSITS = Collection("deposits", Deposit, indexes=(("contract_id",), ("client_id",)))
DISPUTES = Collection("disputes", Dispute, indexes=(("contract_id",),))
CLIENTS = Collection("clients", ClientAccount)
WALLETS = Collection("wallets", Wallet)

ALL: tuple[Collection[Any], ...] = (
    PARTIES, CONTRACTS, REVIEWS, INVOICES, INVOICE_NUMBERS, CONTRACT_BILLING, CHARGES, DEPOSITS, DISPUTES, CLIENTS,
    WALLETS,
)
"""Everything that this service owns."""
