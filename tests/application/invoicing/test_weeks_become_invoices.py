"""Closed weeks become invoices at the lock that ends their cadence (I3, I8, T6, T8)."""

from datetime import timedelta

import pytest

from services.invoicing.domain.invoices import InvoiceStatus
from shared.events.work import Period, PeriodClosed
from shared.kernel.instants import DAY
from tests.application.invoicing.desk import ACME, DIRECT, MARKETPLACE, MIA, START, Desk, at, contract, usd


async def test_a_week_of_hours_is_invoiced_and_charged_at_its_lock(desk: Desk) -> None:
    """Proves I3."""
    await desk.works_under()
    lock = await desk.week_closes("2026-02-23", 193)
    invoice = await desk.invoice()
    assert (invoice.status, invoice.gross, invoice.fee, invoice.net) == (
        InvoiceStatus.PAID, usd("1447.50"), usd("0.00"), usd("1447.50"))
    assert (invoice.issued_at, invoice.paid_at, invoice.delay_seconds) == (lock, lock, 0)
    assert await desk.topics() == ["invoice.issued", "invoice.paid"]
    assert await desk.charged() == "1447.50"
    assert await desk.gateway_record() == (144_750, 0)


async def test_the_lock_of_the_cadence_is_on_the_line_with_its_hold_floor(desk: Desk) -> None:
    """Proves I3 and P1."""
    await desk.works_under()
    lock = await desk.week_closes("2026-02-23", 1)
    (line,) = (await desk.invoice()).lines
    assert (line.week_start, line.locked_at, line.segments, line.hold_floor.value) == (
        at("2026-02-23"), lock, 1, "friday_after_lock")


async def test_two_weeks_close_on_one_invoice_at_the_end_of_the_pair(desk: Desk) -> None:
    """Proves T6 and I3."""
    await desk.works_under(cadence="bi_weekly")
    await desk.week_closes("2026-02-16", 120)
    assert await desk.invoices() == []
    lock = await desk.week_closes("2026-02-23", 193)
    (invoice,) = await desk.invoices()
    assert (invoice.gross, len(invoice.lines), invoice.issued_at) == (usd("2347.50"), 2, lock)
    assert [line.gross for line in invoice.lines] == [usd("900.00"), usd("1447.50")]


async def test_a_first_half_before_the_contract_began_counts_as_empty(desk: Desk) -> None:
    """Proves T6."""
    await desk.works_under(cadence="bi_weekly", activated_at=at("2026-02-24"))
    await desk.week_closes("2026-02-23", 60)
    assert (await desk.invoice()).gross == usd("450.00")


async def test_an_empty_cadence_makes_no_invoice(desk: Desk) -> None:
    """Proves T6."""
    await desk.works_under()
    await desk.week_closes("2026-02-16", 0)
    assert await desk.invoices() == []
    await desk.week_closes("2026-02-23", 6)
    assert (await desk.invoice()).number == 1


async def test_a_contract_that_ended_in_the_first_half_is_billed_at_the_lock_of_the_pair(desk: Desk) -> None:
    """Proves C1, T6 and I3."""
    await desk.works_under(cadence="bi_weekly")
    ended = at("2026-02-19")
    await desk.knows(contract(cadence="bi_weekly", revision=3, status="ended", ended_at=ended, inactive_since=ended),
                     "contract.ended")
    await desk.week_closes("2026-02-16", 12)
    lock = at("2026-03-02T12:00:00")
    await desk.runs_until(lock - timedelta(milliseconds=1))
    assert await desk.invoices() == []
    await desk.runs_until(lock)
    invoice = await desk.invoice()
    assert (invoice.gross, invoice.issued_at, invoice.paid_at) == (usd("90.00"), lock, lock)


async def test_a_pair_waits_for_its_second_week_while_the_contract_runs(desk: Desk) -> None:
    """Proves T6."""
    await desk.works_under(cadence="bi_weekly")
    await desk.week_closes("2026-02-16", 12)
    await desk.runs_until(at("2026-03-02T12:00:01"))
    assert await desk.invoices() == []
    await desk.week_closes("2026-02-23", 0)
    assert (await desk.invoice()).gross == usd("90.00")


async def test_a_contract_paused_through_the_second_week_and_resumed_before_the_lock_is_billed_then(desk: Desk) -> None:
    """Proves T6 and I3."""
    await desk.works_under(cadence="bi_weekly")
    paused = at("2026-02-20")
    await desk.knows(
        contract(cadence="bi_weekly", revision=3, status="paused", inactive_since=paused), "contract.paused")
    await desk.week_closes("2026-02-16", 12)
    await desk.runs_until(at("2026-03-02T09:00:00"))
    await desk.knows(contract(cadence="bi_weekly", revision=4), "contract.resumed")
    await desk.runs_until(at("2026-03-02T12:00:00"))
    assert (await desk.invoice()).gross == usd("90.00")


async def test_both_fees_and_the_initiation_fee_of_the_first_charge(desk: Desk) -> None:
    """Proves I8."""
    await desk.works_under(MARKETPLACE, hourly_rate=usd("22.22"))
    await desk.week_closes("2026-02-23", 72)
    first = await desk.invoice(1)
    assert (first.gross, first.fee, first.net, first.client_fee, first.client_total) == (
        usd("266.64"), usd("26.66"), usd("239.98"), usd("13.33"), usd("284.96"))
    await desk.week_closes("2026-03-02", 72)
    assert (await desk.invoice(2)).client_total == usd("279.97")
    assert await desk.charged() == "564.93"


