"""What invoicing needs from outside: the payment gateway. Must never name a provider.

    GatewayError
    ├── GatewayUnavailable   not reached: nothing is known to have happened
    └── GatewayAnswerLost    reached, but the answer is lost: it may have happened
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from shared.kernel.money import Money


class GatewayError(Exception):
    """The gateway gave no answer: ask again later with the same idempotency key."""


class GatewayUnavailable(GatewayError):
    """The gateway was not reached."""


class GatewayAnswerLost(GatewayError):
    """The gateway may have done it; only asking again tells."""


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Charge `amount` to the first of `billing_method_ids` that does not decline; the same key never charges twice."""

    idempotency_key: str
    client_id: str
    billing_method_ids: tuple[str, ...]
    amount: Money
    reference: str
    """The invoice or deposit that it pays."""


class ChargeResult(StrEnum):
    """Whether money was captured."""

    CAPTURED = "captured"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class ChargeOutcome:
    """The gateway's answer; `billing_method_id` is the one that paid."""

    result: ChargeResult
    billing_method_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give `amount` back to the client; the same key never refunds twice."""

    idempotency_key: str
    client_id: str
    amount: Money
    reference: str


class PaymentGateway(Protocol):
    """Charges clients and refunds them. Raises GatewayError where there is no answer."""

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge, or say again what became of the same request."""

    async def refund(self, request: RefundRequest) -> None:
        """Refund, or confirm the same refund again."""


SimulatedOutcome = Literal["ok", "declined", "lost_answer"]


class GatewaySimulator(Protocol):
    """A gateway that does as it is told, for development and tests."""

    async def set_outcomes(self, client_id: str, outcomes: Sequence[SimulatedOutcome], *, for_ever: bool) -> None:
        """Say what the client's next billing methods answer, one each; with `for_ever` the last is never used up."""
