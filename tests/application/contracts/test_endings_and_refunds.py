"""Ending contracts, asking escrow back, and the answers (C2, C8, C9)."""

import pytest

from services.contracts.application.decline_contract import DeclineContract, decline_contract
from services.contracts.application.end_contract import AnswerRefund, answer_refund
from services.contracts.domain.contracts import Contract, MilestoneStatus, Status
from services.contracts.domain.policies import Kind
from shared.kernel.decisions import Refusal
from tests.application.contracts.office import Office, usd

pytestmark = pytest.mark.asyncio


async def funded(office: Office) -> Contract:
    """A marketplace contract with 600.00 in escrow."""
    return await office.funded(await office.agreed("marketplace", Kind.MILESTONES), 0)


async def answer(office: Office, contract: Contract, word: str, by: str | None = None) -> Contract:
    """The freelancer answers the question about escrow."""
    answered: Contract = await office.act(answer_refund, AnswerRefund(by or office.mia, contract.id, word))
    return answered


async def test_before_activation_it_is_cancelled_and_after_it_ended(office: Office) -> None:
    """Proves C2."""
    assert (await office.end(await office.offer())).status is Status.CANCELLED
    ended = await office.end(await office.agreed(), by=office.mia)
    assert (await office.end(await office.agreed("marketplace", Kind.SINGLE))).status is Status.CANCELLED
    assert (ended.status, ended.ended_reason) == (Status.ENDED, "ended by the freelancer")
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await office.end(ended)


async def test_an_offer_may_be_declined_by_the_other_side_only(office: Office) -> None:
    """Proves C2."""
    contract = await office.offer()
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await office.act(decline_contract, DeclineContract(office.acme, contract.id))
    declined = await office.act(decline_contract, DeclineContract(office.mia, contract.id))
    assert declined.status is Status.DECLINED
    assert (await office.topics(contract.id))[-1] == "contract.ended"


async def test_money_in_escrow_needs_a_word_about_it(office: Office) -> None:
    """Proves C8."""
    contract = await funded(office)
    with pytest.raises(Refusal, match="ESCROW_NOT_EMPTY"):
        await office.end(contract)
    ended = await office.end(contract, refund=True)
    assert (ended.status, ended.escrow.balance) == (Status.ENDED, usd("600.00"))
    assert ended.milestones[1].status is MilestoneStatus.CANCELLED
    assert "escrow.refunded" not in await office.topics(contract.id)
    with pytest.raises(Refusal, match="REFUND_ALREADY_ASKED"):
        await office.end(contract, refund=True)


async def test_silence_refunds_exactly_at_the_end_of_the_seventh_day(office: Office) -> None:
    """Proves C8 and I4."""
    contract = await office.end(await funded(office), refund=True)
    await office.wait(days=6, hours=23, minutes=59, seconds=59)
    assert (await office.contract(contract.id)).escrow.balance == usd("600.00")
    await office.wait(seconds=1)
    contract = await office.contract(contract.id)
    assert (contract.escrow.balance, contract.milestones[0].status) == (usd("0.00"), MilestoneStatus.CANCELLED)
    (refunded,) = await office.published("escrow.refunded", contract.id)
    assert (refunded.amount, refunded.client_fee, refunded.total) == (usd("600.00"), usd("30.00"), usd("630.00"))
    with pytest.raises(Refusal, match="REFUND_NOT_ASKED"):
        await answer(office, contract, "accept")


async def test_the_freelancer_accepts_and_the_money_goes_back_at_once(office: Office) -> None:
    """Proves C8."""
    contract = await office.end(await funded(office), refund=True)
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await answer(office, contract, "accept", by=office.acme)
    contract = await answer(office, contract, "accept")
    assert contract.escrow.balance == usd("0.00")
    await office.wait(days=8)
    assert len(await office.published("escrow.refunded", contract.id)) == 1


