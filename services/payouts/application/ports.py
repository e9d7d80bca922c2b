"""What payouts needs from outside. Must never name an adapter, a server or a wire format."""

from dataclasses import dataclass
from typing import Protocol

from services.payouts.domain.payout_methods import MethodKind
from services.payouts.domain.payouts import RailAnswer
from shared.kernel.money import Money


class RailSilent(Exception):
    """The rail did not answer in time: it may or may not have paid. Ask again by the same payout id."""


@dataclass(frozen=True, slots=True)
class RailOrder:
    """What the rail is asked to do: pay `amount` (the fee is already out of it) once under `payout_id`."""

    payout_id: str
    account_id: str
    method_id: str
    method_kind: MethodKind
    amount: Money


class RailPort(Protocol):
    """The payout rail: it pays each payout id at most once, and answers a repeated question with the same answer."""

    async def send(self, order: RailOrder) -> RailAnswer:
        """Pay; RailSilent where no answer came."""
