"""Open a dispute (D1): who may file, and what the contract offers. Cases themselves are not handled yet."""

from dataclasses import dataclass
from typing import NoReturn

from services.disputes.application.collections import CONTRACTS
from services.disputes.domain.filings import Filer, may_file
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.money import Money
from shared.persistence.unit import Unit


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """What is contested: an amount (gross), a number of segments, or a milestone; exactly one of them."""

    filer: Filer
    contract_id: str
    reason: str
    amount: Money | None = None
    segments: int | None = None
    milestone_id: str | None = None


async def open_dispute(unit: Unit, command: OpenDispute) -> NoReturn:
    """Refuse in the order of the rule book: unknown, role, what the profile offers; then 501 for the rest."""
    contract = await unit.get(CONTRACTS, command.contract_id)
    if contract is None or not command.filer.knows(contract):
        raise NotFound("contract")
    may_file(contract, command.filer).unwrap()
    raise Refusal("NOT_IMPLEMENTED", "this version of the suite does not handle dispute cases", status=501)