async def test_the_freelancer_declines_and_escrow_stays_until_it_is_asked_again_or_released(office: Office) -> None:
    """Proves C8."""
    contract = await office.end(await funded(office), refund=True)
    contract = await answer(office, contract, "decline")
    await office.wait(days=8)
    assert (await office.contract(contract.id)).escrow.balance == usd("600.00")
    contract = await office.end(contract, refund=True)
    assert contract.refund_question is not None
    contract = await office.approved(contract, 0)
    assert (contract.escrow.balance, contract.refund_question) == (usd("0.00"), None)
    await office.wait(days=8)
    assert "escrow.refunded" not in await office.topics(contract.id)


async def test_a_refund_and_an_approval_never_both_spend_a_deposit(office: Office) -> None:
    """Proves C8."""
    contract = await office.end(await funded(office), refund=True)
    await answer(office, contract, "accept")
    contract = await office.approved(contract, 0)
    assert contract.milestones[0].status is MilestoneStatus.CANCELLED
    assert "escrow.released" not in await office.topics(contract.id)


async def test_a_freelancer_who_ends_with_refund_has_answered_already(office: Office) -> None:
    """Proves C8."""
    contract = await office.end(await funded(office), refund=True, by=office.mia)
    assert (contract.status, contract.escrow.balance) == (Status.ENDED, usd("0.00"))


async def test_a_completed_contract_keeps_its_status_while_its_remainder_is_asked_back(office: Office) -> None:
    """Proves C8 and C9."""
    contract = await office.funded(await office.agreed("direct", Kind.SINGLE))
    contract = await office.approved(contract, amount="500.00")
    contract = await office.invoice_paid(contract)
    assert (contract.status, contract.escrow.balance) == (Status.COMPLETED, usd("300.00"))
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await office.end(contract)
    contract = await office.end(contract, refund=True)
    assert contract.status is Status.COMPLETED
    assert contract.refund_asked_at == office.now()
    await office.wait(days=7)
    (refunded,) = await office.published("escrow.refunded", contract.id)
    assert (refunded.amount, refunded.client_fee) == (usd("300.00"), usd("9.00"))
    assert (await office.contract(contract.id)).status is Status.COMPLETED


async def test_a_contract_cannot_be_ended_while_its_deposit_is_being_charged(office: Office) -> None:
    """Proves C2 and C6."""
    contract = await office.agreed("marketplace", Kind.SINGLE)
    await office.activate(contract)
    with pytest.raises(Refusal, match="DEPOSIT_IN_FLIGHT"):
        await office.end(contract)
    await office.deposit_answered(contract, captured=False)
    assert (await office.end(contract)).status is Status.CANCELLED


async def test_a_contract_without_escrow_has_nothing_to_refund(office: Office) -> None:
    """Proves C8."""
    contract = await office.agreed("any_hire", Kind.SINGLE)
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.end(contract, refund=True)
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await answer(office, contract, "accept")


async def test_an_open_dispute_outranks_the_calendar_and_its_decision_splits_escrow(office: Office) -> None:
    """Proves D3 and D4."""
    contract = await office.end(await funded(office), refund=True)
    await office.disputed(contract, "escrow")
    await office.wait(days=8)
    assert (await office.contract(contract.id)).escrow.balance == usd("600.00")
    contract = await office.decided(contract, "escrow", to_freelancer=usd("100.00"), to_client=usd("500.00"))
    assert (contract.escrow.balance, contract.refund_question) == (usd("0.00"), None)
    (released,) = await office.published("escrow.released", contract.id)
    (refunded,) = await office.published("escrow.refunded", contract.id)
    assert (released.amount, released.client_fee, released.submission_id) == (usd("100.00"), usd("5.00"), "dsp_1")
    assert (refunded.amount, refunded.client_fee) == (usd("500.00"), usd("25.00"))


async def test_a_withdrawn_dispute_lets_the_silence_speak(office: Office) -> None:
    """Proves D3."""
    contract = await office.end(await funded(office), refund=True)
    await office.disputed(contract, "escrow")
    await office.wait(days=8)
    await office.decided(contract, "escrow")
    await office.wait(seconds=0)
    assert (await office.contract(contract.id)).escrow.balance == usd("0.00")
