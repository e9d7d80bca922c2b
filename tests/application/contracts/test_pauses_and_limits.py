"""Pausing for several reasons, and weekly limits over time (I5, D2, T5)."""

import pytest

from services.contracts.application.change_weekly_limit import ChangeWeeklyLimit, change_weekly_limit
from services.contracts.application.pause_contract import PauseContract, pause_contract, resume_contract
from services.contracts.domain.contracts import Contract, Pause, Status
from services.contracts.domain.policies import Kind
from shared.kernel.decisions import Refusal
from tests.application.contracts.office import Office

pytestmark = pytest.mark.asyncio


async def test_a_party_pauses_and_resumes(office: Office) -> None:
    """Proves C2."""
    contract = await office.agreed()
    paused = await office.act(pause_contract, PauseContract(office.acme, contract.id))
    assert (paused.status, paused.inactive_since) == (Status.PAUSED, office.now())
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await office.act(pause_contract, PauseContract(office.mia, contract.id))
    resumed = await office.act(resume_contract, PauseContract(office.mia, contract.id))
    assert (resumed.status, resumed.inactive_since) == (Status.ACTIVE, None)
    assert (await office.topics(contract.id))[-2:] == ["contract.paused", "contract.resumed"]
    with pytest.raises(Refusal, match="CONTRACT_NOT_PAUSED"):
        await office.act(resume_contract, PauseContract(office.acme, contract.id))


async def test_it_stays_paused_until_the_last_failed_invoice_is_paid(office: Office) -> None:
    """Proves I5."""
    contract = await office.agreed()
    await office.charge_failed(contract, id="inv_1")
    await office.charge_failed(contract, id="inv_1", attempts=2)
    await office.charge_failed(contract, id="inv_2")
    assert (await office.invoice_paid(contract, id="inv_1", kind="hours", attempts=3)).status is Status.PAUSED
    assert (await office.invoice_paid(contract, id="inv_2", kind="hours", attempts=2)).status is Status.ACTIVE
    topics = await office.topics(contract.id)
    assert (topics.count("contract.paused"), topics.count("contract.resumed")) == (1, 1)


async def test_a_failure_that_is_heard_after_its_payment_pauses_nothing(office: Office) -> None:
    """Proves I5."""
    contract = await office.agreed()
    await office.invoice_paid(contract, kind="hours", attempts=2)
    assert (await office.charge_failed(contract)).status is Status.ACTIVE


async def test_several_reasons_keep_it_paused_together(office: Office) -> None:
    """Proves C2, I5 and D2."""
    contract = await office.agreed("marketplace")
    await office.charge_failed(contract)
    await office.act(pause_contract, PauseContract(office.acme, contract.id))
    both = await office.disputed(contract)
    assert set(both.pauses) == {Pause.PARTY, Pause.CHARGE_FAILED, Pause.DISPUTE}
    await office.act(resume_contract, PauseContract(office.acme, contract.id))
    assert (await office.invoice_paid(contract, kind="hours", attempts=2)).status is Status.PAUSED
    assert (await office.decided(contract)).status is Status.ACTIVE


async def test_a_dispute_that_is_over_before_it_is_heard_of_pauses_nothing(office: Office) -> None:
    """Proves D2."""
    contract = await office.agreed("marketplace")
    await office.decided(contract)
    assert (await office.disputed(contract)).status is Status.ACTIVE


async def test_a_contract_that_is_over_is_not_paused_by_a_late_failure(office: Office) -> None:
    """Proves C2 and I5."""
    contract = await office.end(await office.agreed())
    assert (await office.charge_failed(contract)).status is Status.ENDED


async def _limit(office: Office, contract: Contract, hours: int | None) -> list[tuple[int | None, str]]:
    changed = await office.act(change_weekly_limit, ChangeWeeklyLimit(office.acme, contract.id, hours))
    return [(limit.hours, limit.from_week.strftime("%m-%d")) for limit in changed.weekly_limits]


async def test_a_raise_counts_at_once_and_a_cut_from_next_monday(office: Office) -> None:
    """Proves T5."""
    contract = await office.agreed(weekly_limit_hours=20)
    await office.wait(days=2)
    assert await _limit(office, contract, 30) == [(30, "03-02")]
    assert await _limit(office, contract, 10) == [(30, "03-02"), (10, "03-09")]
    assert await _limit(office, contract, 15) == [(30, "03-02"), (15, "03-09")]
    assert await _limit(office, contract, 30) == [(30, "03-02")]
    assert await _limit(office, contract, 0) == [(30, "03-02"), (0, "03-09")]
    await office.wait(days=5)
    assert await _limit(office, contract, None) == [(30, "03-02"), (None, "03-09")]
    assert await _limit(office, contract, 40) == [(30, "03-02"), (None, "03-09"), (40, "03-16")]
    assert (await office.topics(contract.id))[-1] == "contract.amended"


async def test_only_the_client_limits_hours_and_only_hours_are_limited(office: Office) -> None:
    """Proves T5."""
    contract = await office.agreed()
    with pytest.raises(Refusal, match="NOT_A_PARTY"):
        await office.act(change_weekly_limit, ChangeWeeklyLimit(office.mia, contract.id, 10))
    fixed = await office.agreed("any_hire", Kind.FIXED_RATE)
    with pytest.raises(Refusal, match="NOT_OFFERED"):
        await office.act(change_weekly_limit, ChangeWeeklyLimit(office.acme, fixed.id, 10))
    ended = await office.end(contract)
    with pytest.raises(Refusal, match="CONTRACT_NOT_ACTIVE"):
        await office.act(change_weekly_limit, ChangeWeeklyLimit(office.acme, ended.id, 10))
