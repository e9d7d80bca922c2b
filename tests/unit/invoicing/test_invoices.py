"""Invoices and their charge attempts (I1, I5, I6, I8)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.billing_states import (
    ContractBilling,
    count_invoice,
    initiation_fee,
    take_up_to,
    wait,
)
from services.invoicing.domain.contracts import Kind
from services.invoicing.domain.invoices import (
    ATTEMPTS_MAX,
    Invoice,
    InvoiceStatus,
    attempt_captured,
    attempt_failed,
    begin_attempt,
    issue,
    paid_from_escrow,
    pay_by_hand,
)
from services.invoicing.domain.lines import bonus_line, fixed_rate_line, hours_line
from shared.kernel.decisions import Accepted, AlreadyDone, Refused
from shared.kernel.instants import DAY, WEEK
from shared.kernel.money import Money, total
from tests.unit.invoicing.builders import LOCK, MONDAY, contract, invoice, terms, usd


def declined(of: Invoice, number: int, *, by_hand: bool = False) -> Invoice:
    begun = begin_attempt(of, charge_id=f"chg_{number}", by_hand=by_hand, now=LOCK + (number - 1) * DAY)
    return attempt_failed(begun.unwrap(), by_hand=by_hand)


@given(grosses=st.lists(st.integers(1, 10**9), min_size=1, max_size=8), fee=st.integers(0, 10**4))
def test_an_invoice_is_the_sum_of_its_lines_and_its_initiation_fee(grosses: list[int], fee: int) -> None:
    """Proves I1 and I8."""
    of = contract()
    lines = tuple(bonus_line(of, line_id=str(place), gross=Money(gross, "USD")) for place, gross in enumerate(grosses))
    made = issue(of, lines, invoice_id="inv", number=7, contract_number=2, issued_at=LOCK,
                 initiation_fee=Money(fee, "USD"))
    assert made.net == made.gross - made.fee == total([line.net for line in lines], "USD")
    assert made.client_total == made.gross + made.client_fee + Money(fee, "USD")
    assert (made.number, made.contract_number, made.due_at, made.status) == (7, 2, LOCK, InvoiceStatus.OPEN)


def test_the_sixth_failure_is_the_last_retry() -> None:
    """Proves I6."""
    failing = invoice()
    for number in range(1, ATTEMPTS_MAX + 1):
        assert not failing.attempts_used_up
        failing = declined(failing, number)
        assert failing.due_at == (LOCK + number * DAY if number < ATTEMPTS_MAX else None)
    assert failing.attempts_used_up
    again = begin_attempt(failing, charge_id="chg_7", by_hand=False, now=LOCK + 6 * DAY)
    assert isinstance(again, AlreadyDone)


def test_attempts_by_hand_use_up_no_daily_retry() -> None:
    """Proves I6."""
    failing = declined(declined(invoice(), 1), 2, by_hand=True)
    assert (failing.attempts, failing.scheduled_attempts, failing.due_at) == (2, 1, LOCK + DAY)


def test_two_attempts_are_never_open_at_once() -> None:
    """Proves I5."""
    begun = begin_attempt(invoice(), charge_id="chg_1", by_hand=False, now=LOCK).unwrap()
    assert begin_attempt(begun, charge_id="chg_2", by_hand=False, now=LOCK) == AlreadyDone(begun)
    failed = replace(begun, status=InvoiceStatus.CHARGE_FAILED)
    assert pay_by_hand(failed, charge_id="chg_2", now=LOCK) == AlreadyDone(failed)


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_only_a_failed_invoice_is_paid_by_hand(status: InvoiceStatus) -> None:
    """Proves I6."""
    decided = pay_by_hand(replace(invoice(), status=status), charge_id="chg_2", now=LOCK)
    if status is InvoiceStatus.CHARGE_FAILED:
        assert isinstance(decided, Accepted)
    else:
        assert isinstance(decided, Refused)
        assert decided.code == "INVOICE_NOT_PAYABLE"


@given(delay_ms=st.integers(0, 10**10))
def test_the_delay_is_the_time_from_the_first_attempt_to_the_success_in_whole_seconds(delay_ms: int) -> None:
    """Proves I5."""
    failing = declined(invoice(), 1)
    begun = begin_attempt(failing, charge_id="chg_2", by_hand=True, now=LOCK + DAY).unwrap()
    paid = attempt_captured(begun, now=LOCK + timedelta(milliseconds=delay_ms))
    assert (paid.delay_seconds, paid.status, paid.due_at) == (delay_ms // 1000, InvoiceStatus.PAID, None)


def test_a_paid_invoice_is_never_charged_again() -> None:
    """Proves I5."""
    paid = paid_from_escrow(invoice(), now=LOCK)
    assert begin_attempt(paid, charge_id="chg_1", by_hand=False, now=LOCK) == AlreadyDone(paid)
    assert (paid.paid_at, paid.delay_seconds, paid.attempts) == (LOCK, 0, 0)


def test_an_attempt_changes_no_line_and_no_amount() -> None:
    """Proves I1."""
    before = invoice()
    after = attempt_captured(declined(before, 1), now=LOCK + DAY)
    unchanged = ("lines", "gross", "fee", "net", "client_fee", "initiation_fee", "client_total", "number", "issued_at")
    assert [getattr(before, name) for name in unchanged] == [getattr(after, name) for name in unchanged]


def test_the_initiation_fee_goes_with_the_first_charge_alone() -> None:
    """Proves I8."""
    first = ContractBilling("ct_one")
    assert initiation_fee(contract(), first) == usd("4.99")
    assert initiation_fee(contract(), count_invoice(first, charged=False)) == usd("4.99")
    assert initiation_fee(contract(), count_invoice(first, charged=True)) == usd("0.00")


def test_prefunded_work_has_its_initiation_fee_with_the_deposit() -> None:
    """Proves C6 and I8."""
    escrow = terms(funding="escrow")
    assert initiation_fee(contract(Kind.SINGLE, terms=escrow), ContractBilling("ct_one")) == usd("0.00")
    assert initiation_fee(contract(Kind.HOURLY, terms=escrow), ContractBilling("ct_one")) == usd("4.99")


def test_what_waits_is_taken_once_weeks_before_bonuses() -> None:
    """Proves T6 and I8."""
    of, billing = contract(), ContractBilling("ct_one")
    billing = wait(billing, bonus_line(of, line_id="bonus", gross=usd("1.00")), bills_at=LOCK + WEEK)
    for number in (1, 0):
        week = MONDAY + number * WEEK
        line = hours_line(of, line_id=f"week {number}", week_start=week, locked_at=LOCK + number * WEEK, segments=6,
                          hourly_rate=usd("45.00"))
        billing = wait(billing, line, bills_at=LOCK + WEEK)
    billing = wait(billing, bonus_line(of, line_id="next", gross=usd("1.00")), bills_at=LOCK + 2 * WEEK)
    billing, lines = take_up_to(billing, LOCK + WEEK)
    assert [line.id for line in lines] == ["week 0", "week 1", "bonus"]
    assert [item.line.id for item in billing.waiting] == ["next"]
    assert (billing.is_billed(LOCK + WEEK), billing.is_billed(LOCK + 2 * WEEK)) == (True, False)
    assert take_up_to(billing, LOCK + WEEK)[1] == ()


def test_a_line_of_nothing_does_not_wait_but_its_cadence_is_rated() -> None:
    """Proves T6 and T8."""
    line = fixed_rate_line(contract(Kind.FIXED_RATE), line_id="x", week_start=MONDAY, rate=usd("0.00"))
    billing = wait(ContractBilling("ct_one"), line, bills_at=LOCK)
    assert (billing.waiting, billing.is_rated(LOCK), billing.is_rated(LOCK + WEEK)) == ((), True, False)
