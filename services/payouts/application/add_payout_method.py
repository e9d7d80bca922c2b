"""Add a payout method; the first one is the default, and a new one waits before it is usable (P2)."""

from dataclasses import dataclass
from typing import Any

from services.payouts.application.collections import PROFILES
from services.payouts.domain.payout_methods import MethodKind, MethodPolicies, PayoutMethod, new_method
from shared.kernel.decisions import NotFound
from shared.persistence.collections import Collection
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class AddPayoutMethod:
    """Which kind, for which account."""

    account_id: str
    kind: MethodKind


@dataclass(frozen=True, slots=True)
class AddedMethod:
    """The method, and whether it is the default one now."""

    method: PayoutMethod
    is_default: bool


def reads(command: AddPayoutMethod) -> list[tuple[Collection[Any], str]]:
    """The payee's profile."""
    return [(PROFILES, command.account_id)]


async def add_payout_method(unit: Unit, command: AddPayoutMethod, *, policies: MethodPolicies) -> AddedMethod:
    """Keep the method with the instant from which it may be used."""
    profile = await unit.get(PROFILES, command.account_id)
    if profile is None:
        raise NotFound("account")
    method = new_method(unit.new_id("pm"), command.kind, policies.in_force(unit.now), now=unit.now)
    profile = profile.with_method(method)
    unit.put(PROFILES, profile)
    return AddedMethod(method, is_default=profile.default_method_id == method.id)
