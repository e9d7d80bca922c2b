"""Bonuses: may one be given, and when is it charged (I7)? Must never charge anything itself."""

from services.invoicing.domain.contracts import Contract
from shared.kernel.decisions import Accepted, Decision, Refused
from shared.kernel.instants import DAY, Instant
from shared.kernel.money import Money


def rides_next_cadence(contract: Contract) -> bool:
    """Tell whether a bonus waits for the next cadence invoice; else it is charged at once (I7)."""
    return contract.terms.bonus == "next_cadence" and contract.by_period


def may_give_bonus(contract: Contract, amount: Money, *, client_suspended: bool, now: Instant) -> Decision[Money]:
    """Allow a bonus on a contract that began, up to the profile's days after its end (I6, I7)."""
    if client_suspended:
        return Refused("CLIENT_SUSPENDED", "Failed invoices must be paid first.")
    if contract.activated_at is None:
        return Refused("CONTRACT_NOT_ACTIVE", "The contract has not begun.")
    if contract.ended_at is not None and now >= contract.ended_at + contract.terms.bonus_days_after_end * DAY:
        return Refused("CONTRACT_NOT_ACTIVE", "The contract is over, and so is the time for a bonus.")
    if amount <= Money.zero(amount.currency):
        return Refused("AMOUNT_BELOW_MINIMUM", "A bonus is more than nothing.", status=422)
    return Accepted(amount)
