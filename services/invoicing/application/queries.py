"""What may be read, by whom: invoices, reviews, clients, billing methods. Must never write."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.invoicing.application.collections import CLIENTS, INVOICES, PARTIES, REVIEWS, WALLETS
from services.invoicing.application.ownership import Actor, require_sight
from services.invoicing.domain.billing_methods import Wallet
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.reviews import Review
from shared.kernel.decisions import NotFound
from shared.kernel.instants import Instant, format_instant
from shared.persistence.reading import Reading


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices of the caller: by contract, by date `[issued_from, issued_before)`, by kind of the first line."""

    contract_id: str | None = None
    issued_from: Instant | None = None
    issued_before: Instant | None = None
    kind: str | None = None


async def list_invoices(
    reading: Reading, actor: Actor, wanted: InvoiceFilter, *, after: str | None, limit: int
) -> Sequence[Invoice]:
    """Return at most `limit` invoices behind `after`, oldest first: the caller's own, or all for an operator."""
    place: dict[str, Any] = {}
    if wanted.issued_from is not None:
        place["$gte"] = format_instant(wanted.issued_from)
    if wanted.issued_before is not None:
        place["$lt"] = format_instant(wanted.issued_before)
    if after is not None:
        place["$gt"] = after
    where: dict[str, Any] = {"listed_as": place} if place else {}
    if wanted.contract_id is not None:
        where["contract_id"] = wanted.contract_id
    if wanted.kind is not None:
        where["kind"] = wanted.kind
    if actor.operator:
        return await reading.find(INVOICES, where, sort="listed_as", limit=limit)
    found = [
        invoice for side in ("client_id", "freelancer_id")
        for invoice in await reading.find(INVOICES, {**where, side: actor.id}, sort="listed_as", limit=limit)
    ]
    return sorted(found, key=lambda invoice: invoice.listed_as)[:limit]


async def get_invoice(reading: Reading, actor: Actor, invoice_id: str) -> Invoice:
    """Return one invoice to its parties and to operators."""
    invoice = await reading.get(INVOICES, invoice_id)
    require_sight(invoice, actor, "invoice")
    if invoice is None:
        raise NotFound("invoice")
    return invoice


async def get_review(reading: Reading, actor: Actor, submission_id: str) -> Review:
    """Return one review to its parties and to operators."""
    review = await reading.get(REVIEWS, submission_id)
    require_sight(review, actor, "submission")
    if review is None:
        raise NotFound("submission")
    return review


async def get_client(reading: Reading, actor: Actor, client_id: str) -> ClientAccount:
    """Return a client's standing and totals to itself and to operators."""
    client = await reading.get(CLIENTS, client_id)
    if client is None or not (actor.operator or actor.id == client_id):
        raise NotFound("client")
    return client


async def get_wallet(reading: Reading, actor: Actor, client_id: str) -> Wallet:
    """Return a client's billing methods, in the order of an attempt, to itself and to operators."""
    party = await reading.get(PARTIES, client_id)
    if party is None or party.role != "client" or not (actor.operator or actor.id == client_id):
        raise NotFound("client")
    return await reading.get(WALLETS, client_id) or Wallet(id=party.id, clock=party.clock)
