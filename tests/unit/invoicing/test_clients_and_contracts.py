"""Clients' standing and sums, billing methods, activity of a contract's copy."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.billing_methods import BillingMethod, Wallet, add_method
from services.invoicing.domain.charges import Charge, ChargeKind, ChargeStatus, answer
from services.invoicing.domain.clients import (
    ClientAccount,
    Standing,
    add_charged,
    note_failed_invoice,
    note_paid_invoice,
    reinstate,
    suspend,
)
from services.invoicing.domain.deposits import Deposit, DepositStatus, settle
from shared.kernel.decisions import AlreadyDone
from shared.kernel.instants import DAY, WEEK, Instant
from shared.kernel.money import Money
from tests.unit.invoicing.builders import MONDAY, contract, usd

MS = timedelta(milliseconds=1)
ACME = ClientAccount("cl_acme", "live")


@given(amounts=st.lists(st.tuples(st.integers(-10**9, 10**9), st.sampled_from(["USD", "EUR", "JPY"]))))
def test_charged_sums_never_mix_currencies(amounts: list[tuple[int, str]]) -> None:
    client = ACME
    for minor, currency in amounts:
        client = add_charged(client, Money(minor, currency))
    for currency in {currency for _, currency in amounts}:
        (total,) = [money for money in client.charged if money.currency == currency]
        assert total.amount_minor == sum(minor for minor, of in amounts if of == currency)


def test_a_client_is_suspended_once_and_reinstated_when_everything_is_paid() -> None:
    """Proves I6."""
    client = note_failed_invoice(note_failed_invoice(ACME, "inv_a"), "inv_b")
    assert note_failed_invoice(client, "inv_a") is client
    client = suspend(client).unwrap()
    assert suspend(client) == AlreadyDone(client)
    client = note_paid_invoice(client, "inv_a")
    assert reinstate(client) == AlreadyDone(client)
    client = reinstate(note_paid_invoice(client, "inv_b")).unwrap()
    assert (client.status, client.revision) == (Standing.GOOD, 2)
    assert reinstate(client) == AlreadyDone(client)


def test_the_primary_method_is_tried_first_and_others_as_they_came() -> None:
    """Proves I5."""
    wallet = Wallet("cl_acme", "live")
    for id, primary in (("bm_a", False), ("bm_b", False), ("bm_c", True)):
        wallet = add_method(wallet, BillingMethod(id, "card", MONDAY), primary=primary)
    assert wallet.method_ids == ("bm_c", "bm_a", "bm_b")


def test_an_answer_is_recorded_once() -> None:
    charge = Charge("chg", "live", ChargeKind.INVOICE, "inv", "ct", "cl", "fr", usd("1.00"), ("bm",),
                    ChargeStatus.ASKED, MONDAY)
    declined = answer(charge, ChargeStatus.DECLINED, now=MONDAY).unwrap()
    assert answer(declined, ChargeStatus.CAPTURED, now=MONDAY) == AlreadyDone(declined)


def test_a_deposit_is_settled_once() -> None:
    """Proves C6."""
    deposit = Deposit("dep", "live", "ct", None, "cl", "fr", usd("1.00"), usd("0.00"), usd("0.00"), usd("1.00"),
                      DepositStatus.REQUESTED, MONDAY)
    declined = settle(deposit, captured=False).unwrap()
    assert settle(declined, captured=True) == AlreadyDone(declined)


END = MONDAY + WEEK


@pytest.mark.parametrize(("activated", "active"), [(MONDAY - DAY, True), (END - MS, True), (END, False)])
def test_a_contract_is_active_in_a_week_from_its_beginning(activated: Instant, active: bool) -> None:
    """Proves T6."""
    assert contract(activated_at=activated).was_active_in(MONDAY, END) is active


@pytest.mark.parametrize(("since", "active"), [(MONDAY, False), (MONDAY + MS, True), (END, True)])
def test_it_is_active_until_it_is_paused_or_ended(since: Instant, active: bool) -> None:
    """Proves T6."""
    assert contract(activated_at=MONDAY - WEEK, inactive_since=since).was_active_in(MONDAY, END) is active


@pytest.mark.parametrize(("paused", "resumed", "active"), [
    (MONDAY - DAY, END, False), (MONDAY - DAY, END - MS, True), (MONDAY, END, False), (MONDAY + MS, END, True),
    (None, END, True),
])
def test_a_pause_that_ended_is_remembered(paused: Instant | None, resumed: Instant, active: bool) -> None:
    """Proves T6."""
    copy = contract(activated_at=MONDAY - WEEK, resumed_at=resumed, paused_before=paused)
    assert copy.was_active_in(MONDAY, END) is active


def test_a_contract_that_never_began_was_never_active() -> None:
    """Proves T6."""
    assert not contract(activated_at=None).was_active_in(MONDAY, END)
