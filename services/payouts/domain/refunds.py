"""Money that goes back to a client: whose it is taken from, and in which order. Must never return a cent twice (I9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.payouts.domain.holds import Hold, HoldState, give_back
from services.payouts.domain.ledger import (
    EMPLOYER_OF_RECORD,
    FEES_CLIENT,
    FEES_FREELANCER,
    REFUNDED,
    Posting,
    posting,
    without_zeros,
)
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class RefundedInvoice:
    """A refund: gross and both fee shares, which the client gets back together."""

    id: str
    account_id: str
    contract_id: str
    net: Money
    fee: Money
    client_fee: Money


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A hold after a refund took `taken` from it."""

    hold: Hold
    taken: Money


def youngest_first(holds: Iterable[Hold]) -> list[Hold]:
    """Order a contract's holds as a refund takes from them (I9)."""
    return sorted(holds, key=lambda hold: (hold.started_at, hold.due_at, hold.id), reverse=True)


def shrink(holds: Sequence[Hold], amount: Money) -> tuple[list[Shrunk], Money]:
    """Take `amount` from the free part of `holds`, in their order; returns what changed and what is still missing (I9).

    What a dispute has frozen is not touched: it waits for its decision.
    """
    shrunk: list[Shrunk] = []
    for hold in holds:
        if not amount:
            break
        taken = min(hold.free, amount) if hold.state is HoldState.PENDING else Money.zero(amount.currency)
        if taken:
            shrunk.append(Shrunk(give_back(hold, from_free=taken, from_frozen=Money.zero(amount.currency)), taken))
            amount = amount - taken
    return shrunk, amount


def platform_side_of_refund(refund: RefundedInvoice, *, employer_of_record: bool) -> tuple[Posting, ...]:
    """Return the postings that face what the freelancer gives back: both fee shares follow (I9)."""
    return without_zeros([
        posting(FEES_FREELANCER, -refund.fee),
        posting(FEES_CLIENT, -refund.client_fee),
        posting(REFUNDED, refund.net + refund.fee + refund.client_fee),
        *([posting(EMPLOYER_OF_RECORD, -refund.net)] if employer_of_record else []),
    ])
