"""Which locks are still to come: one per week in which the contract was active and that is not closed (T6).

Must stay repeatable: it is asked after every event of a contract and after every lock, and may schedule what is
scheduled already.
"""

from services.timesheets.application.collections import WEEKS
from services.timesheets.domain.closings import LockRef, week_id
from services.timesheets.domain.contracts import Contract
from services.timesheets.domain.locks import lock_of
from shared.kernel.instants import Instant
from shared.persistence.unit import Due, Phase, Unit

WEEK_LOCKS = "week.locks"


async def schedule_locks(unit: Unit, contract: Contract, *, after: Instant | None = None) -> None:
    """Schedule the lock of every open week, up to the present one, in which the contract was active.

    `after` spares those who know that all weeks up to that one are seen to. A week that begins later is seen to by the
    lock of the week before it, or by the event that makes the contract active again.
    """
    weeks = {
        week_id(contract.id, week_start): week_start
        for week_start in contract.active_weeks(until=unit.now) if after is None or week_start > after
    }
    closed = await unit.get_many(WEEKS, weeks)
    for id, week_start in weeks.items():
        if id not in closed:
            ref = LockRef(contract.id, contract.freelancer_id, week_start)
            unit.schedule(Due(
                kind=WEEK_LOCKS, ref=str(ref), clock=contract.clock, due_at=lock_of(week_start), phase=Phase.LOCK))
