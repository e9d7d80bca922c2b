"""From a paid invoice to a settled payout, on the books alone."""

from datetime import timedelta

from services.payouts.domain.accounts import Balances
from services.payouts.domain.payouts import PayoutStatus
from shared.events.funds import HoldChange
from shared.events.invoices import InvoiceLine
from shared.events.payouts import PayoutChange
from tests.application.payouts.books import FRIDAY, LOCK, MIA, Books, usd


async def test_a_paid_invoice_is_pending_until_its_due_instant_and_available_at_it(books: Books) -> None:
    """Proves P1."""
    await books.knows()
    await books.is_paid("1447.50", lines=(_hours("1447.50"),))
    (hold,) = await books.holds()
    assert await books.balances() == Balances(pending=144750)
    assert hold.due_at == FRIDAY
    await books.comes_due(hold, now=FRIDAY - timedelta(milliseconds=1))
    assert await books.balances() == Balances(pending=144750)
    await books.comes_due(hold, now=FRIDAY)
    assert await books.balances() == Balances(available=144750)


async def test_what_is_available_can_be_paid_out_and_settles(books: Books) -> None:
    """Proves P5."""
    await books.has_a_payee_with("1447.50")
    payout = await books.asks_for("1447.50")
    assert await books.balances() == Balances(reserved=144750)
    await books.calls_the_rail()
    assert (await books.payout(payout.id)).status is PayoutStatus.SETTLED
    assert await books.balances() == Balances(paid_out=144750)


async def test_every_movement_is_told_once_with_a_version_that_has_no_gaps(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    await books.asks_for("60.00")
    await books.calls_the_rail()
    events = await books.published()
    assert [topic for topic, _ in events] == [
        "funds.held", "funds.available", "payout.requested", "payout.released", "payout.settled"]
    changes = [event.data for _, event in events]
    assert all(isinstance(change, HoldChange | PayoutChange) for change in changes)
    assert [change.movement.version for change in changes] == [1, 2, 3, 4, 5]
    assert (await books.account()).version == 5


async def test_the_whole_ledger_sums_to_zero(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    await books.is_paid("90.00", id="inv_fees", fee="10.00", client_fee="5.00", initiation_fee="4.99")
    ledger = await books.ledger()
    assert sum(ledger.values()) == 0
    assert ledger["client_money"] == -(10000 + 10999)
    assert ledger[f"freelancer:{MIA}:pending"] == 9000


def _hours(net: str) -> InvoiceLine:
    return InvoiceLine(
        id="line_hours", kind="hours", gross=usd(net), fee=usd("0.00"), net=usd(net), client_fee=usd("0.00"),
        week_start=LOCK - timedelta(days=7, hours=12), locked_at=LOCK, hold_floor="friday_after_lock")
