"""Call the rail for a promised payout, and record its answer (P5). Must never call inside a transaction, nor pay twice.

    read the payout → call (outside any transaction) → record: steps of the payout, its entry, its account, its events

A lost answer leaves the promise open; it is asked again by the same payout id, on machine time.
"""

from typing import Any

from services.payouts.application.announcements import announce_payout
from services.payouts.application.collections import ACCOUNTS, PAYOUTS
from services.payouts.application.journal import Occasion, account_of, move
from services.payouts.application.ports import RailOrder
from services.payouts.application.request_payout import RAIL_SEND
from services.payouts.domain.payouts import Payout, RailAnswer, Step, record_answer
from shared.kernel.decisions import Accepted
from shared.persistence.collections import Collection
from shared.persistence.unit import Unit


def rail_order(payout: Payout) -> RailOrder:
    """Return what the rail is asked for."""
    return RailOrder(payout.id, payout.account_id, payout.method_id, payout.method_kind, payout.sent)


def reads(account_id: str, payout_id: str) -> list[tuple[Collection[Any], str]]:
    """The payout and its account."""
    return [(PAYOUTS, payout_id), (ACCOUNTS, account_id)]


async def record_rail_answer(unit: Unit, answer: RailAnswer) -> None:
    """Take the steps that the answer means and close the promise; a second answer changes nothing."""
    unit.close_intent(RAIL_SEND, answer.payout_id)
    payout = await unit.get(PAYOUTS, answer.payout_id)
    if payout is None:
        return
    account = await account_of(unit, payout.account_id)
    currency = payout.amount.currency
    decision = record_answer(payout, answer, account.of(currency), now=unit.now)
    if not isinstance(decision, Accepted):
        return
    for step in decision.value:
        account, movement = move(unit, account, currency, step.deltas, _occasion(step), step.platform)
        announce_payout(unit, step.payout, movement)
        unit.put(PAYOUTS, step.payout)
    unit.put(ACCOUNTS, account)


def _occasion(step: Step) -> Occasion:
    return Occasion(f"payout.{step.payout.status}", step.payout.id)
