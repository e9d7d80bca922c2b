"""The simulated gateway: once per key, deterministic, durable, shared batches. The same promises as a real one's."""

import asyncio
from collections.abc import Sequence

import pytest

from services.invoicing.adapters.simulated_gateway import CHARGES, GatewayKeyReused, SimulatedGateway
from services.invoicing.application.ports import (
    ChargeOutcome,
    ChargeRequest,
    ChargeResult,
    GatewayAnswerLost,
    GatewayUnavailable,
    RefundRequest,
)
from shared.persistence.store import Conflict, Write
from shared.testing.clocks import FixedClock
from shared.testing.memory_store import MemoryStore, MemoryTransaction
from tests.application.invoicing.desk import ACME, usd

CAPTURED = ChargeOutcome(ChargeResult.CAPTURED, "bm_one")
DECLINED = ChargeOutcome(ChargeResult.DECLINED)


def gateway(store: MemoryStore | None = None) -> SimulatedGateway:
    return SimulatedGateway(store or MemoryStore(), clock=FixedClock())


def request(key: str = "chg_one", *, client: str = ACME, amount: str = "10.00", methods: Sequence[str] = ("bm_one",)
            ) -> ChargeRequest:
    return ChargeRequest(key, client, tuple(methods), usd(amount), "inv_one")


async def test_a_key_is_charged_once_and_answers_the_same_for_ever() -> None:
    store = MemoryStore()
    first = gateway(store)
    await first.set_outcomes(ACME, ["ok", "declined"], for_ever=False)
    assert await first.charge(request()) == CAPTURED
    assert await first.charge(request()) == CAPTURED
    assert await gateway(store).charge(request()) == CAPTURED   # Another process, the same record.
    assert await first.charge(request("chg_two")) == DECLINED
    assert len(store.tables[CHARGES]) == 2


async def test_a_list_that_is_used_up_lets_charges_succeed_and_one_for_ever_does_not_end() -> None:
    simulated = gateway()
    await simulated.set_outcomes(ACME, ["declined"], for_ever=False)
    assert [await simulated.charge(request(f"chg_{n}")) for n in range(3)] == [DECLINED, CAPTURED, CAPTURED]
    await simulated.set_outcomes(ACME, ["declined"], for_ever=True)
    assert [await simulated.charge(request(f"chg_more_{n}")) for n in range(3)] == [DECLINED] * 3
    assert await simulated.charge(request("chg_other", client="cl_other")) == CAPTURED


async def test_the_methods_are_tried_in_order_with_one_outcome_each() -> None:
    simulated = gateway()
    await simulated.set_outcomes(ACME, ["declined", "declined", "ok"], for_ever=False)
    assert await simulated.charge(request("chg_one", methods=["bm_one", "bm_two"])) == DECLINED
    assert await simulated.charge(request("chg_two", methods=["bm_one", "bm_two"])) == CAPTURED


async def test_a_lost_answer_was_charged_and_is_told_when_asked_again() -> None:
    store = MemoryStore()
    simulated = gateway(store)
    await simulated.set_outcomes(ACME, ["lost_answer"], for_ever=False)
    with pytest.raises(GatewayAnswerLost):
        await simulated.charge(request())
    assert store.tables[CHARGES]["chg_one"]["status"] == "captured"
    assert await simulated.charge(request()) == CAPTURED


async def test_calls_that_come_together_share_a_transaction_and_consume_outcomes_in_order() -> None:
    store = MemoryStore()
    simulated = gateway(store)
    await simulated.set_outcomes(ACME, ["declined", "ok", "declined"], for_ever=False)
    outcomes = await asyncio.gather(*(simulated.charge(request(f"chg_{n}")) for n in range(200)))
    assert [outcome == DECLINED for outcome in outcomes[:4]] == [True, False, True, False]
    assert sum(outcome == CAPTURED for outcome in outcomes) == 198
    same = await asyncio.gather(*(simulated.charge(request("chg_same")) for _ in range(5)))
    assert same == [CAPTURED] * 5
    assert len(store.tables[CHARGES]) == 201


async def test_two_processes_never_use_one_outcome_twice() -> None:
    store = MemoryStore()
    one, two = gateway(store), gateway(store)
    await one.set_outcomes(ACME, ["declined"] * 10, for_ever=False)
    outcomes = await asyncio.gather(*(
        simulated.charge(request(f"chg_{n}")) for n, simulated in enumerate([one, two] * 10)))
    assert sum(outcome == DECLINED for outcome in outcomes) == 10


async def test_a_conflict_with_another_process_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store, failures = MemoryStore(), 2
    write = MemoryTransaction.write

    async def conflicting(self: MemoryTransaction, writes: Sequence[Write]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise Conflict("another process was faster")
        await write(self, writes)

    monkeypatch.setattr(MemoryTransaction, "write", conflicting)
    assert await gateway(store).charge(request()) == CAPTURED


async def test_a_gateway_that_is_away_has_charged_nothing() -> None:
    store = MemoryStore()
    simulated = gateway(store)
    store.available = False
    with pytest.raises(GatewayUnavailable):
        await simulated.charge(request())
    store.available = True
    assert await simulated.charge(request()) == CAPTURED


async def test_a_key_is_not_used_for_another_amount() -> None:
    simulated = gateway()
    await simulated.charge(request())
    with pytest.raises(GatewayKeyReused):
        await simulated.charge(request(amount="10.01"))
    await simulated.refund(RefundRequest("chg_back", ACME, usd("4.00"), "ref_one"))
    with pytest.raises(GatewayKeyReused):
        await simulated.refund(RefundRequest("chg_back", ACME, usd("5.00"), "ref_one"))


async def test_a_refund_is_given_once() -> None:
    store = MemoryStore()
    simulated = gateway(store)
    for _ in range(2):
        await simulated.refund(RefundRequest("chg_back", ACME, usd("4.00"), "ref_one"))
    assert [row["amount_minor"] for row in store.tables["refunds"].values()] == [400]
