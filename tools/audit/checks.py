"""The checks: pure functions from evidence to findings, one for each promise (invariants 1–6). Must never do I/O."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from tools.audit.evidence import BALANCES, Evidence, Finding, Row, resource

Check = Callable[[Evidence], Iterable[Finding]]

_MOVING = ("funds.held", "funds.available", "funds.frozen", "funds.unfrozen", "funds.refunded",
           "payout.requested", "payout.released", "payout.settled", "payout.failed", "payout.returned")
_PAID_BY_RAIL = ("settled", "lost_answer")
Key = tuple[str, str]


def entries_balance(evidence: Evidence) -> Iterable[Finding]:
    """Every journal entry sums to zero per currency (invariant 2)."""
    for entry in evidence.books.entries:
        sums: dict[str, int] = defaultdict(int)
        for posting in entry["postings"]:
            sums[posting["currency"]] += posting["amount_minor"]
        for currency, rest in sums.items():
            if rest:
                owner = entry.get("account_id") or entry["_id"]
                yield Finding("unbalanced entry", owner, rest, currency, f"{entry['_id']} ({entry['kind']})")


def accounts_are_the_sum_of_their_postings(evidence: Evidence) -> Iterable[Finding]:
    """An account document holds what its postings add up to, and nothing below zero (invariants 1, 5)."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for entry in evidence.books.entries:
        for posting in entry["postings"]:
            kind, _, rest = posting["ledger_account"].partition(":")
            if kind == "freelancer":
                account, _, balance = rest.partition(":")
                sign = -1 if balance == "arrears" else 1
                sums[(account, posting["currency"], balance)] += sign * posting["amount_minor"]
    kept = {(id, currency, name): balances[name] for id, account in evidence.books.accounts.items()
            for currency, balances in account["balances"].items() for name in BALANCES}
    for key in sorted({*sums, *kept}):
        account, currency, name = key
        if kept.get(key, 0) != sums.get(key, 0):
            yield Finding("account and postings", account, kept.get(key, 0) - sums.get(key, 0), currency,
                          f"{name} is {kept.get(key, 0)}, its postings add up to {sums.get(key, 0)}")
        if kept.get(key, 0) < 0:
            yield Finding("below zero", account, kept[key], currency, f"{name} is negative")


def log_ends_in_the_books(evidence: Evidence) -> Iterable[Finding]:
    """Folding the movements of the log gives the books' balances, at the same version, without gaps (invariant 6)."""
    folded: dict[tuple[str, str, str], int] = defaultdict(int)
    versions: dict[str, set[int]] = defaultdict(set)
    for event in evidence.log.of(*_MOVING):
        movement = event["data"]["movement"]
        account = movement["account_id"]
        if movement["version"] in versions[account]:
            yield Finding("movement twice", account, sum(map(abs, movement["deltas"].values())), movement["currency"],
                          f"version {movement['version']} is in the log under two ids")
            continue
        versions[account].add(movement["version"])
        for name, amount in movement["deltas"].items():
            folded[(account, movement["currency"], name)] += amount
    for id, account in evidence.books.accounts.items():
        missing = sorted(set(range(1, account["version"] + 1)) - versions.get(id, set()))
        if missing:
            yield Finding("lost event", id, _missing_cents(account, folded, id), _currency(account),
                          f"the log has no movement {missing[:5]} of {account['version']}")
        for currency, balances in account["balances"].items():
            for name in BALANCES:
                difference = balances[name] - folded.get((id, currency, name), 0)
                if difference and not missing:
                    yield Finding("log and books", id, difference, currency,
                                  f"{name}: books {balances[name]}, log {folded.get((id, currency, name), 0)}")
    for id in versions:
        known = evidence.books.accounts.get(id, {"version": 0})["version"]
        if max(versions[id]) > known:
            yield Finding("log and books", id, 0, "", f"the log knows movement {max(versions[id])}, the books {known}")


