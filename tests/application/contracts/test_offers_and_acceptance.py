"""Offers, answers and what follows from them (C1, C2, C11)."""

import pytest

from services.contracts.domain.contracts import MilestoneStatus, Status
from services.contracts.domain.parties import Role
from services.contracts.domain.policies import Kind
from shared.kernel.decisions import NotFound, Refusal
from tests.application.contracts.office import Office, usd

pytestmark = pytest.mark.asyncio


async def test_an_any_hire_contract_is_active_on_acceptance_and_says_so_once_each(office: Office) -> None:
    """Proves C2."""
    contract = await office.agreed("any_hire", Kind.HOURLY)
    assert contract.status is Status.ACTIVE
    assert contract.activated_at == contract.accepted_at == office.now()
    events = await office.events(contract.id)
    assert [topic for topic, _ in events] == ["contract.offered", "contract.accepted", "contract.funded"]
    assert [resource.revision for _, resource in events] == [1, 2, 3]
    assert [resource.status for _, resource in events] == ["sent", "accepted", "active"]
    assert events[-1][1].funding_mode == "billing_method"
    assert events[-1][1].terms.hold_seconds == 4 * 86_400


async def test_marketplace_hours_are_active_on_acceptance(office: Office) -> None:
    """Proves C2."""
    contract = await office.agreed("marketplace", Kind.HOURLY)
    assert contract.status is Status.ACTIVE
    assert contract.terms.hours_review == "friday"
    assert contract.terms.initiation_fee == usd("4.99")


async def test_a_single_payment_of_any_hire_is_in_work_at_once(office: Office) -> None:
    """Proves C2 and C6."""
    contract = await office.agreed("any_hire", Kind.SINGLE)
    assert contract.status is Status.ACTIVE
    assert contract.milestones[0].status is MilestoneStatus.ACTIVE


async def test_a_prefunded_contract_waits_for_its_first_deposit(office: Office) -> None:
    """Proves C2 and C6."""
    contract = await office.agreed("marketplace", Kind.MILESTONES)
    assert contract.status is Status.ACCEPTED
    assert await office.topics(contract.id) == ["contract.offered", "contract.accepted"]


async def test_the_offerer_cannot_accept_and_a_stranger_sees_nothing(office: Office) -> None:
    """Proves C2."""
    contract = await office.offer()
    with pytest.raises(Refusal) as refused:
        await office.accept(contract, by=office.acme)
    assert refused.value.code == "NOT_A_PARTY"
    stranger = await office.register(Role.FREELANCER)
    with pytest.raises(NotFound):
        await office.accept(contract, by=stranger.id)


async def test_an_offer_is_accepted_until_its_last_moment_and_not_at_its_end(office: Office) -> None:
    """Proves C2 and I4."""
    contract = await office.offer()
    await office.wait(days=29, hours=23, minutes=59, seconds=59)
    assert (await office.contract(contract.id)).status is Status.SENT
    await office.wait(seconds=1)
    assert (await office.contract(contract.id)).status is Status.EXPIRED
    with pytest.raises(Refusal, match="OFFER_NOT_OPEN"):
        await office.accept(contract)
    assert (await office.topics(contract.id))[-1] == "contract.ended"


async def test_the_timer_of_an_answered_offer_does_nothing(office: Office) -> None:
    """Proves C2."""
    contract = await office.agreed()
    await office.wait(days=40)
    assert (await office.contract(contract.id)).status is Status.ACTIVE


async def test_a_pair_of_the_marketplace_is_refused_on_any_hire(office: Office) -> None:
    """Proves C11."""
    pending = await office.offer("any_hire", Kind.HOURLY)
    await office.agreed("marketplace", Kind.HOURLY)
    with pytest.raises(Refusal, match=r"KNOWN_FROM_MARKETPLACE.*conversion"):
        await office.offer("any_hire", Kind.SINGLE)
    with pytest.raises(Refusal, match="KNOWN_FROM_MARKETPLACE"):
        await office.accept(pending)
    other = await office.register(Role.FREELANCER)
    assert (await office.offer("any_hire", Kind.HOURLY, other_id=other.id)).status is Status.SENT


async def test_an_offer_needs_a_known_counterpart_of_the_other_role(office: Office) -> None:
    """Proves C2."""
    for other in ("fr_nobody", office.acme):
        with pytest.raises(NotFound):
            await office.offer(other_id=other)
