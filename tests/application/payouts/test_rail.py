"""The rail: asked outside of transactions, by our payout id, and never made to pay twice (P5)."""

import asyncio

import pytest

from services.payouts.adapters.simulated_rail import TRANSFERS, SimulatedRail
from services.payouts.application.ports import RailOrder, RailSilent, SimulatedOutcome
from services.payouts.application.send_payout import record_rail_answer
from services.payouts.domain.accounts import Balances
from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payouts import PayoutStatus, RailAnswer, RailOutcome
from shared.events.catalogue import LIVE
from shared.persistence.records import INTENTS
from shared.testing.clocks import FixedClock
from shared.testing.memory_store import MemoryStore
from tests.application.payouts.books import MIA, Books, usd


@pytest.mark.parametrize(("outcome", "status", "left"), [
    ("settled", PayoutStatus.SETTLED, Balances(available=4000, paid_out=6000)),
    ("failed", PayoutStatus.FAILED, Balances(available=10000)),
    ("returned", PayoutStatus.RETURNED, Balances(available=10000)),
])
async def test_each_answer_of_the_rail_ends_the_payout(
    books: Books, outcome: SimulatedOutcome, status: PayoutStatus, left: Balances
) -> None:
    await books.has_a_payee_with("100.00")
    await books.rail.set_outcomes(MIA, [outcome])
    payout = await books.asks_for("60.00")
    await books.calls_the_rail()
    assert (await books.payout(payout.id)).status is status
    assert await books.balances() == left
    assert await books.store.find(INTENTS.name, {}) == []
    assert sum((await books.ledger()).values()) == 0


async def test_a_lost_answer_is_asked_for_again_and_pays_once(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    await books.rail.set_outcomes(MIA, ["lost_answer"])
    payout = await books.asks_for("60.00")
    assert await books.calls_the_rail() == [payout.id]
    assert (await books.payout(payout.id)).status is PayoutStatus.REQUESTED
    assert await books.balances() == Balances(available=4000, reserved=6000)
    assert await books.calls_the_rail() == [payout.id]
    assert (await books.payout(payout.id)).status is PayoutStatus.SETTLED
    assert len(await books.rail_store.find(TRANSFERS, {})) == 1
    assert (await books.topics()).count("payout.released") == 1
    assert await books.calls_the_rail() == []


async def test_an_answer_that_is_recorded_twice_counts_once(books: Books) -> None:
    await books.has_a_payee_with("100.00")
    payout = await books.asks_for("60.00")
    answer = RailAnswer(payout.id, RailOutcome.SETTLED, "rail_one")
    for _ in range(2):
        await books.committer.record(record_rail_answer, answer, clock=LIVE, cause=f"rail.send:{payout.id}")
    assert await books.balances() == Balances(available=4000, paid_out=6000)
    assert (await books.topics()).count("payout.settled") == 1


async def test_the_rail_is_told_the_amount_without_the_fee(books: Books) -> None:
    await books.has_a_payee_with("100.00", MethodKind.WIRE)
    await books.asks_for("60.00")
    await books.calls_the_rail()
    (transfer,) = await books.rail_store.find(TRANSFERS, {})
    assert transfer["amount_minor"] == 5600
    assert await books.balances() == Balances(available=4000, paid_out=5600)
    assert (await books.ledger())["fees:payout"] == 400


async def test_outcomes_are_bound_to_the_payout_id_and_used_up_in_order() -> None:
    rail = SimulatedRail(MemoryStore(), clock=FixedClock())
    await rail.set_outcomes("fr_mia", ["failed", "returned"])
    first = [(await rail.send(_order(id))).outcome for id in ("po_1", "po_2", "po_3")]
    again = [(await rail.send(_order(id))).outcome for id in ("po_3", "po_2", "po_1")]
    assert first == [RailOutcome.FAILED, RailOutcome.RETURNED, RailOutcome.SETTLED]
    assert again == list(reversed(first))


async def test_calls_that_arrive_together_are_answered_each_with_its_own() -> None:
    store = MemoryStore()
    rail = SimulatedRail(store, clock=FixedClock())
    await rail.set_outcomes("fr_mia", ["failed"])
    answers = await asyncio.gather(*(rail.send(_order(f"po_{number % 50:03d}")) for number in range(100)))
    assert [answer.payout_id for answer in answers] == [f"po_{number % 50:03d}" for number in range(100)]
    assert sum(answer.outcome is RailOutcome.FAILED for answer in answers[:50]) == 1
    assert len(await store.find(TRANSFERS, {})) == 50


async def test_two_processes_that_ask_for_one_payout_get_one_answer() -> None:
    store = MemoryStore()
    rails = [SimulatedRail(store, clock=FixedClock()) for _ in range(2)]
    await rails[0].set_outcomes("fr_mia", ["returned"])
    answers = await asyncio.gather(*(rail.send(_order("po_1")) for rail in rails))
    assert answers[0] == answers[1]
    assert answers[0].outcome is RailOutcome.RETURNED


async def test_a_rail_that_cannot_be_reached_is_silent_and_pays_nothing() -> None:
    store = MemoryStore()
    rail = SimulatedRail(store, clock=FixedClock())
    store.available = False
    with pytest.raises(RailSilent):
        await rail.send(_order("po_1"))
    store.available = True
    assert (await rail.send(_order("po_1"))).outcome is RailOutcome.SETTLED


def _order(id: str) -> RailOrder:
    return RailOrder(id, "fr_mia", "pm_one", MethodKind.BANK, usd("10.00"))
