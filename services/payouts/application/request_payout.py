"""Ask for a payout: reserve the money and promise the call to the rail (P2, P3, P6; refusals in the book's order)."""

from dataclasses import dataclass
from typing import Any

from services.payouts.application.announcements import announce_payout
from services.payouts.application.collections import ACCOUNTS, PAYOUTS, PROFILES
from services.payouts.application.journal import Occasion, move
from services.payouts.domain.accounts import Account
from services.payouts.domain.payout_methods import MethodPolicies, PayoutMethod
from services.payouts.domain.payouts import Payout, Step, Wish, request
from services.payouts.domain.profiles import PayoutProfile
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.money import Money
from shared.persistence.collections import Collection
from shared.persistence.unit import Intent, Unit

RAIL_SEND = "rail.send"
CURRENCY_NEEDED = "CURRENCY_NEEDED"
ANY_CURRENCY = "USD"
"""Names the zero of an account on which nothing was ever booked; the minimum refuses it in every currency."""


@dataclass(frozen=True, slots=True)
class RequestPayout:
    """What is wanted: `amount`, or all that is available (in `currency`, needed only where there are several)."""

    account_id: str
    amount: Money | None
    currency: str | None = None
    method_id: str | None = None


def reads(command: RequestPayout) -> list[tuple[Collection[Any], str]]:
    """The account and its profile."""
    return [(ACCOUNTS, command.account_id), (PROFILES, command.account_id)]


async def request_payout(unit: Unit, command: RequestPayout, *, policies: MethodPolicies) -> Payout:
    """Reserve the amount, or raise the first refusal that applies; of two that exceed the balance one is refused."""
    account = await unit.get(ACCOUNTS, command.account_id)
    profile = await unit.get(PROFILES, command.account_id)
    if account is None or profile is None:
        raise NotFound("account")
    wish = Wish(_amount(account, command), _method(profile, command.method_id))
    step = request(account, wish, policies, id=unit.new_id("po"), now=unit.now).unwrap()
    reserve(unit, account, step)
    return step.payout


def reserve(unit: Unit, account: Account, step: Step) -> Account:
    """Keep a requested payout with its entry and its promise to the rail; returns the account after it."""
    payout = step.payout
    occasion = Occasion("payout.requested", payout.id)
    account, movement = move(unit, account, payout.amount.currency, step.deltas, occasion, step.platform)
    unit.put(ACCOUNTS, account)
    unit.put(PAYOUTS, payout)
    announce_payout(unit, payout, movement)
    unit.intend(Intent(kind=RAIL_SEND, ref=payout.id, clock=unit.clock))
    return account


def _method(profile: PayoutProfile, method_id: str | None) -> PayoutMethod | None:
    if method_id is None:
        return profile.default_method
    method = profile.method(method_id)
    if method is None:
        raise NotFound("payout method")
    return method


def _amount(account: Account, command: RequestPayout) -> Money:
    if command.amount is not None:
        return command.amount
    currency = command.currency or _only_currency(account)
    return Money(account.of(currency).available, currency)


def _only_currency(account: Account) -> str:
    with_money = [currency for currency, balances in account.balances.items() if balances.available]
    candidates = with_money or list(account.balances)
    if len(candidates) > 1:
        raise Refusal(CURRENCY_NEEDED, "the account has several currencies: name one", status=422)
    return candidates[0] if candidates else ANY_CURRENCY
