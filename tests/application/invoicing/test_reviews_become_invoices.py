"""Submitted work is reviewed, approved, charged or paid from escrow (I2, C6, C7, C9)."""

from datetime import timedelta

import pytest

from services.invoicing.domain.invoices import InvoiceStatus
from services.invoicing.domain.reviews import ReviewStatus
from shared.events.contracts import Milestone
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.instants import DAY
from tests.application.invoicing.desk import ANY_HIRE, DIRECT, MARKETPLACE, MIA, START, Desk, contract, usd

MS = timedelta(milliseconds=1)


async def test_silence_approves_at_the_end_and_the_charge_follows_at_that_instant(desk: Desk) -> None:
    """Proves C6 and I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    end = START + 7 * DAY
    assert (await desk.review()).ends_at == end
    await desk.runs_until(end - MS)
    assert await desk.invoices() == []
    await desk.runs_until(end)
    invoice, review = await desk.invoice(), await desk.review()
    assert (invoice.status, invoice.gross, invoice.paid_at) == (InvoiceStatus.PAID, usd("800.00"), end)
    assert (review.status, review.approved_by, review.decided_at) == (ReviewStatus.APPROVED, "silence", end)
    assert await desk.topics() == ["work.approved", "invoice.issued", "invoice.paid"]


async def test_an_approval_is_charged_at_once(desk: Desk) -> None:
    """Proves C6 and I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    desk.clock.advance(DAY)
    await desk.approves()
    invoice = await desk.invoice()
    assert (invoice.status, invoice.paid_at, (await desk.review()).approved_by) == (
        InvoiceStatus.PAID, START + DAY, "client")
    await desk.runs_until(START + 30 * DAY)
    assert len(await desk.invoices()) == 1


@pytest.mark.parametrize("act", ["approves", "requests_changes"])
async def test_an_act_just_before_the_end_counts_and_one_at_the_end_is_late(desk: Desk, act: str) -> None:
    """Proves I2 and I4."""
    await desk.works_under(DIRECT.model_copy(update={"silence_approves": True}), "single")
    await desk.work_is_submitted()
    desk.clock.set(START + 14 * DAY)
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await getattr(desk, act)()
    desk.clock.set(START + 14 * DAY - MS)
    await getattr(desk, act)()


