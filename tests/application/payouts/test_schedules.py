"""Payouts by themselves: whole balance, default method, threshold, and the sweep after 180 days (P4)."""

from datetime import timedelta

from services.payouts.domain.accounts import Balances
from services.payouts.domain.payout_schedules import Every
from shared.kernel.instants import parse_instant
from shared.persistence.records import DUES
from tests.application.payouts.books import MONDAY, Books, usd

WEDNESDAY = parse_instant("2026-03-04T12:00:00Z")


async def test_a_run_pays_the_whole_available_balance_to_the_default_method(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    await books.chooses(Every.WEEKLY)
    await books.runs_until(WEDNESDAY - timedelta(milliseconds=1))
    assert await books.balances() == Balances(available=10000)
    await books.runs_until(WEDNESDAY)
    (payout,) = await books.payouts()
    assert (payout.amount, payout.by_schedule, payout.requested_at) == (usd("100.00"), True, WEDNESDAY)
    assert await books.balances() == Balances(reserved=10000)


async def test_below_the_threshold_a_run_skips_and_the_next_one_comes(books: Books) -> None:
    await books.has_a_payee_with("99.99")
    await books.chooses(Every.WEEKLY, "100.00")
    await books.runs_until(WEDNESDAY)
    assert await books.payouts() == []
    await books.earns("0.01")
    await books.runs_until(WEDNESDAY + timedelta(days=7))
    assert [payout.amount for payout in await books.payouts()] == [usd("100.00")]


async def test_the_first_run_180_days_after_the_last_movement_ignores_the_threshold(books: Books) -> None:
    await books.has_a_payee_with("20.00")
    await books.chooses(Every.WEEKLY, "100.00")
    moved_at = (await books.account()).moved_at
    assert moved_at is not None
    await books.runs_until(moved_at + timedelta(days=180) - timedelta(milliseconds=1))
    assert await books.payouts() == []
    await books.runs_until(moved_at + timedelta(days=187))
    (payout,) = await books.payouts()
    assert payout.amount == usd("20.00")
    assert payout.requested_at - moved_at >= timedelta(days=180)


async def test_a_method_that_is_too_new_at_the_run_skips_it(books: Books) -> None:
    """Proves P2 and P4."""
    await books.knows()
    await books.earns("100.00")
    books.clock.set(WEDNESDAY - timedelta(days=3) + timedelta(milliseconds=1))
    await books.adds_method()
    await books.chooses(Every.WEEKLY)
    await books.runs_until(WEDNESDAY)
    assert await books.payouts() == []
    await books.runs_until(WEDNESDAY + timedelta(days=7))
    assert len(await books.payouts()) == 1


async def test_a_method_that_is_three_days_old_at_the_run_is_used(books: Books) -> None:
    """Proves P2 and P4."""
    await books.knows()
    await books.earns("100.00")
    books.clock.set(WEDNESDAY - timedelta(days=3))
    await books.adds_method()
    await books.chooses(Every.WEEKLY)
    await books.runs_until(WEDNESDAY)
    assert len(await books.payouts()) == 1


async def test_on_demand_takes_the_runs_back(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    await books.chooses(Every.WEEKLY)
    await books.chooses(Every.NONE)
    assert await books.store.find(DUES.name, {}) == []
    await books.runs_until(MONDAY + timedelta(days=400))
    assert await books.payouts() == []


async def test_a_run_that_has_nothing_to_pay_is_followed_by_the_next(books: Books) -> None:
    await books.knows()
    await books.chooses(Every.MONTHLY)
    await books.runs_until(parse_instant("2026-04-01T00:00:00Z"))
    (due,) = await books.store.find(DUES.name, {})
    assert due["due_at"] == parse_instant("2026-04-29T12:00:00Z")
