"""Asking for payouts: never overdrawn, in the order of the book, and only by one's own methods."""

import asyncio
from datetime import timedelta

import pytest

from services.payouts.application.request_payout import CURRENCY_NEEDED
from services.payouts.domain.accounts import Balances
from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payouts import Payout
from shared.events.invoices import InvoicePaid
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.money import Money
from tests.application.payouts.books import LOCK, MONDAY, Books, paid, usd


async def test_of_two_payouts_that_together_exceed_the_balance_exactly_one_succeeds(books: Books) -> None:
    """Proves P3."""
    await books.has_a_payee_with("100.00")
    answers = await asyncio.gather(books.asks_for("60.00"), books.asks_for("60.00"), return_exceptions=True)
    assert sum(isinstance(answer, Payout) for answer in answers) == 1
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == ["INSUFFICIENT_AVAILABLE"]
    assert await books.balances() == Balances(available=4000, reserved=6000)


async def test_a_refused_payout_leaves_no_trace(books: Books) -> None:
    """Proves P3."""
    await books.has_a_payee_with("100.00")
    before = await books.topics()
    with pytest.raises(Refusal, match="INSUFFICIENT_AVAILABLE"):
        await books.asks_for("100.01")
    assert (await books.topics(), await books.payouts()) == (before, [])


async def test_all_pays_the_whole_available_balance(books: Books) -> None:
    """Proves P3."""
    await books.has_a_payee_with("123.45")
    assert (await books.asks_for(None)).amount == usd("123.45")


async def test_all_of_nothing_is_below_the_minimum(books: Books) -> None:
    """Proves P2."""
    await books.knows()
    await books.adds_method()
    books.clock.advance(timedelta(days=3))
    with pytest.raises(Refusal, match="PAYOUT_BELOW_MINIMUM"):
        await books.asks_for(None)


async def test_all_needs_a_currency_where_there_are_two(books: Books) -> None:
    """Proves P3."""
    await books.has_a_payee_with("100.00")
    zero, amount = Money(0, "EUR"), Money(5000, "EUR")
    usd_line = paid("50.00").lines[0]
    line = usd_line.model_copy(update={"gross": amount, "net": amount, "fee": zero, "client_fee": zero})
    invoice = paid("50.00", id="inv_eur", hold_days=0, at=books.clock.now()).model_copy(update={
        "currency": "EUR", "lines": (line,), "gross": amount, "net": amount, "fee": zero, "client_fee": zero,
        "initiation_fee": zero, "client_total": amount})
    await books.hears("invoice.paid", InvoicePaid(object=invoice))
    (hold,) = [hold for hold in await books.holds() if hold.invoice_id == "inv_eur"]
    await books.comes_due(hold)
    with pytest.raises(Refusal, match=CURRENCY_NEEDED):
        await books.asks_for(None)
    assert (await books.asks_for(None, currency="EUR")).amount == amount
    assert (await books.asks_for(None)).amount == usd("100.00")


async def test_a_new_method_is_usable_after_exactly_three_days(books: Books) -> None:
    """Proves I4 and P2."""
    await books.knows()
    await books.adds_method()
    await books.earns("100.00")
    books.clock.set(MONDAY + timedelta(days=3, milliseconds=-1))
    with pytest.raises(Refusal, match="PAYOUT_METHOD_TOO_NEW"):
        await books.asks_for("10.00")
    books.clock.set(MONDAY + timedelta(days=3))
    assert await books.asks_for("10.00")


async def test_the_first_method_stays_the_default_and_another_can_be_named(books: Books) -> None:
    """Proves P2."""
    await books.has_a_payee_with("100.00")
    card = await books.adds_method(MethodKind.CARD)
    books.clock.advance(timedelta(days=3))
    assert (await books.asks_for("10.00")).method_kind is MethodKind.BANK
    assert (await books.asks_for("10.00", method_id=card.id)).method_kind is MethodKind.CARD


async def test_a_method_that_is_not_the_payees_is_unknown(books: Books) -> None:
    """Proves P2."""
    await books.has_a_payee_with("100.00")
    with pytest.raises(NotFound):
        await books.asks_for("10.00", method_id="pm_of_somebody_else")


async def test_nobody_without_an_account_can_ask(books: Books) -> None:
    with pytest.raises(NotFound):
        await books.asks_for("10.00")


async def test_a_payee_without_a_method_is_told_so(books: Books) -> None:
    """Proves P2."""
    await books.knows()
    await books.is_paid("100.00", at=LOCK)
    with pytest.raises(Refusal, match="PAYOUT_METHOD_MISSING"):
        await books.asks_for("10.00")
