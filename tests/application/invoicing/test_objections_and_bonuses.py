"""Objections to hours (I3) and bonuses (I7)."""

from datetime import timedelta

import pytest

from services.invoicing.application.give_bonus import GiveBonus, give_bonus
from services.invoicing.application.ownership import Actor
from services.invoicing.domain.invoices import InvoiceStatus
from shared.events.terms import Terms
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import DAY
from shared.kernel.money import Money
from tests.application.invoicing.desk import ACME, ANY_HIRE, DIRECT, MARKETPLACE, MIA, START, Desk, at, contract, usd

MS = timedelta(milliseconds=1)


async def test_the_client_objects_until_four_days_after_the_lock(desk: Desk) -> None:
    """Proves I3 and I4."""
    await desk.works_under()
    lock = await desk.week_closes("2026-02-23", 6)
    desk.clock.set(lock + 4 * DAY)
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await desk.objects()
    desk.clock.set(lock + 4 * DAY - MS)
    await desk.objects()
    await desk.objects()
    assert (await desk.topics()).count("invoice.objected") == 1


async def test_an_objection_is_withdrawn_once(desk: Desk) -> None:
    """Proves I3."""
    await desk.works_under()
    await desk.week_closes("2026-02-23", 6)
    with pytest.raises(Refusal, match="NO_OBJECTION"):
        await desk.withdraws()
    await desk.objects()
    desk.clock.advance(30 * DAY)
    await desk.withdraws()
    with pytest.raises(Refusal, match="NO_OBJECTION"):
        await desk.withdraws()
    assert (await desk.topics())[-2:] == ["invoice.objected", "invoice.objection_ended"]


async def test_there_is_nothing_to_object_to_before_the_first_invoice(desk: Desk) -> None:
    """Proves I3."""
    await desk.works_under()
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await desk.objects()


async def test_a_bonus_alone_cannot_be_objected_to(desk: Desk) -> None:
    """Proves I3."""
    await desk.works_under()
    await desk.gives_bonus("200.00")
    await desk.week_closes("2026-02-16", 0)
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await desk.objects()


@pytest.mark.parametrize(("terms", "kind"), [(MARKETPLACE, "hourly"), (DIRECT, "hourly"), (ANY_HIRE, "single")])
async def test_objections_are_offered_for_hours_and_rates_of_any_hire_alone(
    desk: Desk, terms: Terms, kind: str
) -> None:
    """Proves I3."""
    await desk.works_under(terms, kind)
    for act in (desk.objects, desk.withdraws):
        with pytest.raises(Refusal, match="NOT_OFFERED"):
            await act()


async def test_only_the_client_objects_and_gives_bonuses(desk: Desk) -> None:
    """Proves I3 and I7."""
    await desk.works_under()
    await desk.week_closes("2026-02-16", 6)
    for act in (desk.objects, desk.withdraws, lambda **who: desk.gives_bonus("10.00", **who)):
        with pytest.raises(Refusal, match="NOT_A_PARTY"):
            await act(actor=MIA)
        with pytest.raises(NotFound):
            await act(actor="cl_other")


async def test_a_bonus_rides_the_next_cadence_invoice(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under(cadence="bi_weekly")
    await desk.runs_until(at("2026-02-25T10:00:00"))
    given = await desk.gives_bonus("200.00")
    assert (given.bills_at, await desk.charged()) == (at("2026-03-02T12:00:00"), "0.00")
    await desk.week_closes("2026-02-23", 0)
    first = await desk.invoice(1)
    assert (first.gross, first.paid_at) == (usd("200.00"), at("2026-03-02T12:00:00"))
    await desk.runs_until(at("2026-03-03T10:00:00"))
    await desk.gives_bonus("200.00")
    await desk.week_closes("2026-03-09", 0)
    assert (await desk.invoice(2)).issued_at == at("2026-03-16T12:00:00")


async def test_a_bonus_stands_behind_the_weeks_on_one_invoice(desk: Desk) -> None:
    """Proves I7 and I8."""
    await desk.works_under()
    await desk.gives_bonus("200.00")
    await desk.week_closes("2026-02-16", 6)
    assert [line.kind.value for line in (await desk.invoice()).lines] == ["hours", "bonus"]


async def test_a_bonus_just_before_the_lock_rides_it_and_one_at_the_lock_the_next(desk: Desk) -> None:
    """Proves I4 and I7."""
    await desk.works_under()
    lock = at("2026-02-23T12:00:00")
    await desk.runs_until(lock - MS)
    assert (await desk.gives_bonus("1.00")).bills_at == lock
    await desk.runs_until(lock)
    assert (await desk.gives_bonus("1.00")).bills_at == lock + 7 * DAY


async def test_a_bonus_of_a_paused_contract_is_billed_at_its_lock_though_no_week_closes(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under()
    await desk.knows(contract(revision=3, status="paused", inactive_since=START), "contract.paused")
    await desk.gives_bonus("200.00")
    await desk.runs_until(at("2026-02-23T12:00:00"))
    assert (await desk.invoice()).status is InvoiceStatus.PAID


async def test_a_bonus_on_a_single_payment_is_charged_at_once(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under(kind="single")
    given = await desk.gives_bonus("50.00")
    assert (given.invoice_id, await desk.charged()) == ((await desk.invoice()).id, "50.00")


async def test_other_profiles_charge_a_bonus_at_once_with_both_fees(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under(MARKETPLACE)
    await desk.gives_bonus("100.10")
    invoice = await desk.invoice()
    assert (invoice.fee, invoice.net, invoice.client_fee, invoice.client_total) == (
        usd("10.01"), usd("90.09"), usd("5.01"), usd("110.10"))   # With 4.99: the contract's first charge.


async def test_a_bonus_on_prefunded_work_carries_no_initiation_fee(desk: Desk) -> None:
    """Proves I7 and I8."""
    await desk.works_under(MARKETPLACE, "single")
    await desk.gives_bonus("100.00")
    assert (await desk.invoice()).client_total == usd("105.00")


async def test_a_bonus_is_given_up_to_a_year_after_the_end(desk: Desk) -> None:
    """Proves I7."""
    ended = START + DAY
    await desk.works_under(MARKETPLACE, status="ended", ended_at=ended, inactive_since=ended)
    desk.clock.set(ended + 365 * DAY)
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await desk.gives_bonus("10.00")
    desk.clock.set(ended + 365 * DAY - MS)
    await desk.gives_bonus("10.00")


async def test_a_contract_that_has_not_begun_takes_no_bonus(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under(kind="single", status="accepted", activated_at=None)
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await desk.gives_bonus("10.00")


async def test_a_suspended_client_gives_no_bonus(desk: Desk) -> None:
    """Proves I6 and I7."""
    await desk.works_under()
    await desk.gateway_answers("declined", for_ever=True)
    lock = await desk.week_closes("2026-02-16", 6)
    await desk.runs_until(lock + 5 * DAY - MS)
    await desk.gives_bonus("10.00")
    await desk.runs_until(lock + 5 * DAY)
    with pytest.raises(Refusal, match="CLIENT_SUSPENDED"):
        await desk.gives_bonus("10.00")


async def test_a_bonus_has_the_currency_of_the_contract(desk: Desk) -> None:
    """Proves I7."""
    await desk.works_under()
    with pytest.raises(Refusal, match="CURRENCY_MISMATCH"):
        await desk.committer.run(give_bonus, GiveBonus(Actor(ACME), "ct_one", Money(100, "EUR")), clock="live")
