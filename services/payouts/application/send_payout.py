"""Call the rail for a promised payout, and record its answer (P5). Must never call inside a transaction, nor pay twice.

    read the payout → call (outside any transaction) → record: steps of the payout, its entry, its account, its events

A lost answer leaves the promise open; it is asked again by the same payout id, on machine time.
"""

from services.payouts.application.announcements import announce_payout
from services.payouts.application.collections import ACCOUNTS, PAYOUTS
from services.payouts.application.journal import Occasion, account_of, move
from services.payouts.application.ports import PayoutLoader, RailOrder, RailPort
from services.payouts.application.request_payout import RAIL_SEND
from services.payouts.domain.payouts import Payout, RailAnswer, Step, record_answer
from shared.kernel.decisions import Accepted
from shared.observability.failpoints import failpoint
from shared.persistence.group_commit import Committer
from shared.persistence.records import IntentRow
from shared.persistence.unit import Unit


class RailSender:
    """Carries out promises to the rail, many at once."""

    def __init__(self, rail: RailPort, payouts: PayoutLoader) -> None:
        self._rail, self._payouts = rail, payouts

    async def __call__(self, intent: IntentRow, committer: Committer) -> None:
        """Ask the rail for one promised payout and record the answer; RailSilent leaves the promise open."""
        payout = await self._payouts.load(intent.ref)
        answer = await self._rail.send(rail_order(payout))
        failpoint("rail_call_before_record")
        await committer.record(record_rail_answer, answer, clock=intent.clock, cause=intent.id,
                               reads=[(PAYOUTS, payout.id), (ACCOUNTS, payout.account_id)])


def rail_order(payout: Payout) -> RailOrder:
    """Return what the rail is asked for: the fee is already out of it."""
    return RailOrder(payout.id, payout.account_id, payout.method_id, payout.method_kind, payout.sent)


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