async def test_hours_of_an_employee_carry_no_freelancer_fee(desk: Desk) -> None:
    """Proves C10."""
    await desk.works_under(MARKETPLACE, employer_of_record=True)
    await desk.week_closes("2026-02-23", 6)
    invoice = await desk.invoice()
    assert (invoice.employer_of_record, invoice.fee, invoice.net) == (True, usd("0.00"), usd("45.00"))


async def test_numbers_have_no_gaps_per_client_and_count_per_contract(desk: Desk) -> None:
    """Proves I1."""
    await desk.works_under()
    await desk.knows(contract(id="ct_two"))
    await desk.week_closes("2026-02-16", 6)
    await desk.week_closes("2026-02-16", 6, contract_id="ct_two")
    await desk.week_closes("2026-02-23", 6)
    assert [(invoice.contract_id, invoice.number, invoice.contract_number) for invoice in await desk.invoices()] == [
        ("ct_one", 1, 1), ("ct_two", 2, 1), ("ct_one", 3, 2)]


async def test_a_period_that_comes_before_its_contract_waits_for_it(desk: Desk) -> None:
    """Proves I3."""
    await desk.knows_parties()
    await desk.week_closes("2026-02-23", 6)
    assert await desk.invoices() == []
    await desk.knows(contract())
    assert (await desk.invoice()).status is InvoiceStatus.PAID


async def test_a_repeated_period_bills_nothing_again(desk: Desk) -> None:
    """Proves I1 and I3."""
    await desk.works_under()
    period = Period(
        id="per_one", clock="live", contract_id="ct_one", client_id=ACME, freelancer_id=MIA, week_start=START,
        week_end=START + 7 * DAY, locked_at=at("2026-02-23T12:00:00"), segments=6, billable_segments=6)
    desk.clock.set(period.locked_at)
    assert await desk.hears("period.closed", PeriodClosed(object=period), id="evt_same")
    assert not await desk.hears("period.closed", PeriodClosed(object=period), id="evt_same")
    assert len(await desk.invoices()) == 1


@pytest.mark.parametrize(("start", "first"), [
    ("2026-02-16", "500.00"), ("2026-02-17", "400.00"), ("2026-02-18", "300.00"), ("2026-02-19", "200.00"),
    ("2026-02-20", "100.00"), ("2026-02-22", "100.00"),
])
async def test_the_first_week_of_a_marketplace_rate_is_pro_rated_by_start_day(
    desk: Desk, start: str, first: str
) -> None:
    """Proves T8."""
    await desk.works_under(MARKETPLACE, "fixed_rate", activated_at=at(start))
    await desk.week_closes("2026-02-16", 0)
    await desk.week_closes("2026-02-23", 0)
    assert [invoice.gross for invoice in await desk.invoices()] == [usd(first), usd("500.00")]


@pytest.mark.parametrize(("start", "weeks", "gross"), [
    ("2026-02-16", ("2026-02-16", "2026-02-23"), "500.00"), ("2026-02-24", ("2026-02-23",), "250.00"),
])
async def test_a_pair_of_a_rate_that_began_half_way_costs_half(
    desk: Desk, start: str, weeks: tuple[str, ...], gross: str
) -> None:
    """Proves T8."""
    await desk.works_under(kind="fixed_rate", cadence="bi_weekly", activated_at=at(start))
    for week in weeks:
        await desk.week_closes(week, 0)
    (invoice,) = await desk.invoices()
    assert (invoice.gross, len(invoice.lines)) == (usd(gross), 1)


async def test_hours_of_a_direct_contract_are_charged_at_the_lock(desk: Desk) -> None:
    """Proves I3 and I8."""
    await desk.works_under(DIRECT)
    await desk.week_closes("2026-02-23", 6)
    invoice = await desk.invoice()
    assert (invoice.gross, invoice.fee, invoice.client_total) == (usd("45.00"), usd("1.53"), usd("46.35"))


async def test_an_end_that_becomes_known_after_the_lock_still_bills_what_waited(desk: Desk) -> None:
    """Proves C1 and T6."""
    await desk.works_under(cadence="bi_weekly")
    await desk.week_closes("2026-02-16", 12)
    await desk.runs_until(at("2026-03-03T00:00:00"))
    assert await desk.invoices() == []
    ended = at("2026-02-19")
    await desk.knows(contract(cadence="bi_weekly", revision=3, status="ended", ended_at=ended, inactive_since=ended),
                     "contract.ended")
    invoice = await desk.invoice()
    assert (invoice.gross, invoice.issued_at) == (usd("90.00"), at("2026-03-02T12:00:00"))


async def test_a_rate_waits_until_it_is_known_when_its_contract_began(desk: Desk) -> None:
    """Proves T8."""
    await desk.knows_parties()
    await desk.knows(contract(MARKETPLACE, "fixed_rate", revision=1, status="accepted", activated_at=None),
                     "contract.accepted")
    await desk.week_closes("2026-02-16", 0)
    assert await desk.invoices() == []
    await desk.knows(contract(MARKETPLACE, "fixed_rate", activated_at=at("2026-02-18")))
    assert (await desk.invoice()).gross == usd("300.00")
