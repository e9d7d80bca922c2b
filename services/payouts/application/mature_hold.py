"""Judge a hold whose time has come, and make its money available (hold.due; P1, P6, invariants 3 and 4)."""

from typing import Any

from services.payouts.application.announcements import announce_hold
from services.payouts.application.collections import ACCOUNTS, HOLDS
from services.payouts.application.journal import Occasion, account_of, earnings_of, move
from services.payouts.domain.accounts import Deltas, credit
from services.payouts.domain.holds import mature
from shared.events.envelope import Envelope
from shared.events.funds import FundsAvailable, HoldDue
from shared.kernel.decisions import Accepted
from shared.persistence.collections import Collection
from shared.persistence.unit import Early, Unit


def reads(event: Envelope[HoldDue]) -> list[tuple[Collection[Any], str]]:
    """The hold and its account."""
    return [(HOLDS, event.data.object.hold_id), (ACCOUNTS, event.data.object.account_id)]


async def mature_hold(unit: Unit, event: Envelope[HoldDue]) -> None:
    """Let a hold mature if the event's own business time allows it; a repeat, a block or a late word is harmless.

    A hold that is blocked now is announced again when the block ends, and judged again then.
    """
    due = event.data.object
    hold = await unit.get(HOLDS, due.hold_id)
    if hold is None:
        raise Early(earnings_of(due.account_id))
    decision = mature(hold, now=due.now)
    if not isinstance(decision, Accepted):
        return
    matured = decision.value
    account = await account_of(unit, hold.account_id)
    currency = matured.amount.currency
    deltas = Deltas(pending=-matured.amount.amount_minor) + credit(account.of(currency), matured.amount)
    occasion = Occasion("funds.available", f"{hold.id}:{matured.hold.version}", hold.contract_id)
    account, movement = move(unit, account, currency, deltas, occasion)
    unit.put(HOLDS, matured.hold)
    unit.put(ACCOUNTS, account)
    announce_hold(unit, FundsAvailable, matured.hold, movement)
