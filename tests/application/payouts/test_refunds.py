"""Refunds by the freelancer shrink the contract's holds first, youngest first, then the balance (I9)."""

from datetime import timedelta

from services.payouts.domain.accounts import Balances
from services.payouts.domain.holds import HoldState
from shared.events.invoices import InvoiceRefunded, Refund
from tests.application.payouts.books import ACME, CONTRACT, LOCK, MIA, Books, usd


async def test_the_youngest_hold_shrinks_first(books: Books) -> None:
    await books.knows()
    await books.is_paid("100.00", id="inv_old")
    await books.is_paid("50.00", id="inv_young", at=LOCK + timedelta(days=1))
    await books.hears("invoice.refunded", _refund("60.00"))
    old, young = await books.holds()
    assert (old.amount, young.amount, young.state) == (usd("90.00"), usd("0.00"), HoldState.REFUNDED)
    assert await books.balances() == Balances(pending=9000)
    assert (await books.topics())[-2:] == ["funds.refunded", "funds.refunded"]


async def test_what_the_holds_do_not_cover_comes_from_what_is_available_and_then_becomes_arrears(books: Books) -> None:
    """Proves I9 and P6."""
    await books.has_a_payee_with("30.00")
    await books.is_paid("20.00", at=books.clock.now(), id="inv_held")
    await books.hears("invoice.refunded", _refund("60.00", invoice="inv_held"))
    assert await books.balances() == Balances(arrears=1000)
    assert sum((await books.ledger()).values()) == 0
    versions = [event.data.movement.version for _, event in await books.published()]
    assert versions == list(range(1, len(versions) + 1))


async def test_both_fee_shares_go_back_with_the_refund(books: Books) -> None:
    await books.knows()
    await books.is_paid("90.00", id="inv_old", fee="10.00", client_fee="5.00", initiation_fee="4.99")
    await books.hears("invoice.refunded", _refund("45.00", fee="5.00", client_fee="2.50"))
    assert dict(await books.ledger()) == {
        "client_money": -10999, "fees:client": 250, "fees:initiation": 499, "fees:freelancer": 500,
        "refunded": 5250, f"freelancer:{MIA}:pending": 4500}


async def test_a_refund_that_is_told_twice_or_before_its_payment_counts_once(books: Books) -> None:
    await books.knows()
    for id in ("evt_1", "evt_1", "evt_2"):
        await books.hears("invoice.refunded", _refund("60.00"), id=id)
    assert await books.balances() == Balances()
    await books.is_paid("100.00", id="inv_old")
    assert await books.balances() == Balances(pending=4000)


async def test_an_early_refund_waits_for_its_own_invoice_while_others_are_paid(books: Books) -> None:
    await books.knows()
    await books.hears("invoice.refunded", _refund("60.00"))
    await books.is_paid("30.00", id="inv_other")
    assert await books.balances() == Balances(pending=3000)
    await books.is_paid("100.00", id="inv_old")
    assert await books.balances() == Balances(pending=7000)


async def test_an_employees_refund_comes_from_the_employer_of_record(books: Books) -> None:
    await books.knows()
    await books.is_paid("60.00", id="inv_old", employer_of_record=True)
    await books.hears("invoice.refunded", _refund("60.00"))
    ledger = await books.ledger()
    assert (ledger["employer_of_record"], ledger["refunded"]) == (0, 6000)
    assert await books.balances() == Balances()


def _refund(
    net: str, *, fee: str = "0.00", client_fee: str = "0.00", invoice: str = "inv_old"
) -> InvoiceRefunded:
    gross = usd(net) + usd(fee)
    return InvoiceRefunded(object=Refund(
        id="ref_1", clock="live", contract_id=CONTRACT, invoice_ids=(invoice,), client_id=ACME, freelancer_id=MIA,
        amount=gross, fee=usd(fee), net=usd(net), client_fee=usd(client_fee), client_total=gross + usd(client_fee),
        refunded_at=LOCK))
