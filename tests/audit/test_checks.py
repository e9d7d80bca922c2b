"""Each check of the audit: a sound week passes, a planted fault is found with its account and its cents."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tools.audit.checks import examine
from tools.audit.evidence import BALANCES, Books, Evidence, Finding, Log, Outside, Row

T0, T1, T2 = "2026-03-02T12:00:00.000Z", "2026-03-06T12:00:00.000Z", "2026-03-06T13:00:00.000Z"


def money(cents: int) -> Row:
    return {"amount_minor": cents, "currency": "USD"}


def event(topic: str, key: str, sequence: int, time: str, object: Row, movement: Row | None = None) -> Row:
    data: Row = {"object": object} if movement is None else {"object": object, "movement": movement}
    return {"id": f"{topic}{key}{sequence}", "type": f"billing.{topic}.v1", "partitionkey": key, "sequence": sequence,
            "time": time, "data": data}


def movement(account: str, version: int, **deltas: int) -> Row:
    return {"account_id": account, "version": version, "currency": "USD",
            "deltas": dict.fromkeys(BALANCES, 0) | deltas}


def entry(id: str, account: str, **postings: int) -> Row:
    named = {name: f"freelancer:{account}:{name}" if name in BALANCES else name.replace("__", ":") for name in postings}
    return {"_id": id, "kind": "k", "account_id": account, "postings": [
        {"ledger_account": named[name], "currency": "USD", "amount_minor": cents} for name, cents in postings.items()]}


def sound() -> Evidence:
    """One week: 6 segments at 10.00 (10.00, fee 1.00) charged at 10.50, held, matured, paid out."""
    hold = {"id": "hld_1", "_id": "hld_1", "account_id": "fr_1", "invoice_id": "inv_1", "amount": money(900),
            "earned": money(900), "due_at": T1}
    invoice = {"id": "inv_1", "freelancer_id": "fr_1", "client_id": "cl_1", "contract_id": "ct_1", "currency": "USD",
               "paid_from": "charge", "employer_of_record": False, "gross": money(1000), "fee": money(100),
               "net": money(900), "client_fee": money(50), "client_total": money(1050), "lines": [
                   {"id": "l1", "kind": "hours", "week_start": "w", "hourly_rate": money(1000), "gross": money(1000),
                    "fee": money(100), "net": money(900), "client_fee": money(50)}]}
    payout = {"id": "po_1", "_id": "po_1", "account_id": "fr_1", "amount": money(900), "fee": money(0),
              "status": "settled"}
    submission = {"contract_id": "ct_1", "week_start": "w", "kind": "hours", "entries": [{"billable_segments": 6}]}
    matured = {**hold, "amount": money(0)}
    moves = [movement("fr_1", 1, pending=900), movement("fr_1", 2, pending=-900, available=900),
             movement("fr_1", 3, available=-900, reserved=900), movement("fr_1", 4),
             movement("fr_1", 5, reserved=-900, paid_out=900)]
    account = {"_id": "fr_1", "version": 5, "balances": {"USD": dict.fromkeys(BALANCES, 0) | {"paid_out": 900}}}
    books = Books(
        entries=[entry("e1", "fr_1", client_money=-1050, pending=900, fees__freelancer=100, fees__client=50),
                 entry("e2", "fr_1", pending=-900, available=900), entry("e3", "fr_1", available=-900, reserved=900),
                 entry("e4", "fr_1", reserved=-900, paid_out=900)],
        accounts={"fr_1": account},
        holds={"hld_1": {**matured, "due_at": datetime(2026, 3, 6, 12, tzinfo=UTC),
                         "matured_at": datetime(2026, 3, 6, 12, tzinfo=UTC)}},
        payouts={"po_1": payout})
    log = Log(events={
        "work.submitted": [event("work.submitted", "fr_1", 1, T0, submission)],
        "invoice.paid": [event("invoice.paid", "fr_1", 1, T0, invoice)],
        "funds.held": [event("funds.held", "fr_1", 1, T0, hold, moves[0])],
        "funds.available": [event("funds.available", "fr_1", 1, T1, matured, moves[1])],
        "payout.requested": [event("payout.requested", "fr_1", 1, T2, payout, moves[2])],
        "payout.released": [event("payout.released", "fr_1", 1, T2, payout, moves[3])],
        "payout.settled": [event("payout.settled", "fr_1", 1, T2, payout, moves[4])]})
    balance = {"account_id": "fr_1", "version": 5, "balances": [
        dict.fromkeys(BALANCES, 0) | {"currency": "USD", "paid_out": 900}]}
    return Evidence(
        books=books, log=log, processors={"fr_1": event("balance.updated", "fr_1", 5, T2, balance)},
        outside=Outside(
            charges={"c1": {"client_id": "cl_1", "currency": "USD", "amount_minor": 1050, "status": "captured"}},
            transfers={"po_1": {"account_id": "fr_1", "currency": "USD", "amount_minor": 900, "outcome": "settled"}}))


def test_a_sound_week_passes() -> None:
    assert examine(sound()) == []


def lose_an_event(evidence: Evidence) -> None:
    del evidence.log.events["funds.available"]


def double_an_event(evidence: Evidence) -> None:
    again = copy.deepcopy(evidence.log.events["payout.settled"][0])
    again["id"], again["sequence"] = "other", 2
    evidence.log.events["payout.settled"].append(again)


def unbalance_an_entry(evidence: Evidence) -> None:
    evidence.books.entries[0]["postings"][1]["amount_minor"] += 5


def move_a_cent_to_another_account(evidence: Evidence) -> None:
    evidence.books.entries.append(entry("e9", "fr_1", paid_out=-1))
    evidence.books.entries[-1]["postings"].append(
        {"ledger_account": "freelancer:fr_2:paid_out", "currency": "USD", "amount_minor": 1})


def move_a_cent_in_the_account_documents(evidence: Evidence) -> None:
    evidence.books.accounts["fr_1"]["balances"]["USD"]["paid_out"] -= 1


def release_before_its_time(evidence: Evidence) -> None:
    evidence.log.events["funds.available"][0]["time"] = "2026-03-06T11:59:59.999Z"


def mature_before_its_time(evidence: Evidence) -> None:
    evidence.books.holds["hld_1"]["matured_at"] = datetime(2026, 3, 6, 11, tzinfo=UTC)


def pay_twice(evidence: Evidence) -> None:
    evidence.outside.transfers["po_2"] = dict(evidence.outside.transfers["po_1"])


def change_the_segments(evidence: Evidence) -> None:
    evidence.log.events["work.submitted"][0]["data"]["object"]["entries"][0]["billable_segments"] = 5


def lose_a_hold(evidence: Evidence) -> None:
    evidence.log.events["funds.held"] = []


def capture_twice(evidence: Evidence) -> None:
    evidence.outside.charges["c2"] = dict(evidence.outside.charges["c1"])


def let_a_processor_lag(evidence: Evidence) -> None:
    evidence.processors["fr_1"]["data"]["object"]["version"] = 4


def let_a_processor_lie(evidence: Evidence) -> None:
    evidence.processors["fr_1"]["data"]["object"]["balances"][0]["paid_out"] = 901


def overdraw(evidence: Evidence) -> None:
    evidence.books.accounts["fr_1"]["balances"]["USD"]["available"] = -3


def lose_a_transfer(evidence: Evidence) -> None:
    evidence.outside.transfers.clear()


def forge_an_event(evidence: Evidence) -> None:
    evidence.log.forged.append("fr_1")


FAULTS: list[tuple[Callable[[Evidence], None], str, int]] = [
    (lose_an_event, "lost event", 1800), (double_an_event, "paid twice", 900), (unbalance_an_entry, "unbalanced", 5),
    (move_a_cent_to_another_account, "account and postings", 1),
    (move_a_cent_in_the_account_documents, "account and postings", -1),
    (release_before_its_time, "early release", 900), (mature_before_its_time, "early release", 900),
    (pay_twice, "paid without a payout", 900), (change_the_segments, "hours", 167),
    (lose_a_hold, "paid and held", -900), (capture_twice, "gateway", 1050), (let_a_processor_lag, "processors", 0),
    (let_a_processor_lie, "processors", 1), (overdraw, "below zero", -3),
    (lose_a_transfer, "settled without a transfer", 900), (forge_an_event, "changed event", 0),
]


@pytest.mark.parametrize(("plant", "check", "cents"), FAULTS, ids=[plant.__name__ for plant, _, _ in FAULTS])
def test_a_planted_fault_is_named_with_account_and_cents(
    plant: Callable[[Evidence], None], check: str, cents: int
) -> None:
    evidence = sound()
    plant(evidence)
    found: list[Finding] = [finding for finding in examine(evidence) if finding.check.startswith(check)]
    assert found, [str(finding) for finding in examine(evidence)]
    assert cents in {finding.cents for finding in found}
    assert all(finding.subject in ("fr_1", "fr_2", "cl_1") for finding in found)


def test_the_message_names_account_and_cents() -> None:
    evidence: Any = sound()
    pay_twice(evidence)
    assert any("fr_1 differs by 900 USD" in str(finding) for finding in examine(evidence))