async def test_a_request_for_changes_stops_the_window_and_a_resubmission_opens_a_full_new_one(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(ANY_HIRE.model_copy(update={"review_days": 14}), "single", amount=usd("1250.00"))
    await desk.work_is_submitted("sub_one", 1)
    await desk.runs_until(START + 8 * DAY)
    await desk.requests_changes("sub_one")
    await desk.runs_until(START + 10 * DAY)
    await desk.work_is_submitted("sub_two", 2)
    await desk.runs_until(START + 14 * DAY)
    assert (await desk.review("sub_two")).status is ReviewStatus.IN_REVIEW
    assert (await desk.review("sub_two")).ends_at == START + 24 * DAY
    await desk.requests_changes("sub_two")
    await desk.work_is_submitted("sub_three", 3)
    await desk.approves("sub_three")
    await desk.runs_until(START + 40 * DAY)
    assert (await desk.topics()).count("invoice.paid") == 1
    assert [event.data.object.number for event in await desk.published("work.changes_requested")] == [1, 2]


async def test_a_decided_review_takes_no_second_decision(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    await desk.approves()
    for act in (desk.approves, desk.requests_changes):
        with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
            await act()


async def test_a_later_submission_takes_the_place_of_an_undecided_one(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted("sub_one", 1)
    await desk.work_is_submitted("sub_two", 2)
    assert (await desk.review("sub_one")).status is ReviewStatus.SUPERSEDED
    with pytest.raises(Refusal, match="REVIEW_WINDOW_CLOSED"):
        await desk.approves("sub_one")
    await desk.runs_until(START + 30 * DAY)
    assert len(await desk.invoices()) == 1


async def test_an_older_submission_that_comes_late_opens_nothing(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted("sub_two", 2)
    await desk.work_is_submitted("sub_one", 1)
    assert (await desk.review("sub_one")).status is ReviewStatus.SUPERSEDED
    assert (await desk.review("sub_two")).status is ReviewStatus.IN_REVIEW


async def test_only_the_client_reviews_and_strangers_find_nothing(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    for act in (desk.approves, desk.requests_changes):
        with pytest.raises(Refusal, match="NOT_A_PARTY"):
            await act(actor=MIA)
        with pytest.raises(NotFound):
            await act(actor="cl_other")
        with pytest.raises(NotFound):
            await act("sub_unknown")


async def test_another_amount_than_the_whole_is_not_offered_where_nothing_is_prefunded(desk: Desk) -> None:
    """Proves C7."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    for amount in ("799.99", "800.01"):
        with pytest.raises(Refusal, match="NOT_OFFERED"):
            await desk.approves(amount=amount)
    await desk.approves(amount="800.00")
    assert (await desk.invoice()).gross == usd("800.00")


async def test_a_prefunded_approval_asks_contracts_and_only_a_release_is_paid(desk: Desk) -> None:
    """Proves C6, C7 and I5."""
    await desk.works_under(MARKETPLACE, "single", amount=usd("600.00"))
    await desk.work_is_submitted()
    with pytest.raises(Refusal, match="APPROVED_AMOUNT_TOO_HIGH"):
        await desk.approves(amount="600.01")
    await desk.approves(amount="450.00")
    (approved,) = await desk.published("work.approved")
    assert (approved.data.object.amount, await desk.invoices()) == (usd("450.00"), [])
    await desk.escrow_is_released("450.00", "22.50")
    invoice = await desk.invoice()
    assert (invoice.status, invoice.paid_from, invoice.gross, invoice.fee, invoice.net) == (
        InvoiceStatus.PAID, "escrow", usd("450.00"), usd("45.00"), usd("405.00"))
    assert (invoice.client_total, invoice.initiation_fee) == (usd("472.50"), usd("0.00"))
    assert await desk.topics() == ["work.approved", "invoice.issued", "invoice.paid"]
    assert (await desk.gateway_record(), await desk.charged()) == ((0, 0), "0.00")


async def test_silence_never_approves_a_direct_contract(desk: Desk) -> None:
    """Proves C9 and I2."""
    await desk.works_under(DIRECT, "single", amount=usd("600.00"))
    await desk.work_is_submitted()
    await desk.runs_until(START + 400 * DAY)
    assert ((await desk.review()).status, (await desk.review()).ends_at) == (ReviewStatus.IN_REVIEW, None)
    await desk.approves()
    assert (await desk.topics()) == ["work.approved"]


def milestone(status: str, amount: str = "400.00") -> Milestone:
    return Milestone.model_validate({
        "id": "ms_one", "title": "build", "amount": usd(amount), "status": status, "deposit": usd("0.00")})


async def test_work_on_a_milestone_waits_until_its_amount_is_known_for_good(desk: Desk) -> None:
    """Proves C5 and I2."""
    await desk.works_under(kind="milestones", milestones=(milestone("planned", "300.00"),))
    await desk.work_is_submitted(milestone_id="ms_one")
    assert await desk.store.find("reviews", {}) == []
    await desk.knows(contract(kind="milestones", milestones=(milestone("active"),), revision=3), "contract.amended")
    assert (await desk.review()).whole == usd("400.00")
    await desk.approves()
    assert (await desk.invoice()).lines[0].milestone_id == "ms_one"


async def test_work_that_is_handed_in_before_its_contract_is_known_is_reviewed_from_its_own_instant(desk: Desk) -> None:
    """Proves I2."""
    await desk.knows_parties()
    await desk.work_is_submitted()
    desk.clock.advance(DAY)
    await desk.knows(contract(kind="single"))
    assert (await desk.review()).ends_at == START + 7 * DAY


async def test_an_older_revision_of_a_contract_changes_nothing(desk: Desk) -> None:
    """Proves I2."""
    await desk.works_under(kind="single", revision=5)
    await desk.knows(contract(kind="single", revision=4, amount=usd("1.00")), "contract.amended")
    await desk.work_is_submitted()
    assert (await desk.review()).whole == usd("800.00")


async def test_work_of_a_contract_that_ended_meanwhile_is_still_approved_and_charged(desk: Desk) -> None:
    """Proves C1."""
    await desk.works_under(kind="single")
    await desk.work_is_submitted()
    ended = START + DAY
    await desk.knows(contract(kind="single", revision=3, status="ended", ended_at=ended, inactive_since=ended),
                     "contract.ended")
    await desk.runs_until(START + 7 * DAY)
    assert (await desk.invoice()).status is InvoiceStatus.PAID
