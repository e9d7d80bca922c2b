"""Random stories: whatever is closed, given, declined, lost and repeated, every cent is billed and charged once.

A story is drawn by hypothesis; a failing one is printed as the steps that reproduce it.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.invoicing.application.ports import SimulatedOutcome
from services.invoicing.domain.invoices import InvoiceStatus
from shared.kernel.instants import DAY, WEEK
from shared.kernel.money import Money, total
from tests.application.invoicing.desk import ANY_HIRE, MARKETPLACE, START, Desk

outcomes = st.lists(st.sampled_from(["ok", "declined", "lost_answer"]), max_size=12)


@dataclass(frozen=True)
class WorkedWeek:
    """One week of the story: whether it has a period, its segments, bonuses in cents, and attempts to pay by hand."""

    closes: bool
    segments: int
    bonuses: list[int]
    pays: bool


weeks = st.lists(st.builds(
    WorkedWeek, closes=st.booleans(), segments=st.integers(0, 300),
    bonuses=st.lists(st.integers(1, 50_000), max_size=2), pays=st.booleans()), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(weeks=weeks, outcomes=outcomes, cadence=st.sampled_from(["weekly", "bi_weekly"]), market=st.booleans())
def test_every_line_is_billed_once_and_every_cent_is_charged_once(
    weeks: list[WorkedWeek], outcomes: list[SimulatedOutcome], cadence: str, market: bool
) -> None:
    """Proves I1, I5, I6 and I8."""
    asyncio.run(_story(weeks, outcomes, cadence if not market else "weekly", market=market))


async def _story(weeks: list[WorkedWeek], outcomes: list[SimulatedOutcome], cadence: str, *, market: bool) -> None:
    async with Desk() as desk:
        await desk.works_under(MARKETPLACE if market else ANY_HIRE, cadence=cadence)
        await desk.gateway_answers(*outcomes)
        expected: Counter[int] = Counter()
        for number, week in enumerate([*weeks, WorkedWeek(True, 0, [], False), WorkedWeek(True, 0, [], False)]):
            await desk.runs_until(max(desk.clock.now(), START + number * WEEK + DAY))
            for cents in week.bonuses:
                await _gives_bonus(desk, cents, expected)
            if week.closes:
                await desk.week_closes((START + number * WEEK).date().isoformat(), week.segments)
                expected[750 * week.segments] += 1 if week.segments else 0
            if week.pays:
                await _pays_failed(desk)
        await desk.runs_until(desk.clock.now() + 14 * DAY)
        await _holds_together(desk, expected)


async def _gives_bonus(desk: Desk, cents: int, expected: Counter[int]) -> None:
    if not (await desk.client()).suspended:
        await desk.gives_bonus(str(Money(cents, "USD")))
        expected[cents] += 1


async def _pays_failed(desk: Desk) -> None:
    for invoice in await desk.invoices():
        if invoice.status is InvoiceStatus.CHARGE_FAILED:
            await desk.pays(invoice.contract_number)


async def _holds_together(desk: Desk, expected: Counter[int]) -> None:
    invoices = await desk.invoices()
    assert Counter(line.gross.amount_minor for invoice in invoices for line in invoice.lines) == expected
    assert [invoice.number for invoice in invoices] == list(range(1, len(invoices) + 1))
    paid = [invoice for invoice in invoices if invoice.status is InvoiceStatus.PAID]
    captured = total([invoice.client_total for invoice in paid], "USD")
    assert await desk.gateway_record() == (captured.amount_minor, 0)
    assert await desk.charged() == str(captured)
    assert {invoice.id for invoice in invoices if invoice.status is InvoiceStatus.CHARGE_FAILED} == set(
        (await desk.client()).failed_invoice_ids)
    assert all(invoice.net == invoice.gross - invoice.fee for invoice in invoices)
    topics = Counter(await desk.topics())
    assert (topics["invoice.issued"], topics["invoice.paid"]) == (len(invoices), len(paid))
    failures = sum(invoice.attempts for invoice in invoices) - len(paid)
    assert topics["invoice.charge_failed"] == failures
