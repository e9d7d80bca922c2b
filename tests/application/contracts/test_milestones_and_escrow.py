"""Milestones, deposits, releases and completion (C3 to C9)."""

import asyncio

import pytest

from services.contracts.application.change_milestones import (
    AcceptMilestone,
    AddMilestone,
    EditMilestone,
    accept_milestone,
    add_milestone,
    edit_milestone,
)
from services.contracts.domain.contracts import MilestoneStatus, Status
from services.contracts.domain.policies import Kind
from shared.kernel.decisions import NotFound, Refusal
from tests.application.contracts.office import Office, usd

pytestmark = pytest.mark.asyncio
ACTIVE, PLANNED, RELEASED = MilestoneStatus.ACTIVE, MilestoneStatus.PLANNED, MilestoneStatus.RELEASED


async def test_the_story_of_two_milestones_and_a_partial_release(office: Office) -> None:
    """Proves C2, C4, C6 and C7."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    asked = await office.activate(contract, 0)
    assert asked.deposit is not None
    assert asked.milestones[0].status is PLANNED
    (requested,) = await office.published("deposit.requested", contract.id)
    assert (requested.amount, requested.client_fee, requested.initiation_fee, requested.total) == (
        usd("600.00"), usd("30.00"), usd("4.99"), usd("634.99"))

    contract = await office.deposit_answered(contract)
    assert (contract.status, contract.milestones[0].status) == (Status.ACTIVE, ACTIVE)
    assert contract.milestones[0].deposit == contract.escrow.balance == usd("600.00")
    assert (await office.topics(contract.id))[-1] == "contract.funded"

    with pytest.raises(Refusal, match="MILESTONE_ALREADY_ACTIVE"):
        await office.activate(contract, 1)

    contract = await office.approved(contract, 0, amount="450.00")
    assert (contract.milestones[0].status, contract.escrow.balance) == (RELEASED, usd("150.00"))
    (released,) = await office.published("escrow.released", contract.id)
    assert (released.amount, released.client_fee, released.submission_id) == (usd("450.00"), usd("22.50"), "sub_1")

    contract = await office.invoice_paid(contract, 0)
    contract = await office.funded(contract, 1)
    assert contract.milestones[1].deposit == usd("250.00")
    assert contract.escrow.balance == usd("400.00")
    second = (await office.published("deposit.requested", contract.id))[1]
    assert (second.total, second.initiation_fee) == (usd("262.50"), usd("0.00"))

    contract = await office.approved(contract, 1, submission=2)
    last = (await office.published("escrow.released", contract.id))[1]
    assert (last.amount, last.client_fee) == (usd("400.00"), usd("20.00"))
    assert contract.status is Status.ACTIVE
    contract = await office.invoice_paid(contract, 1, id="inv_2")
    assert contract.status is Status.COMPLETED
    assert (await office.topics(contract.id))[-1] == "contract.ended"


async def test_a_declined_deposit_changes_nothing_and_the_client_may_activate_again(office: Office) -> None:
    """Proves C6."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    await office.activate(contract, 0)
    declined = await office.deposit_answered(contract, captured=False)
    assert (declined.status, declined.milestones[0].status, declined.deposit) == (Status.ACCEPTED, PLANNED, None)
    contract = await office.funded(contract, 0)
    assert contract.milestones[0].status is ACTIVE
    first, second = await office.published("deposit.requested", contract.id)
    assert first.id != second.id
    assert second.initiation_fee == usd("4.99")


async def test_of_two_activations_at_once_exactly_one_wins(office: Office) -> None:
    """Proves C4."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    outcomes = await asyncio.gather(office.activate(contract, 0), office.activate(contract, 0), return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [refusal.code for refusal in refusals] == ["MILESTONE_ALREADY_ACTIVE"]
    assert len(await office.published("deposit.requested", contract.id)) == 1


async def test_a_second_activation_is_refused_while_the_deposit_is_being_charged(office: Office) -> None:
    """Proves C4."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    await office.activate(contract, 0)
    for number in (0, 1):
        with pytest.raises(Refusal, match="MILESTONE_ALREADY_ACTIVE"):
            await office.activate(contract, number)


async def test_milestones_are_activated_in_the_order_of_their_creation(office: Office) -> None:
    """Proves C4."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    with pytest.raises(Refusal, match="MILESTONE_OUT_OF_ORDER"):
        await office.activate(contract, 1)


async def test_a_suspended_clients_activation_is_refused_until_it_is_reinstated(office: Office) -> None:
    """Proves I6."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    await office.client_is("good", 2)
    await office.client_is("suspended", 1)   # Older news that comes late.
    await office.activate(contract, 0)
    await office.deposit_answered(contract, captured=False)
    await office.client_is("suspended", 3)
    with pytest.raises(Refusal, match="CLIENT_SUSPENDED"):
        await office.activate(contract, 0)
    with pytest.raises(Refusal, match="CLIENT_SUSPENDED"):
        await office.offer("marketplace", Kind.HOURLY)
    await office.client_is("good", 4)
    assert (await office.activate(contract, 0)).deposit is not None


