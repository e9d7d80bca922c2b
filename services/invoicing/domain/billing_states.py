"""Where the billing of a contract and of a client stands: numbers, cadence, what waits. Must never leave a gap (I1)."""

from dataclasses import dataclass, replace

from services.invoicing.domain.contracts import Contract
from services.invoicing.domain.lines import InvoiceLine, LineKind
from shared.kernel.instants import Instant
from shared.kernel.money import Money

_ORDER = {LineKind.HOURS: 0, LineKind.FIXED_RATE: 0, LineKind.SUBMISSION: 1, LineKind.BONUS: 2}


@dataclass(frozen=True, slots=True)
class InvoiceNumbers:
    """The counter of one client (`id`): its invoices are numbered without gaps (I1)."""

    id: str
    last: int = 0


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line that waits for the lock `bills_at` that ends its cadence."""

    bills_at: Instant
    line: InvoiceLine


@dataclass(frozen=True, slots=True)
class ContractBilling:
    """One contract (`id`): how many invoices it had, whether its first charge was made, what waits for a lock."""

    id: str
    invoices: int = 0
    first_charge_made: bool = False
    waiting: tuple[WaitingLine, ...] = ()
    billed_to: Instant | None = None
    """The last lock at which a cadence was billed."""
    rated_to: Instant | None = None
    """The lock of the last cadence whose fixed rate became a line: never a second one (T8)."""

    def is_billed(self, lock: Instant) -> bool:
        """Tell whether the cadence that `lock` ends was billed."""
        return self.billed_to is not None and self.billed_to >= lock

    def is_rated(self, lock: Instant) -> bool:
        """Tell whether the fixed rate of the cadence that `lock` ends is a line already."""
        return self.rated_to is not None and self.rated_to >= lock


def wait(billing: ContractBilling, line: InvoiceLine, *, bills_at: Instant) -> ContractBilling:
    """Keep a line until its lock; a line of nothing is dropped (T6)."""
    rated_to = bills_at if line.kind is LineKind.FIXED_RATE else billing.rated_to
    waiting = (*billing.waiting, WaitingLine(bills_at, line)) if line.gross else billing.waiting
    return replace(billing, waiting=waiting, rated_to=rated_to)


def take_up_to(billing: ContractBilling, lock: Instant) -> tuple[ContractBilling, tuple[InvoiceLine, ...]]:
    """Take every line that was to be billed by `lock`: weeks in their order, then bonuses (I3, I7)."""
    taken = [item.line for item in billing.waiting if item.bills_at <= lock]
    lines = tuple(sorted(taken, key=lambda line: (_ORDER[line.kind], line.week_start or lock)))
    left = tuple(item for item in billing.waiting if item.bills_at > lock)
    billed_to = lock if billing.billed_to is None else max(lock, billing.billed_to)
    return replace(billing, waiting=left, billed_to=billed_to), lines


def initiation_fee(contract: Contract, billing: ContractBilling) -> Money:
    """Return the one-time fee where this charge is the contract's first (I8); with escrow the deposit carried it."""
    fee = contract.terms.initiation_fee
    if contract.prefunded or billing.first_charge_made or not fee:
        return Money.zero(contract.currency)
    return fee


def count_invoice(billing: ContractBilling, *, charged: bool) -> ContractBilling:
    """Count one more invoice of the contract."""
    return replace(billing, invoices=billing.invoices + 1, first_charge_made=billing.first_charge_made or charged)
