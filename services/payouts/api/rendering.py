"""The books' values as plain JSON values. Must never leave a field of a schema out."""

from typing import Any

from services.payouts.domain.accounts import Account
from services.payouts.domain.books_check import BooksCheck
from services.payouts.domain.holds import HeldLine, Hold, HoldState
from services.payouts.domain.ledger import Entry
from services.payouts.domain.payout_methods import PayoutMethod
from services.payouts.domain.payouts import Payout
from services.payouts.domain.profiles import PayoutProfile
from shared.kernel.instants import WEEK, Instant
from shared.kernel.money import Money
from shared.web.schemas import instant_out, money_out

Plain = dict[str, Any]


def payout_out(payout: Payout) -> Plain:
    """Render a payout."""
    return {
        "id": payout.id, "account_id": payout.account_id, "method_id": payout.method_id,
        "method_kind": payout.method_kind.value, "amount": money_out(payout.amount), "fee": money_out(payout.fee),
        "sent": money_out(payout.sent), "status": payout.status.value, "by_schedule": payout.by_schedule,
        "requested_at": instant_out(payout.requested_at), "released_at": instant_out(payout.released_at),
        "arrives_at": instant_out(payout.arrives_at), "finished_at": instant_out(payout.finished_at),
        "rail_reference": payout.rail_reference, "failure": payout.failure,
    }


def method_out(method: PayoutMethod, *, is_default: bool) -> Plain:
    """Render a payout method."""
    return {
        "id": method.id, "kind": method.kind.value, "is_default": is_default, "added_at": instant_out(method.added_at),
        "usable_at": instant_out(method.usable_at),
    }


def methods_out(profile: PayoutProfile) -> Plain:
    """Render all methods of a payee; they are few, so it is always one page."""
    items = [method_out(method, is_default=method.id == profile.default_method_id) for method in profile.methods]
    return {"items": items, "next_cursor": None}


def schedule_out(profile: PayoutProfile, next_run_at: Instant | None) -> Plain:
    """Render a payee's schedule."""
    threshold = profile.schedule.threshold
    return {
        "every": profile.schedule.every.value, "threshold": None if threshold is None else money_out(threshold),
        "next_run_at": instant_out(next_run_at),
    }


def balance_out(account: Account) -> Plain:
    """Render an account's balances, by currency."""
    balances = [
        {
            "currency": currency, "pending": of.pending, "available": of.available, "frozen": of.frozen,
            "reserved": of.reserved, "paid_out": of.paid_out, "arrears": of.arrears,
        }
        for currency, of in sorted(account.balances.items())
    ]
    return {"account_id": account.id, "version": account.version, "balances": balances}


def hold_parts_out(hold: Hold) -> list[Plain]:
    """Render a hold: a partly frozen one as what waits for the calendar and what waits for the dispute (D2, P7)."""
    if hold.state is not HoldState.PENDING:
        return [_hold_part(hold, hold.earned, hold.reason)]
    if hold.frozen and hold.free:
        free_reason = next((block.value for block in hold.blocked_by if block.value != "dispute"), "security_period")
        return [_hold_part(hold, hold.free, free_reason), _hold_part(hold, hold.frozen, "dispute")]
    return [_hold_part(hold, hold.amount, hold.reason)]


def entry_out(entry: Entry) -> Plain:
    """Render a journal entry."""
    return {
        "id": entry.id, "at": instant_out(entry.at), "kind": entry.kind, "about": entry.about,
        "contract_id": entry.contract_id, "cause": entry.cause,
        "postings": [
            {"ledger_account": one.ledger_account, "amount": money_out(Money(one.amount_minor, one.currency))}
            for one in entry.postings
        ],
    }


def check_out(check: BooksCheck) -> Plain:
    """Render the check of the books."""
    differences = [
        {"check": one.check, "of": one.of, "currency": one.currency, "expected": one.expected, "found": one.found}
        for one in check.differences()
    ]
    return {"balanced": not differences, "entries": check.entries, "differences": differences}


def _hold_part(hold: Hold, amount: Money, reason: str) -> Plain:
    return {
        "id": hold.id, "account_id": hold.account_id, "contract_id": hold.contract_id, "invoice_id": hold.invoice_id,
        "amount": money_out(amount), "state": hold.state.value, "reason": reason, "rule": hold.rule,
        "started_at": instant_out(hold.started_at), "due_at": instant_out(hold.due_at),
        "matured_at": instant_out(hold.matured_at), "caused_by": hold.caused_by, "earned": money_out(hold.earned),
        "explanation": explanation_of(hold, reason),
        "invoice": {"service": "invoicing", "path": f"/v1/invoices/{hold.invoice_id}"},
        "lines": [{"id": line.id, "kind": line.kind, "net": money_out(line.net), "work": _work_of(hold, line)}
                  for line in hold.lines],
    }


_RULES_IN_WORDS = {
    "P1:hold": "the security period of its profile, counted from the payment.",
    "P1:friday_after_lock": "not before noon of the Friday after the lock.",
    "P1:wednesday_16_days": "not before the Wednesday 16 days after the week's Monday, 23:59 UTC.",
}


def explanation_of(hold: Hold, reason: str) -> str:
    """Answer in one sentence why the money is not available yet, or what became of it (P7)."""
    if hold.state is HoldState.MATURED:
        return f"Available since {instant_out(hold.matured_at)}."
    if hold.state is HoldState.REFUNDED:
        return "Went back to the client."
    if reason == "objection":
        return "The client objects to these hours: it waits until the objection is withdrawn or settled by a refund."
    if reason == "dispute":
        return "Frozen by a dispute until it is decided."
    return f"Waits until {instant_out(hold.due_at)}: {_RULES_IN_WORDS.get(hold.rule, hold.rule)}"


def _work_of(hold: Hold, line: HeldLine) -> Plain | None:
    if line.submission_id is not None:
        return {"service": "timesheets", "path": f"/v1/submissions/{line.submission_id}"}
    if line.week_start is None:
        return None
    shown = "time_entries" if line.kind == "hours" else "weeks"
    days = f"from={instant_out(line.week_start)}&until={instant_out(line.week_start + WEEK)}"
    return {"service": "timesheets", "path": f"/v1/contracts/{hold.contract_id}/{shown}?{days}"}
