"""`POST /v1/disputes`: file a dispute."""

from fastapi import APIRouter, Response

from services.disputes.api.schemas import DisputeOut, OpenDisputeIn
from services.disputes.application.collections import CONTRACTS
from services.disputes.application.open_dispute import OpenDispute, open_dispute
from services.disputes.domain.filings import Filer
from shared.kernel.decisions import NotFound
from shared.persistence.group_commit import Committer
from shared.persistence.reading import Reading
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer


def dispute_routes(committer: Committer, reading: Reading) -> APIRouter:
    """Return the routes over one committer; `reading` finds the clock on which the contract lives."""
    routes = APIRouter(prefix="/v1/disputes", tags=["disputes"])

    @routes.post("", status_code=201, response_model=None, responses={201: {"model": DisputeOut}},
                 summary="File a dispute")
    async def file_dispute(body: OpenDisputeIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """File a dispute about a contract.

        Refused with `NOT_A_PARTY` in the wrong role and `DISPUTES_NOT_OFFERED` where the contract's profile has no
        disputes (D1). Cases of the other profiles are not handled by this version: 501 `NOT_IMPLEMENTED`.
        """
        filer = Filer(caller.subject, caller.role)
        contract = await reading.get(CONTRACTS, body.contract_id)
        if contract is None or not filer.knows(contract):
            raise NotFound("contract")
        command = OpenDispute(
            filer=filer, contract_id=body.contract_id, reason=body.reason,
            amount=body.amount.money() if body.amount is not None else None,
            segments=body.segments, milestone_id=body.milestone_id,
        )
        return answered(await committer.run(
            open_dispute, command, clock=contract.clock, reads=[(CONTRACTS, contract.id)], idempotency=key,
            render=lambda dispute: json_answer(201, dispute)))

    return routes
