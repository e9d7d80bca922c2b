"""What a paid invoice, a deposit or an escrow refund does to the books. Must never lose a cent in between."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.payouts.domain.holds import HeldLine, Hold, HoldState
from services.payouts.domain.ledger import (
    CLIENT_MONEY,
    EMPLOYER_OF_RECORD,
    ESCROW,
    FEES_CLIENT,
    FEES_FREELANCER,
    FEES_INITIATION,
    REFUNDED,
    Posting,
    posting,
    without_zeros,
)
from services.payouts.domain.security_periods import SecurityPeriod
from shared.kernel.instants import Instant
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class EarnedLine:
    """One line of a paid invoice: its net, and the security period that the net waits for."""

    net: Money
    period: SecurityPeriod
    line: HeldLine | None = None


@dataclass(frozen=True, slots=True)
class HeldAmount:
    """Net money of one invoice that matures at one instant, and the part of P1 that says so."""

    amount: Money
    due_at: Instant
    rule: str
    lines: tuple[HeldLine, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """What the books need of an invoice whose money is captured (I5)."""

    id: str
    account_id: str
    contract_id: str
    clock: str
    from_escrow: bool
    employer_of_record: bool
    gross: Money
    fee: Money
    net: Money
    client_fee: Money
    initiation_fee: Money
    paid_at: Instant
    lines: tuple[EarnedLine, ...]


def amounts_to_hold(lines: Iterable[EarnedLine]) -> tuple[HeldAmount, ...]:
    """Gather an invoice's net by due instant, earliest first: one hold each (P1)."""
    gathered: dict[Instant, HeldAmount] = {}
    for line in lines:
        due_at = line.period.due_at
        of_work = () if line.line is None else (line.line,)
        before = gathered.get(due_at)
        gathered[due_at] = (
            HeldAmount(line.net, due_at, line.period.rule, of_work) if before is None
            else HeldAmount(before.amount + line.net, due_at, before.rule, (*before.lines, *of_work))
        )
    return tuple(held for _, held in sorted(gathered.items()) if held.amount)


def platform_side_of_invoice(invoice: PaidInvoice) -> tuple[Posting, ...]:
    """Return the postings that face the freelancer's net: cash or escrow in, fees kept (I8).

    An invoice paid from escrow brings no client fee: that came with the deposit (C6). Money for an employee goes to the
    employer of record instead of a freelancer's balance (C10).
    """
    source = (
        [posting(ESCROW, -invoice.gross)] if invoice.from_escrow
        else [
            posting(CLIENT_MONEY, -(invoice.gross + invoice.client_fee + invoice.initiation_fee)),
            posting(FEES_CLIENT, invoice.client_fee),
            posting(FEES_INITIATION, invoice.initiation_fee),
        ]
    )
    employer = [posting(EMPLOYER_OF_RECORD, invoice.net)] if invoice.employer_of_record else []
    return without_zeros([*source, posting(FEES_FREELANCER, invoice.fee), *employer])


def postings_of_deposit(*, amount: Money, client_fee: Money, initiation_fee: Money) -> tuple[Posting, ...]:
    """Return what a captured deposit posts: cash in, escrow and the client's fees (C6)."""
    return without_zeros([
        posting(CLIENT_MONEY, -(amount + client_fee + initiation_fee)),
        posting(ESCROW, amount),
        posting(FEES_CLIENT, client_fee),
        posting(FEES_INITIATION, initiation_fee),
    ])


def postings_of_escrow_refund(*, amount: Money, client_fee: Money) -> tuple[Posting, ...]:
    """Return what a refund of escrow posts: the deposit and its client fee go back, the initiation fee stays (C8)."""
    return without_zeros([
        posting(ESCROW, -amount), posting(FEES_CLIENT, -client_fee), posting(REFUNDED, amount + client_fee),
    ])


def open_hold(invoice: PaidInvoice, held: HeldAmount, *, id: str, caused_by: str) -> Hold:
    """Begin a hold of an invoice's money at the instant of its payment (P1, P7)."""
    return Hold(
        id=id, version=1, account_id=invoice.account_id, clock=invoice.clock, contract_id=invoice.contract_id,
        invoice_id=invoice.id, earned=held.amount, amount=held.amount, frozen=Money.zero(held.amount.currency),
        state=HoldState.PENDING, blocked_by=(), rule=held.rule, started_at=invoice.paid_at, due_at=held.due_at,
        caused_by=caused_by, lines=held.lines,
    )
