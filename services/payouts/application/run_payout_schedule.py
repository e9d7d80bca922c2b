"""Pay a whole available balance by itself, on its schedule (P4). Must never let a skipped run stop the next one."""

from typing import Any

from services.payouts.application.collections import ACCOUNTS, PROFILES
from services.payouts.application.request_payout import reserve
from services.payouts.application.set_payout_schedule import schedule_next_run
from services.payouts.domain.payout_methods import MethodPolicies
from services.payouts.domain.payout_schedules import amount_to_pay
from services.payouts.domain.payouts import Wish, request
from shared.kernel.decisions import Accepted
from shared.kernel.instants import format_instant
from shared.kernel.money import Money
from shared.persistence.collections import Collection
from shared.persistence.unit import Due, Unit


def reads(due: Due) -> list[tuple[Collection[Any], str]]:
    """The payee's profile and account."""
    return [(PROFILES, due.ref), (ACCOUNTS, due.ref)]


async def run_payout_schedule(unit: Unit, due: Due, *, policies: MethodPolicies) -> None:
    """Ask for one payout per currency that has money, by the default method; what would be refused is skipped."""
    profile, account = await unit.get(PROFILES, due.ref), await unit.get(ACCOUNTS, due.ref)
    if profile is None or account is None:
        return
    schedule_next_run(unit, profile)
    moved_at = account.moved_at
    for currency, balances in sorted(account.balances.items()):
        available = Money(balances.available, currency)
        amount = amount_to_pay(profile.schedule, available, run_at=due.due_at, moved_at=moved_at)
        if not amount:
            continue
        wish = Wish(amount, profile.default_method, by_schedule=True)
        id = unit.derived_id("po", account.id, format_instant(due.due_at), currency)
        decision = request(account, wish, policies, id=id, now=unit.now)
        if isinstance(decision, Accepted):
            account = reserve(unit, account, decision.value)
