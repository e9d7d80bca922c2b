"""Deposits that contracts asks to charge (C6). Must never be tried twice: a declined one is over."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.kernel.decisions import Accepted, AlreadyDone, Decision
from shared.kernel.instants import Instant
from shared.kernel.money import Money


class DepositStatus(StrEnum):
    """What became of the charge."""

    REQUESTED = "requested"
    CAPTURED = "captured"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Deposit:
    """A charge that fills escrow: `total` = amount + client_fee + initiation_fee, all computed by contracts."""

    id: str
    clock: str
    contract_id: str
    milestone_id: str | None
    client_id: str
    freelancer_id: str
    amount: Money
    client_fee: Money
    initiation_fee: Money
    total: Money
    status: DepositStatus
    requested_at: Instant


def settle(deposit: Deposit, *, captured: bool) -> Decision[Deposit]:
    """Note the gateway's answer, once and for good (C6)."""
    if deposit.status is not DepositStatus.REQUESTED:
        return AlreadyDone(deposit)
    return Accepted(replace(deposit, status=DepositStatus.CAPTURED if captured else DepositStatus.DECLINED))
