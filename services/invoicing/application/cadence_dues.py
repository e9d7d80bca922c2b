"""The due item that ends a cadence in which something waits. Must never be the usual way: the last week's period is.

It bills where that week had no active instant, so that no period of it comes.
"""

from services.invoicing.application.collections import CONTRACT_BILLING
from services.invoicing.domain.contracts import Contract
from shared.kernel.instants import Instant, format_instant
from shared.persistence.unit import Due, Phase, Unit

CADENCE_DUE = "cadence.ends"
"""Its ref is the contract and the lock."""


def cadence_due(contract: Contract, lock: Instant) -> Due:
    """Return the item; after all locks of its instant, as the period may come at the same one (I4)."""
    return Due(CADENCE_DUE, f"{contract.id}/{format_instant(lock)}", contract.clock, lock, Phase.CHARGE)


async def look_again_at_waiting_lines(unit: Unit, contract: Contract) -> None:
    """Let every waiting cadence be judged once more: the contract's pause or end may have become known late."""
    billing = await unit.get(CONTRACT_BILLING, contract.id)
    if billing is not None:
        for lock in {item.bills_at for item in billing.waiting}:
            unit.schedule(cadence_due(contract, lock))
