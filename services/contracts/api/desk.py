"""What every route is given: where commands go, where views come from, and what the process was told to offer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from services.contracts.application.collections import CONTRACTS, PARTIES
from services.contracts.application.finding import own_contract, visible_to
from services.contracts.application.offer_contract import OfferRules
from services.contracts.application.ports import Mailbox
from services.contracts.domain.contracts import Contract
from shared.kernel.decisions import NotFound, Refusal
from shared.observability.logs import correlation_id
from shared.persistence.group_commit import Answer, Committer, IdempotencyKey
from shared.persistence.reading import Reading
from shared.persistence.unit import Unit
from shared.web.auth import Caller
from shared.web.idempotency import answered

READERS_OF_ALL = ("operator", "mediator")


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's plugs."""

    committer: Committer
    reading: Reading
    rules: OfferRules
    mailbox: Mailbox
    test_clocks_enabled: bool

    async def act(
        self, use_case: Callable[[Unit, Any], Awaitable[Any]], command: Any, *, caller: Caller | None = None,
        clock: str | None = None, contract_id: str | None = None, key: IdempotencyKey | None = None,
        revision: int | None = None, render: Callable[[Any], Answer],
    ) -> Response:
        """Run one command, on the caller's clock where none is named, and return its recorded answer.

        `revision` is the one of the contract that the caller has seen: at another one the command is refused.
        """
        if contract_id is not None and caller is not None and revision is not None:
            use_case = _at_revision(use_case, contract_id, caller.subject, revision)
        subject = caller.subject if caller is not None and clock is None else None
        reads = [(CONTRACTS, contract_id)] if contract_id else []
        if subject is not None:
            reads.append((PARTIES, subject))  # type: ignore[arg-type]
        answer = await self.committer.run(
            use_case, command, caller=subject, clock=clock, reads=reads, idempotency=key, render=render,
            correlation=correlation_id())
        return answered(answer)

    async def visible_contract(self, caller: Caller, contract_id: str) -> Contract:
        """Return the contract to its parties, operators and mediators; NotFound to everybody else."""
        contract = await self.reading.get(CONTRACTS, contract_id)
        if contract is None:
            raise NotFound("contract")
        if caller.role in READERS_OF_ALL:
            return contract
        side = contract.side_of(caller.subject)
        if side is None or not visible_to(contract, side):
            raise NotFound("contract")
        return contract


def _at_revision(
    use_case: Callable[[Unit, Any], Awaitable[Any]], contract_id: str, party_id: str, revision: int
) -> Callable[[Unit, Any], Awaitable[Any]]:
    async def guarded(unit: Unit, command: Any) -> Any:
        contract, _ = await own_contract(unit, contract_id, party_id)
        if contract.revision != revision:
            raise Refusal("REVISION_CHANGED", f"The contract is at revision {contract.revision}: read it again.",
                          status=412)
        return await use_case(unit, command)

    return guarded
