"""Charges that fail, daily retries, suspension, payment by hand, deposits and refunds of escrow (I5, I6, C6, C8)."""

from datetime import timedelta

import pytest

from services.invoicing.domain.clients import Standing
from services.invoicing.domain.invoices import InvoiceStatus
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import DAY
from shared.persistence.records import INTENTS
from tests.application.invoicing.desk import ANY_HIRE, MARKETPLACE, MIA, Desk, contract, usd

MS = timedelta(milliseconds=1)


async def test_two_declined_days_delay_the_success_by_two_days(desk: Desk) -> None:
    """Proves I5 and I6."""
    await desk.works_under()
    await desk.gateway_answers("declined", "declined", "ok")
    lock = await desk.week_closes("2026-02-23", 193)
    invoice = await desk.invoice()
    assert (invoice.status, invoice.due_at) == (InvoiceStatus.CHARGE_FAILED, lock + DAY)
    await desk.runs_until(lock + 2 * DAY - MS)
    assert (await desk.invoice()).status is InvoiceStatus.CHARGE_FAILED
    await desk.runs_until(lock + 2 * DAY)
    invoice = await desk.invoice()
    assert (invoice.status, invoice.paid_at, invoice.delay_seconds, invoice.attempts) == (
        InvoiceStatus.PAID, lock + 2 * DAY, 172_800, 3)
    topics = await desk.topics()
    assert (topics.count("invoice.charge_failed"), topics.count("invoice.paid")) == (2, 1)
    assert (await desk.client()).failed_invoice_ids == ()
    assert "client.suspended" not in topics


async def test_the_sixth_failure_suspends_the_client_and_no_retry_follows(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined", for_ever=True)
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + 5 * DAY - MS)
    assert (await desk.client()).status is Standing.GOOD
    await desk.runs_until(lock + 5 * DAY)
    assert (await desk.client()).status is Standing.SUSPENDED
    await desk.runs_until(lock + 60 * DAY)
    topics = await desk.topics()
    assert (topics.count("invoice.charge_failed"), topics.count("client.suspended")) == (6, 1)
    assert (await desk.invoice()).due_at is None


async def test_a_suspended_client_pays_by_hand_and_is_reinstated(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined", for_ever=True)
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + 10 * DAY)
    await desk.pays()
    assert ((await desk.topics()).count("invoice.charge_failed"), (await desk.client()).status) == (
        7, Standing.SUSPENDED)
    await desk.gateway_answers("ok")
    await desk.pays()
    invoice, client = await desk.invoice(), await desk.client()
    assert (invoice.status, invoice.delay_seconds) == (InvoiceStatus.PAID, 10 * 86_400)
    assert (client.status, client.failed_invoice_ids) == (Standing.GOOD, ())
    (reinstated,) = await desk.published("client.reinstated")
    assert reinstated.data.object.revision == 2


async def test_a_client_is_reinstated_only_when_all_failed_invoices_are_paid(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined", for_ever=True)
    await desk.week_closes("2026-02-16", 6)
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + 10 * DAY)
    await desk.gateway_answers()
    await desk.pays(1)
    assert (await desk.client()).status is Standing.SUSPENDED
    await desk.pays(2)
    assert (await desk.client()).status is Standing.GOOD
    assert (await desk.topics()).count("client.suspended") == 1


async def test_a_payment_by_hand_that_fails_leaves_the_daily_retries_as_they_were(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined", "declined", "ok")
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + timedelta(hours=2))
    await desk.pays()
    invoice = await desk.invoice()
    assert (invoice.due_at, invoice.attempts, invoice.scheduled_attempts) == (lock + DAY, 2, 1)
    await desk.runs_until(lock + DAY)
    assert (await desk.invoice()).status is InvoiceStatus.PAID


async def test_a_payment_by_hand_that_succeeds_ends_the_retries(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined")
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + timedelta(hours=2))
    await desk.pays()
    assert (await desk.invoice()).delay_seconds == 7_200
    await desk.runs_until(lock + 30 * DAY)
    assert await desk.gateway_record() == (4_500, 0)


async def test_only_a_failed_invoice_is_paid_by_hand_and_only_by_its_client(desk: Desk) -> None:
    """Proves I6."""
    await desk.works_under()
    await desk.gateway_answers("declined")
    await desk.week_closes("2026-02-23", 6)
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await desk.pays(actor=MIA)
    with pytest.raises(NotFound):
        await desk.pays(actor="cl_other")
    await desk.pays()
    with pytest.raises(Refusal, match="INVOICE_NOT_PAYABLE"):
        await desk.pays()


