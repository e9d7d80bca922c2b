"""Holds: one per invoice and due instant, judged again by the books, blocked by objections, in any order of events."""

from datetime import timedelta

import pytest

from services.payouts.application.hold_invoice import hold_id
from services.payouts.domain.accounts import Balances
from services.payouts.domain.holds import HoldState
from shared.events.contracts import Deposit, DepositCaptured, EscrowRefund, EscrowRefunded
from shared.events.funds import DueHold, HoldDue
from shared.events.invoices import InvoiceLine, InvoiceObjected, InvoiceObjectionEnded, InvoicePaid
from tests.application.payouts.books import ACME, CONTRACT, FRIDAY, LOCK, MIA, Books, paid, usd


async def test_lines_that_mature_together_share_a_hold_and_others_have_their_own(books: Books) -> None:
    """Proves P1."""
    await books.knows()
    await books.is_paid("60.00", hold_days=2,
                        lines=(_line("a", "10.00"), _line("b", "20.00"), _line("c", "30.00", friday=True)))
    holds = await books.holds()
    assert [(hold.amount, hold.due_at, hold.rule) for hold in holds] == [
        (usd("30.00"), LOCK + timedelta(days=2), "P1:hold"), (usd("30.00"), FRIDAY, "P1:friday_after_lock")]
    assert len(await books.entries()) == 1
    assert await books.balances() == Balances(pending=6000)


async def test_every_hold_says_why_it_is_not_available_yet(books: Books) -> None:
    """Proves P7."""
    await books.knows()
    await books.hears("invoice.paid", InvoicePaid(object=paid("60.00", at=LOCK)), id="evt_paid")
    (hold,) = await books.holds()
    assert (hold.reason, hold.rule, hold.started_at, hold.due_at, hold.caused_by) == (
        "security_period", "P1:hold", LOCK, LOCK + timedelta(days=4), "evt_paid")


async def test_an_invoice_that_is_told_twice_is_booked_once(books: Books) -> None:
    """Proves I5 and P1."""
    await books.knows()
    for id in ("evt_1", "evt_1", "evt_2"):
        await books.hears("invoice.paid", InvoicePaid(object=paid("60.00")), id=id)
    assert await books.balances() == Balances(pending=6000)
    assert (await books.topics()).count("funds.held") == 1


async def test_a_hold_matures_once_however_often_its_time_comes(books: Books) -> None:
    """Proves P1."""
    await books.knows()
    await books.is_paid("60.00")
    (hold,) = await books.holds()
    for _ in range(3):
        await books.comes_due(hold)
    assert await books.balances() == Balances(available=6000)
    assert (await books.topics()).count("funds.available") == 1


async def test_a_due_that_comes_before_its_hold_is_remembered(books: Books) -> None:
    """Proves P1."""
    await books.knows()
    due_at = LOCK + timedelta(days=4)
    await books.hears("hold.due", HoldDue(object=DueHold(
        hold_id=hold_id("inv_one", due_at), hold_version=1, account_id=MIA, clock="live", due_at=due_at, now=due_at)))
    assert await books.topics() == []
    await books.is_paid("60.00")
    assert await books.balances() == Balances(available=6000)


async def test_money_that_comes_before_its_party_waits_on_the_account(books: Books) -> None:
    """Proves P1."""
    await books.is_paid("60.00")
    await books.knows()
    assert await books.balances() == Balances(pending=6000)
    assert await books.adds_method()


async def test_an_objection_keeps_the_money_pending_until_it_ends(books: Books) -> None:
    """Proves I3 and P7."""
    await books.knows()
    await books.is_paid("60.00")
    await books.hears("invoice.objected", InvoiceObjected(object=paid("60.00")))
    (hold,) = await books.holds()
    assert hold.reason == "objection"
    await books.comes_due(hold)
    assert await books.balances() == Balances(pending=6000)
    await books.hears("invoice.objection_ended", InvoiceObjectionEnded(object=paid("60.00")))
    (hold,) = await books.holds()
    await books.comes_due(hold)
    assert await books.balances() == Balances(available=6000)
    assert await books.topics() == ["funds.held", "funds.frozen", "funds.unfrozen", "funds.available"]


