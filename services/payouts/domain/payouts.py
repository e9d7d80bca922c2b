"""Payouts: may this money leave, and did it arrive? Must never overdraw an account or pay an id twice (P2–P6)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from services.payouts.domain.accounts import Account, Balances, Deltas, credit
from services.payouts.domain.ledger import FEES_PAYOUT, Posting, posting, without_zeros
from services.payouts.domain.payout_methods import MethodKind, MethodPolicies, PayoutMethod
from shared.kernel.decisions import Accepted, AlreadyDone, Decision, Refused
from shared.kernel.instants import Instant
from shared.kernel.money import Money

PAYOUTS_BLOCKED: Final = "PAYOUTS_BLOCKED"
PAYOUT_METHOD_MISSING: Final = "PAYOUT_METHOD_MISSING"
PAYOUT_METHOD_TOO_NEW: Final = "PAYOUT_METHOD_TOO_NEW"
PAYOUT_BELOW_MINIMUM: Final = "PAYOUT_BELOW_MINIMUM"
INSUFFICIENT_AVAILABLE: Final = "INSUFFICIENT_AVAILABLE"


class PayoutStatus(StrEnum):
    """Requested → released → settled, or failed / returned, which gives the money back (P5)."""

    REQUESTED = "requested"
    RELEASED = "released"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"


class RailOutcome(StrEnum):
    """What the rail finally says of a payout."""

    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class RailAnswer:
    """The rail's answer for one payout id; asking again gives the same one."""

    payout_id: str
    outcome: RailOutcome
    reference: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way out: `amount` leaves the balance, `fee` is kept, the rest goes to the rail (P2)."""

    id: str
    clock: str
    account_id: str
    method_id: str
    method_kind: MethodKind
    amount: Money
    fee: Money
    status: PayoutStatus
    requested_at: Instant
    arrival_hours: int
    by_schedule: bool = False
    released_at: Instant | None = None
    arrives_at: Instant | None = None
    finished_at: Instant | None = None
    rail_reference: str | None = None
    failure: str | None = None

    @property
    def sent(self) -> Money:
        """What the rail is told to pay (P2)."""
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: an amount of one currency by one method. `method` is None where the payee has none."""

    amount: Money
    method: PayoutMethod | None
    by_schedule: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a payout: its new state, what that does to the account, and the platform's side of the entry."""

    payout: Payout
    deltas: Deltas
    platform: tuple[Posting, ...] = ()


def request(account: Account, wish: Wish, policies: MethodPolicies, *, id: str, now: Instant) -> Decision[Step]:
    """Reserve money for a payout, or name the first rule that refuses (domain section 2, end; P2, P3, P6)."""
    method, amount = wish.method, wish.amount
    if account.in_arrears:
        return Refused(PAYOUTS_BLOCKED, "the account owes money: later earnings fill the hole first")
    if method is None:
        return Refused(PAYOUT_METHOD_MISSING, "add a payout method first")
    if not method.is_usable(now):
        return Refused(PAYOUT_METHOD_TOO_NEW, f"usable from {method.usable_at.isoformat()}")
    terms = policies.in_force(now).terms[method.kind]
    minimum = terms.minimum.amount_in(amount.currency)
    if amount < minimum:
        return Refused(PAYOUT_BELOW_MINIMUM, f"the least payout by {method.kind} is {minimum}", status=422)
    if amount.amount_minor > account.of(amount.currency).available:
        return Refused(INSUFFICIENT_AVAILABLE, "more than is available")
    payout = Payout(
        id=id, clock=account.clock, account_id=account.id, method_id=method.id, method_kind=method.kind, amount=amount,
        fee=terms.fee.amount_in(amount.currency), status=PayoutStatus.REQUESTED, requested_at=now,
        arrival_hours=terms.arrival_hours, by_schedule=wish.by_schedule,
        arrives_at=now + timedelta(hours=terms.arrival_hours),
    )
    return Accepted(Step(payout, Deltas(available=-amount.amount_minor, reserved=amount.amount_minor)))


def record_answer(
    payout: Payout, answer: RailAnswer, balances: Balances, *, now: Instant
) -> Decision[tuple[Step, ...]]:
    """Return the steps that the rail's answer means; a payout that has its answer takes no other (P5, invariant 4)."""
    if payout.status not in (PayoutStatus.REQUESTED, PayoutStatus.RELEASED):
        return AlreadyDone(())
    if answer.outcome is RailOutcome.FAILED:
        return Accepted((_given_back(payout, PayoutStatus.FAILED, answer, balances, now),))
    steps: tuple[Step, ...] = ()
    if payout.status is PayoutStatus.REQUESTED:
        payout = replace(
            payout, status=PayoutStatus.RELEASED, released_at=now, rail_reference=answer.reference,
            arrives_at=now + timedelta(hours=payout.arrival_hours),
        )
        steps = (Step(payout, Deltas()),)
    if answer.outcome is RailOutcome.RETURNED:
        return Accepted((*steps, _given_back(payout, PayoutStatus.RETURNED, answer, balances, now)))
    settled = replace(payout, status=PayoutStatus.SETTLED, finished_at=now)
    deltas = Deltas(reserved=-payout.amount.amount_minor, paid_out=payout.sent.amount_minor)
    return Accepted((*steps, Step(settled, deltas, without_zeros([posting(FEES_PAYOUT, payout.fee)]))))


def _given_back(
    payout: Payout, status: PayoutStatus, answer: RailAnswer, balances: Balances, now: Instant
) -> Step:
    finished = replace(payout, status=status, finished_at=now, rail_reference=answer.reference, failure=answer.failure)
    return Step(finished, Deltas(reserved=-payout.amount.amount_minor) + credit(balances, payout.amount))