async def test_an_attempt_tries_the_billing_methods_in_order(desk: Desk) -> None:
    """Proves I5."""
    await desk.knows_parties(billing_methods=2)
    await desk.knows(contract())
    await desk.gateway_answers("declined", "ok", "declined", "declined")
    await desk.week_closes("2026-02-16", 6)
    assert (await desk.invoice(1)).status is InvoiceStatus.PAID
    await desk.week_closes("2026-02-23", 6)
    assert (await desk.invoice(2)).status is InvoiceStatus.CHARGE_FAILED
    assert (await desk.topics()).count("invoice.charge_failed") == 1


async def test_a_client_without_a_billing_method_declines(desk: Desk) -> None:
    """Proves I5."""
    await desk.knows_parties(billing_methods=0)
    await desk.knows(contract())
    await desk.week_closes("2026-02-16", 6)
    assert (await desk.invoice()).status is InvoiceStatus.CHARGE_FAILED
    assert await desk.gateway_store.find("charges", {}) == []


async def test_a_lost_answer_is_asked_again_and_charged_once(desk: Desk) -> None:
    """Proves I5."""
    await desk.works_under()
    await desk.gateway_answers("lost_answer", "declined")
    await desk.week_closes("2026-02-16", 6)
    assert ((await desk.invoice()).status, await desk.gateway_record()) == (InvoiceStatus.PAID, (4_500, 0))
    assert await desk.store.find(INTENTS.name, {}) == []


async def test_an_answer_that_was_recorded_before_is_recorded_once(desk: Desk) -> None:
    """Proves I5."""
    await desk.works_under()
    await desk.week_closes("2026-02-16", 6)
    (charge,) = await desk.store.find("charges", {})
    await desk.records_again(charge["_id"])
    assert ((await desk.topics()).count("invoice.paid"), await desk.charged()) == (1, "45.00")


async def test_a_deposit_is_captured_once_and_counted(desk: Desk) -> None:
    """Proves C6."""
    await desk.works_under(MARKETPLACE, "single")
    await desk.deposit_is_requested("600.00", "30.00", "4.99")
    (captured,) = await desk.published("deposit.captured")
    assert (captured.data.object.status, captured.data.object.total) == ("captured", usd("634.99"))
    assert (await desk.charged(), await desk.gateway_record()) == ("634.99", (63_499, 0))


async def test_a_declined_deposit_is_not_tried_again(desk: Desk) -> None:
    """Proves C6."""
    await desk.works_under(MARKETPLACE, "single")
    await desk.gateway_answers("declined")
    await desk.deposit_is_requested("600.00", "30.00", "4.99")
    await desk.runs_until(desk.clock.now() + 30 * DAY)
    assert await desk.topics() == ["deposit.declined"]
    assert (await desk.charged(), (await desk.client()).failed_invoice_ids) == ("0.00", ())
    await desk.deposit_is_requested("600.00", "30.00", "4.99", id="dep_two")
    assert await desk.charged() == "634.99"


async def test_a_deposit_of_an_unknown_client_waits_for_it(desk: Desk) -> None:
    """Proves C6."""
    await desk.deposit_is_requested("600.00", "30.00", "4.99")
    assert await desk.topics() == []
    await desk.knows_parties()
    assert await desk.topics() == ["deposit.declined"]   # No billing method yet.


async def test_escrow_that_goes_back_is_refunded_by_the_gateway(desk: Desk) -> None:
    """Proves C8."""
    await desk.works_under(MARKETPLACE, "single")
    await desk.deposit_is_requested("600.00", "30.00", "4.99")
    await desk.escrow_is_refunded("600.00", "30.00")
    assert (await desk.charged(), await desk.gateway_record()) == ("4.99", (63_499, 63_000))


async def test_the_window_to_object_grows_by_the_delay_of_the_charge(desk: Desk) -> None:
    """Proves I3 and I5."""
    await desk.works_under(ANY_HIRE)
    await desk.gateway_answers("declined", "ok")
    lock = await desk.week_closes("2026-02-23", 6)
    await desk.runs_until(lock + 5 * DAY)
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await desk.objects()
    desk.clock.set(lock + 5 * DAY - MS)
    assert (await desk.objects()).objection_open