async def test_any_hire_milestones_begin_without_a_charge_and_complete_when_paid(office: Office) -> None:
    """Proves C2 and C6."""
    contract = await office.agreed("any_hire", Kind.MILESTONES)
    assert contract.status is Status.ACTIVE
    contract = await office.activate(contract, 0)
    assert contract.milestones[0].status is ACTIVE
    contract = await office.approved(contract, 0)
    contract = await office.invoice_paid(contract, 0)
    contract = await office.activate(contract, 1)
    paid_first = await office.invoice_paid(contract, 1, id="inv_2")   # The payment is heard before the approval.
    assert paid_first.status is Status.ACTIVE
    contract = await office.approved(contract, 1, submission=2)
    assert contract.status is Status.COMPLETED
    assert "deposit.requested" not in await office.topics(contract.id)
    assert "escrow.released" not in await office.topics(contract.id)


async def test_a_prefunded_single_payment_is_funded_released_and_completed(office: Office) -> None:
    """Proves C2 and C6."""
    contract = await office.agreed("marketplace", Kind.SINGLE)
    contract = await office.funded(contract)
    assert (contract.status, contract.escrow.balance) == (Status.ACTIVE, usd("800.00"))
    (requested,) = await office.published("deposit.requested", contract.id)
    assert (requested.milestone_id, requested.total) == (None, usd("844.99"))
    contract = await office.approved(contract)
    (released,) = await office.published("escrow.released", contract.id)
    assert (released.milestone_id, released.client_fee) == (None, usd("40.00"))
    contract = await office.invoice_paid(contract)
    assert contract.status is Status.COMPLETED
    assert (await office.events(contract.id))[-1][1].milestones == ()


async def test_a_bonus_completes_nothing(office: Office) -> None:
    """Proves C2 and C9."""
    contract = await office.funded(await office.agreed("marketplace", Kind.SINGLE))
    contract = await office.approved(contract)
    assert (await office.invoice_paid(contract, id="inv_b", kind="bonus")).status is Status.ACTIVE


async def test_an_approval_that_comes_again_releases_nothing_more(office: Office) -> None:
    """Proves C7."""
    contract = await office.funded(await office.agreed("marketplace", Kind.MILESTONES), 0)
    await office.approved(contract, 0, amount="450.00")
    contract = await office.approved(contract, 0)
    assert contract.escrow.balance == usd("150.00")
    assert len(await office.published("escrow.released", contract.id)) == 1


async def test_submissions_and_changes_show_on_the_milestone_in_whatever_order_they_are_heard(office: Office) -> None:
    """Proves C4 and I2."""
    contract = await office.funded(await office.agreed("marketplace", Kind.MILESTONES), 0)
    await office.submitted(contract, 0)
    assert (await office.contract(contract.id)).milestones[0].status is MilestoneStatus.SUBMITTED
    assert (await office.sent_back(contract, 0)).milestones[0].status is ACTIVE
    contract = await office.sent_back(contract, 0, submission=2)
    await office.submitted(contract, 0, submission=2)   # Late news.
    assert (await office.contract(contract.id)).milestones[0].status is ACTIVE
    await office.submitted(contract, 0, submission=3)
    assert (await office.contract(contract.id)).milestones[0].status is MilestoneStatus.SUBMITTED


async def test_adding_proposing_accepting_and_editing(office: Office) -> None:
    """Proves C3 and C5."""
    contract = await office.funded(await office.agreed("marketplace", Kind.MILESTONES), 0)
    added = await office.act(add_milestone, AddMilestone(office.acme, contract.id, "polish", usd("5.00")))
    assert added.status is PLANNED
    proposed = await office.act(add_milestone, AddMilestone(office.mia, contract.id, "extra", usd("70.00")))
    assert proposed.status is MilestoneStatus.PROPOSED
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await office.act(accept_milestone, AcceptMilestone(office.mia, contract.id, proposed.id))
    with pytest.raises(Refusal, match="MILESTONE_NOT_PROPOSED"):
        await office.act(accept_milestone, AcceptMilestone(office.acme, contract.id, added.id))
    accepted = await office.act(accept_milestone, AcceptMilestone(office.acme, contract.id, proposed.id))
    assert accepted.status is PLANNED
    with pytest.raises(Refusal, match="MILESTONE_NOT_EDITABLE"):
        await office.act(edit_milestone, EditMilestone(
            office.acme, contract.id, contract.milestones[0].id, None, usd("700.00")))
    with pytest.raises(Refusal, match="AMOUNT_BELOW_MINIMUM"):
        await office.act(edit_milestone, EditMilestone(office.acme, contract.id, added.id, None, usd("4.99")))
    edited = await office.act(edit_milestone, EditMilestone(office.acme, contract.id, added.id, "polish!", None))
    assert (edited.title, edited.amount) == ("polish!", usd("5.00"))
    with pytest.raises(NotFound):
        await office.act(edit_milestone, EditMilestone(office.acme, contract.id, "ms_nobody", "x", None))


async def test_the_inside_of_a_single_payment_is_nobodys_milestone(office: Office) -> None:
    """Proves C5."""
    contract = await office.agreed("marketplace", Kind.SINGLE)
    with pytest.raises(NotFound):
        await office.act(edit_milestone, EditMilestone(office.acme, contract.id, contract.id, None, usd("9.00")))
    with pytest.raises(NotFound):
        await office.activate(contract, 0)


async def test_time_has_nothing_to_activate(office: Office) -> None:
    """Proves C6."""
    for contract in (await office.agreed("any_hire", Kind.HOURLY), await office.agreed("any_hire", Kind.SINGLE)):
        with pytest.raises(Refusal, match="NOT_OFFERED"):
            await office.activate(contract)