def _missing_cents(account: Row, folded: dict[tuple[str, str, str], int], id: str) -> int:
    return sum(abs(balances[name] - folded.get((id, currency, name), 0))
               for currency, balances in account["balances"].items() for name in BALANCES)


def _currency(account: Row) -> str:
    return ",".join(account["balances"])


def processors_agree(evidence: Evidence) -> Iterable[Finding]:
    """The processors' balances are the books', per account at the same version (invariant 6)."""
    for id, account in evidence.books.accounts.items():
        if not account["version"]:
            continue
        published = evidence.processors.get(id)
        if published is None:
            yield Finding("processors", id, 0, _currency(account), "balance.updated has no record of it")
            continue
        balance = resource(published)
        if balance["version"] != account["version"]:
            yield Finding("processors", id, 0, _currency(account),
                          f"version {balance['version']}, the books are at {account['version']}")
            continue
        theirs = {row["currency"]: row for row in balance["balances"]}
        for currency, balances in account["balances"].items():
            for name in BALANCES:
                difference = theirs.get(currency, {}).get(name, 0) - balances[name]
                if difference:
                    yield Finding("processors", id, difference, currency, f"{name} at version {account['version']}")


def sequences_have_no_gap(evidence: Evidence) -> Iterable[Finding]:
    """Per topic and key the log counts 1, 2, 3, … and no id came with other bytes."""
    for id in evidence.log.forged:
        yield Finding("changed event", id, 0, "", "came again with other bytes")
    for topic, events in evidence.log.events.items():
        if topic in ("balance.updated", "hold.due", "parked") or topic.startswith("clock."):
            continue
        numbers: dict[str, list[int]] = defaultdict(list)
        for event in events:
            numbers[event["partitionkey"]].append(event["sequence"])
        for key, found in numbers.items():
            if sorted(found) != list(range(1, len(found) + 1)):
                gaps = sorted(set(range(1, max(found) + 1)) - set(found))[:5]
                twice = sorted({number for number in found if found.count(number) > 1})[:5]
                yield Finding("sequence", key, 0, "", f"{topic}: missing {gaps}, twice {twice}")


def lines_are_exact(evidence: Evidence) -> Iterable[Finding]:
    """gross = net + fee per line; hours are billed from the submitted segments, rounded once (invariant 2, I8)."""
    hours = {(event["data"]["object"]["contract_id"], event["data"]["object"]["week_start"]): resource(event)
             for event in evidence.log.of("work.submitted") if resource(event)["kind"] == "hours"}
    for event in evidence.log.of("invoice.paid"):
        invoice = resource(event)
        owner, currency = invoice["freelancer_id"], invoice["currency"]
        totals: dict[str, int] = defaultdict(int)
        for line in invoice["lines"]:
            cents = {name: line[name]["amount_minor"] for name in ("gross", "fee", "net", "client_fee")}
            for name, amount in cents.items():
                totals[name] += amount
            if cents["gross"] != cents["net"] + cents["fee"]:
                yield Finding("line", owner, cents["gross"] - cents["net"] - cents["fee"], currency, line["id"])
            if line["kind"] == "hours":
                yield from _hours_line(invoice, line, hours.get((invoice["contract_id"], line["week_start"])))
        for name in ("gross", "fee", "net", "client_fee"):
            if totals[name] != invoice[name]["amount_minor"]:
                yield Finding("invoice total", owner, invoice[name]["amount_minor"] - totals[name], currency,
                              f"{invoice['id']} {name}")


def _hours_line(invoice: Row, line: Row, submitted: Row | None) -> Iterable[Finding]:
    billable = sum(entry["billable_segments"] for entry in submitted["entries"]) if submitted is not None else 0
    numerator = billable * line["hourly_rate"]["amount_minor"]
    expected = (2 * numerator + 6) // 12
    if expected != line["gross"]["amount_minor"]:
        yield Finding("hours", invoice["freelancer_id"], line["gross"]["amount_minor"] - expected, invoice["currency"],
                      f"{invoice['id']}: {billable} segments of the week of {line['week_start']} are worth {expected}")


