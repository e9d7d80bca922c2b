"""Plain values of what the API gives, in the shape of `schemas`. Must never read or decide."""

from typing import Any

from services.invoicing.application.give_bonus import Bonus
from services.invoicing.application.register_billing_method import RegisteredMethod
from services.invoicing.domain.billing_methods import Wallet
from services.invoicing.domain.clients import ClientAccount
from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.lines import InvoiceLine
from services.invoicing.domain.reviews import Review
from shared.kernel.money import Money
from shared.web.schemas import instant_out, money_out


def _maybe(amount: Money | None) -> dict[str, Any] | None:
    return None if amount is None else money_out(amount)


def review_out(review: Review) -> dict[str, Any]:
    """Return the plain values of `ReviewOut`."""
    return {
        "submission_id": review.id, "contract_id": review.contract_id, "milestone_id": review.milestone_id,
        "number": review.number, "status": review.status.value, "whole": money_out(review.whole),
        "opened_at": instant_out(review.opened_at), "review_ends_at": instant_out(review.ends_at),
        "decided_at": instant_out(review.decided_at), "approved_by": review.approved_by,
        "amount": _maybe(review.amount), "note": review.note,
    }


def line_out(line: InvoiceLine) -> dict[str, Any]:
    """Return the plain values of `InvoiceLineOut`."""
    return {
        "id": line.id, "kind": line.kind.value, "gross": money_out(line.gross), "fee": money_out(line.fee),
        "net": money_out(line.net), "client_fee": money_out(line.client_fee),
        "week_start": instant_out(line.week_start), "locked_at": instant_out(line.locked_at),
        "segments": line.segments, "hourly_rate": _maybe(line.hourly_rate), "submission_id": line.submission_id,
        "milestone_id": line.milestone_id,
    }


def invoice_out(invoice: Invoice) -> dict[str, Any]:
    """Return the plain values of `InvoiceOut`."""
    objection = None if invoice.objected_at is None else "open" if invoice.objection_open else "ended"
    return {
        "id": invoice.id, "contract_id": invoice.contract_id, "client_id": invoice.client_id,
        "freelancer_id": invoice.freelancer_id, "profile": invoice.profile, "contract_kind": invoice.contract_kind,
        "kind": invoice.kind, "number": invoice.number, "contract_number": invoice.contract_number,
        "status": invoice.status.value, "paid_from": invoice.paid_from, "currency": invoice.currency,
        "lines": [line_out(line) for line in invoice.lines], "gross": money_out(invoice.gross),
        "fee": money_out(invoice.fee), "net": money_out(invoice.net), "client_fee": money_out(invoice.client_fee),
        "initiation_fee": money_out(invoice.initiation_fee), "client_total": money_out(invoice.client_total),
        "issued_at": instant_out(invoice.issued_at), "first_attempt_at": instant_out(invoice.first_attempt_at),
        "paid_at": instant_out(invoice.paid_at), "delay_seconds": invoice.delay_seconds,
        "attempts": invoice.attempts, "due_at": instant_out(invoice.due_at), "objection": objection,
        "objected_at": instant_out(invoice.objected_at), "objection_note": invoice.objection_note,
    }


def bonus_out(bonus: Bonus) -> dict[str, Any]:
    """Return the plain values of `BonusOut`."""
    return {"id": bonus.id, "contract_id": bonus.contract_id, "amount": money_out(bonus.amount),
            "bills_at": instant_out(bonus.bills_at), "invoice_id": bonus.invoice_id}


def method_out(registered: RegisteredMethod) -> dict[str, Any]:
    """Return the plain values of `BillingMethodOut`."""
    method = registered.method
    return {"id": method.id, "client_id": registered.client_id, "kind": method.kind, "place": registered.place,
            "added_at": instant_out(method.added_at)}


def wallet_out(wallet: Wallet) -> dict[str, Any]:
    """Return the plain values of `BillingMethodsOut`."""
    methods = [RegisteredMethod(wallet.id, method, place) for place, method in enumerate(wallet.methods, start=1)]
    return {"items": [method_out(method) for method in methods], "next_cursor": None}


def client_out(client: ClientAccount) -> dict[str, Any]:
    """Return the plain values of `ClientOut`."""
    return {"id": client.id, "status": client.status.value,
            "charged_total": [money_out(amount) for amount in client.charged],
            "failed_invoice_ids": list(client.failed_invoice_ids)}