async def test_an_objection_that_comes_before_its_payment_is_remembered(books: Books) -> None:
    """Proves I3 and P7."""
    await books.knows()
    await books.hears("invoice.objected", InvoiceObjected(object=paid("60.00")))
    await books.is_paid("60.00")
    (hold,) = await books.holds()
    assert hold.reason == "objection"


async def test_an_objection_and_its_end_may_come_in_the_wrong_order(books: Books) -> None:
    """Proves I3."""
    await books.knows()
    await books.is_paid("60.00")
    await books.hears("invoice.objection_ended", InvoiceObjectionEnded(object=paid("60.00")))
    await books.hears("invoice.objected", InvoiceObjected(object=paid("60.00")))
    (hold,) = await books.holds()
    assert hold.reason == "security_period"
    assert await books.topics() == ["funds.held"]


async def test_an_objection_to_money_that_has_matured_changes_nothing(books: Books) -> None:
    """Proves I3."""
    await books.knows()
    await books.is_paid("60.00")
    (hold,) = await books.holds()
    await books.comes_due(hold)
    await books.hears("invoice.objected", InvoiceObjected(object=paid("60.00")))
    (hold,) = await books.holds()
    assert hold.state is HoldState.MATURED
    assert await books.balances() == Balances(available=6000)


async def test_an_employees_money_goes_to_the_employer_of_record_and_is_never_held(books: Books) -> None:
    """Proves C10."""
    await books.knows()
    await books.is_paid("60.00", employer_of_record=True)
    assert await books.holds() == []
    assert await books.balances() == Balances()
    assert await books.ledger() == {"client_money": -6000, "employer_of_record": 6000}


async def test_a_deposit_its_release_and_its_refund_balance(books: Books) -> None:
    """Proves C6 and C8."""
    await books.knows()
    await books.hears("deposit.captured", DepositCaptured(object=Deposit(
        id="dep_1", clock="live", contract_id=CONTRACT, milestone_id=None, client_id=ACME, freelancer_id=MIA,
        amount=usd("600.00"), client_fee=usd("30.00"), initiation_fee=usd("4.99"), total=usd("634.99"),
        status="captured", requested_at=LOCK)))
    await books.is_paid("405.00", fee="45.00", client_fee="22.50", paid_from="escrow")
    await books.hears("escrow.refunded", EscrowRefunded(object=EscrowRefund(
        id="erf_1", clock="live", contract_id=CONTRACT, client_id=ACME, freelancer_id=MIA, amount=usd("150.00"),
        client_fee=usd("7.50"), total=usd("157.50"), refunded_at=LOCK)))
    ledger = dict(await books.ledger())
    assert ledger.pop("escrow") == 0
    assert ledger == {
        "client_money": -63499, "fees:client": 2250, "fees:initiation": 499, "fees:freelancer": 4500,
        "refunded": 15750, f"freelancer:{MIA}:pending": 40500}


@pytest.mark.parametrize("topic", ["deposit.captured", "escrow.refunded"])
async def test_what_moves_no_freelancers_money_moves_no_account(books: Books, topic: str) -> None:
    """Proves C6 and C8."""
    await books.knows()
    if topic == "deposit.captured":
        payload: DepositCaptured | EscrowRefunded = DepositCaptured(object=Deposit(
            id="dep_1", clock="live", contract_id=CONTRACT, milestone_id=None, client_id=ACME, freelancer_id=MIA,
            amount=usd("5.00"), client_fee=usd("0.00"), initiation_fee=usd("0.00"), total=usd("5.00"),
            status="captured", requested_at=LOCK))
    else:
        payload = EscrowRefunded(object=EscrowRefund(
            id="erf_1", clock="live", contract_id=CONTRACT, client_id=ACME, freelancer_id=MIA, amount=usd("5.00"),
            client_fee=usd("0.00"), total=usd("5.00"), refunded_at=LOCK))
    await books.hears(topic, payload)
    assert (await books.account()).version == 0
    assert await books.topics() == []


def _line(id: str, net: str, *, friday: bool = False) -> InvoiceLine:
    line = InvoiceLine(id=id, kind="submission", gross=usd(net), fee=usd("0.00"), net=usd(net), client_fee=usd("0.00"))
    if friday:
        return line.model_copy(update={"kind": "hours", "locked_at": LOCK, "hold_floor": "friday_after_lock"})
    return line