def paid_invoices_are_held(evidence: Evidence) -> Iterable[Finding]:
    """Every paid net is held once, and nothing is held that was not paid (invariant 3)."""
    paid: dict[str, tuple[str, str, int]] = {}
    for event in evidence.log.of("invoice.paid"):
        invoice = resource(event)
        net = 0 if invoice["employer_of_record"] else invoice["net"]["amount_minor"]
        paid[invoice["id"]] = (invoice["freelancer_id"], invoice["currency"], net)
    held: dict[str, int] = defaultdict(int)
    owners: dict[str, tuple[str, str]] = {}
    for event in evidence.log.of("funds.held"):
        hold = resource(event)
        held[hold["invoice_id"]] += hold["amount"]["amount_minor"]
        owners[hold["invoice_id"]] = (hold["account_id"], hold["amount"]["currency"])
    for invoice_id, (account, currency, net) in paid.items():
        if held.get(invoice_id, 0) != net:
            yield Finding("paid and held", account, held.get(invoice_id, 0) - net, currency,
                          f"{invoice_id}: paid net {net}, held {held.get(invoice_id, 0)}")
    for invoice_id, (account, currency) in owners.items():
        if invoice_id not in paid:
            yield Finding("held without payment", account, held[invoice_id], currency, invoice_id)


