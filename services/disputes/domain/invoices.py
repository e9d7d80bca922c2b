"""What this service knows of paid invoices: the gross of each week that may be contested (D2). Must never be edited."""

from dataclasses import dataclass

from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PaidWeek:
    """One week's line of hours."""

    line_id: str
    week_start: Instant
    gross: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """A paid invoice with its weeks of hours; invoices without hours have none."""

    id: str
    clock: str
    contract_id: str
    client_id: str
    freelancer_id: str
    gross: Money
    paid_at: Instant
    weeks: tuple[PaidWeek, ...] = ()