def holds_mature_once_and_not_early(evidence: Evidence) -> Iterable[Finding]:
    """Nothing is available before its due instant; each cent of a hold matures or goes back once (invariants 3, 4)."""
    held: dict[str, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    owners: dict[str, tuple[str, str]] = {}
    for event in evidence.log.of("funds.held", "funds.available", "funds.refunded"):
        hold, deltas = resource(event), event["data"]["movement"]["deltas"]
        id, owners[hold["id"]] = hold["id"], (hold["account_id"], hold["amount"]["currency"])
        moved = -(deltas["pending"] + deltas["frozen"])
        if event["type"].startswith("billing.funds.held"):
            held[id] += -moved
        else:
            left[id] += moved
        if event["type"].startswith("billing.funds.available") and event["time"] < hold["due_at"]:
            yield Finding("early release", hold["account_id"], moved, hold["amount"]["currency"],
                          f"{id} is due at {hold['due_at']} and was available at {event['time']}")
    for id, hold in evidence.books.holds.items():
        account, currency = hold["account_id"], hold["amount"]["currency"]
        rest = held.get(id, 0) - left.get(id, 0)
        if rest != hold["amount"]["amount_minor"]:
            yield Finding("hold", account, hold["amount"]["amount_minor"] - rest, currency,
                          f"{id}: the log leaves {rest}, the books hold {hold['amount']['amount_minor']}")
        matured_at = hold.get("matured_at")
        if matured_at is not None and matured_at < hold["due_at"]:
            yield Finding("early release", account, hold["earned"]["amount_minor"], currency,
                          f"{id} is due at {hold['due_at']} and matured at {matured_at}")


def gateway_agrees(evidence: Evidence) -> Iterable[Finding]:
    """What the gateway captured is what was invoiced as paid or deposited, once each, and what the books took in."""
    captured: dict[Key, int] = defaultdict(int)
    booked: dict[str, int] = defaultdict(int)
    claimed: dict[Key, int] = defaultdict(int)
    for charge in evidence.outside.charges.values():
        if charge["status"] == "captured":
            captured[(charge["client_id"], charge["currency"])] += charge["amount_minor"]
    for event in evidence.log.of("invoice.paid"):
        invoice = resource(event)
        if invoice["paid_from"] == "charge":
            claimed[(invoice["client_id"], invoice["currency"])] += invoice["client_total"]["amount_minor"]
    for event in evidence.log.of("deposit.captured"):
        deposit = resource(event)
        claimed[(deposit["client_id"], deposit["total"]["currency"])] += deposit["total"]["amount_minor"]
    for key in sorted({*captured, *claimed}):
        if captured.get(key, 0) != claimed.get(key, 0):
            yield Finding("gateway", key[0], captured.get(key, 0) - claimed.get(key, 0), key[1],
                          f"the gateway captured {captured.get(key, 0)}, events say {claimed.get(key, 0)}")
    for entry in evidence.books.entries:
        for posting in entry["postings"]:
            if posting["ledger_account"] == "client_money":
                booked[posting["currency"]] -= posting["amount_minor"]
    for currency in sorted({key[1] for key in captured} | set(booked)):
        taken = sum(amount for key, amount in captured.items() if key[1] == currency)
        if taken != booked.get(currency, 0):
            yield Finding("client money", "platform", booked.get(currency, 0) - taken, currency,
                          f"the gateway captured {taken}, the books took in {booked.get(currency, 0)}")


def rail_agrees(evidence: Evidence) -> Iterable[Finding]:
    """The rail paid each payout id at most once, and just what the books say (invariant 4)."""
    for id, transfer in evidence.outside.transfers.items():
        payout = evidence.books.payouts.get(id)
        sent = transfer["outcome"] in _PAID_BY_RAIL
        if payout is None:
            yield Finding("paid without a payout", transfer["account_id"], transfer["amount_minor"],
                          transfer["currency"], f"the rail has {id}, the books have not")
            continue
        net = payout["amount"]["amount_minor"] - payout["fee"]["amount_minor"]
        if transfer["amount_minor"] != net:
            yield Finding("rail amount", transfer["account_id"], transfer["amount_minor"] - net, transfer["currency"],
                          id)
        if sent != (payout["status"] == "settled"):
            yield Finding("rail outcome", transfer["account_id"], net, transfer["currency"],
                          f"{id} is {payout['status']}, the rail says {transfer['outcome']}")
    for id, payout in evidence.books.payouts.items():
        if payout["status"] == "settled" and id not in evidence.outside.transfers:
            yield Finding("settled without a transfer", payout["account_id"], payout["amount"]["amount_minor"],
                          payout["amount"]["currency"], id)
    yield from _paid_out_is_what_the_rail_paid(evidence)


def _paid_out_is_what_the_rail_paid(evidence: Evidence) -> Iterable[Finding]:
    paid: dict[Key, int] = defaultdict(int)
    for transfer in evidence.outside.transfers.values():
        if transfer["outcome"] in _PAID_BY_RAIL:
            paid[(transfer["account_id"], transfer["currency"])] += transfer["amount_minor"]
    booked = {(id, currency): balances["paid_out"] for id, account in evidence.books.accounts.items()
              for currency, balances in account["balances"].items()}
    for key in sorted({*paid, *booked}):
        if paid.get(key, 0) != booked.get(key, 0):
            yield Finding("paid out", key[0], paid.get(key, 0) - booked.get(key, 0), key[1],
                          f"the rail paid {paid.get(key, 0)}, the books say {booked.get(key, 0)}")


def payouts_settle_once(evidence: Evidence) -> Iterable[Finding]:
    """No payout id is settled twice in the log (invariant 4)."""
    seen: set[str] = set()
    for event in evidence.log.of("payout.settled"):
        payout = resource(event)
        if payout["id"] in seen:
            yield Finding("paid twice", payout["account_id"], payout["amount"]["amount_minor"],
                          payout["amount"]["currency"], payout["id"])
        seen.add(payout["id"])


CHECKS: tuple[Check, ...] = (
    entries_balance, accounts_are_the_sum_of_their_postings, log_ends_in_the_books, processors_agree,
    sequences_have_no_gap, lines_are_exact, paid_invoices_are_held, holds_mature_once_and_not_early, gateway_agrees,
    rail_agrees, payouts_settle_once,
)


def examine(evidence: Evidence) -> list[Finding]:
    """Run every check."""
    return [finding for check in CHECKS for finding in check(evidence)]
