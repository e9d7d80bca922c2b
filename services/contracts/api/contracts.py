"""Routes of contracts: offering, answering, ending, pausing, limits, escrow."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.contracts.api.desk import READERS_OF_ALL, Desk
from services.contracts.api.rendering import ContractOut, ContractsOut, EscrowOut, contract_out, rendered
from services.contracts.api.requests import EmptyIn, EndIn, OfferIn, WeeklyLimitIn
from services.contracts.application.accept_contract import AcceptContract, accept_contract
from services.contracts.application.change_weekly_limit import ChangeWeeklyLimit, change_weekly_limit
from services.contracts.application.collections import CONTRACTS
from services.contracts.application.decline_contract import DeclineContract, decline_contract
from services.contracts.application.end_contract import AnswerRefund, EndContract, answer_refund, end_contract
from services.contracts.application.offer_contract import offer_contract
from services.contracts.application.pause_contract import PauseContract, pause_contract, resume_contract
from services.contracts.application.send_offer import SendOffer, send_offer
from services.contracts.domain.contracts import Contract, Status
from services.contracts.domain.policies import Kind
from shared.kernel.money import total
from shared.persistence.group_commit import Answer
from shared.web.auth import CallerDep, require_role
from shared.web.idempotency import IdempotencyDep
from shared.web.pages import PageDep, RangeDep, cursor_invalid, page_out
from shared.web.revisions import IfMatchDep, etag

_OK: dict[int | str, dict[str, Any]] = {200: {"model": ContractOut}}


def show(contract: Contract, status: int = 200) -> Answer:
    """Render the contract."""
    return rendered(status, contract_out(contract))


def contract_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/contracts", tags=["contracts"])
    _offers(routes, desk)
    _life(routes, desk)
    _refunds(routes, desk)
    _views(routes, desk)
    return routes


def _offers(routes: APIRouter, desk: Desk) -> None:
    @routes.post("", status_code=201, response_model=None, responses={201: {"model": ContractOut}},
                 summary="Offer a contract")
    async def offer(body: OfferIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """The client offers; on `direct` the freelancer does. The offer ends after 30 days (C2)."""
        require_role(caller, "client", "freelancer")
        return await desk.act(partial(offer_contract, rules=desk.rules), body.command(caller.subject), caller=caller,
                              key=key, render=lambda contract: show(contract, 201))

    @routes.post("/{contract_id}/send", response_model=None, responses=_OK, summary="Send a draft")
    async def send(contract_id: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None) -> Response:
        """Send a drafted direct contract to its client."""
        return await desk.act(partial(send_offer, rules=desk.rules), SendOffer(caller.subject, contract_id),
                              caller=caller, contract_id=contract_id, key=key, render=show)

    @routes.post("/{contract_id}/accept", response_model=None, responses=_OK, summary="Accept an offer")
    async def accept(
        contract_id: str, caller: CallerDep, key: IdempotencyDep, revision: IfMatchDep, _: EmptyIn | None = None
    ) -> Response:
        """Accept: the terms are frozen; what needs no deposit is active at once (C2)."""
        return await desk.act(partial(accept_contract, policies=desk.rules.policies),
                              AcceptContract(caller.subject, contract_id), caller=caller, contract_id=contract_id,
                              key=key, revision=revision, render=show)

    @routes.post("/{contract_id}/decline", response_model=None, responses=_OK, summary="Decline an offer")
    async def decline(contract_id: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None) -> Response:
        """Say no to an offer."""
        return await desk.act(decline_contract, DeclineContract(caller.subject, contract_id), caller=caller,
                              contract_id=contract_id, key=key, render=show)


def _life(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/{contract_id}/pause", response_model=None, responses=_OK, summary="Pause a contract")
    async def pause(contract_id: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None) -> Response:
        """Pause: new work and time are refused until it is resumed (C1)."""
        return await desk.act(pause_contract, PauseContract(caller.subject, contract_id), caller=caller,
                              contract_id=contract_id, key=key, render=show)

    @routes.post("/{contract_id}/resume", response_model=None, responses=_OK, summary="Resume a contract")
    async def resume(contract_id: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None) -> Response:
        """Lift a party's pause; a failed charge or a dispute may keep it paused."""
        return await desk.act(resume_contract, PauseContract(caller.subject, contract_id), caller=caller,
                              contract_id=contract_id, key=key, render=show)

    @routes.put("/{contract_id}/weekly_limit", response_model=None, responses=_OK, summary="Set the weekly limit")
    async def limit(
        contract_id: str, body: WeeklyLimitIn, caller: CallerDep, key: IdempotencyDep, revision: IfMatchDep
    ) -> Response:
        """A raise counts at once for the current week, a cut from next Monday (T5)."""
        command = ChangeWeeklyLimit(caller.subject, contract_id, body.weekly_limit_hours)
        return await desk.act(change_weekly_limit, command, caller=caller, contract_id=contract_id, key=key,
                              revision=revision, render=show)


def _refunds(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/{contract_id}/end", response_model=None, responses=_OK, summary="End a contract")
    async def end(contract_id: str, caller: CallerDep, key: IdempotencyDep, body: EndIn | None = None) -> Response:
        """End it; money in escrow needs `refund: true`, which asks the freelancer for 7 days (C8)."""
        command = EndContract(caller.subject, contract_id, refund=body is not None and body.refund)
        return await desk.act(end_contract, command, caller=caller, contract_id=contract_id, key=key, render=show)

    @routes.post("/{contract_id}/refund/{answer}", response_model=None, responses=_OK,
                 summary="Answer the question about escrow")
    async def answer_question(
        contract_id: str, answer: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None
    ) -> Response:
        """`accept` sends escrow back to the client, `decline` leaves it where it is (C8)."""
        command = AnswerRefund(caller.subject, contract_id, answer)
        return await desk.act(answer_refund, command, caller=caller, contract_id=contract_id, key=key, render=show)


def _views(routes: APIRouter, desk: Desk) -> None:
    @routes.get("", response_model=None, responses={200: {"model": ContractsOut}}, summary="List contracts")
    async def contracts(
        caller: CallerDep, page: PageDep, dates: RangeDep,
        status: Annotated[Status | None, Query(description="Only contracts of this status.")] = None,
        kind: Annotated[Kind | None, Query(description="Only contracts of this kind.")] = None,
        profile: Annotated[str | None, Query(max_length=50, description="Only contracts of this profile.")] = None,
        test_clock: Annotated[str | None, Query(max_length=50, description="Operators: of this clock only.")] = None,
    ) -> Response:
        """The caller's own contracts, newest first; an operator or mediator sees all.

        `from` and `until` bound the instant of the offer.
        """
        after = _after(page.after)
        where: dict[str, Any] = {} if after is None else {"_id": {"$lt": after}}
        where |= {name: value for name, value in (("kind", kind), ("profile", profile)) if value is not None}
        offered = {operator: bound for operator, bound in (("$gte", dates.since), ("$lt", dates.until)) if bound}
        where |= {"offered_at": offered} if offered else {}
        if caller.role not in READERS_OF_ALL:
            where[f"{caller.role}_id"] = caller.subject
        elif test_clock is not None:
            where["clock"] = test_clock
        wanted = {} if status is None else {"$eq": status.value}
        if caller.role == "client":   # A direct contract that is still drafted is its freelancer's alone.
            wanted["$ne"] = Status.DRAFTED.value
        where |= {"status": wanted} if wanted else {}
        found = await desk.reading.find(CONTRACTS, where, sort="-_id", limit=page.limit + 1)
        shown = page_out(found, page, key=lambda each: (each.id,), render=contract_out)
        return Response(ContractsOut(**shown).model_dump_json(), media_type="application/json")

    @routes.get("/{contract_id}", response_model=None, responses=_OK, summary="Read a contract")
    async def contract(contract_id: str, caller: CallerDep) -> Response:
        """The whole contract; its `ETag` may be sent back as `If-Match` with a change."""
        found = await desk.visible_contract(caller, contract_id)
        return Response(contract_out(found).model_dump_json(), headers=etag(found.revision),
                        media_type="application/json")

    @routes.get("/{contract_id}/escrow", response_model=None, responses={200: {"model": EscrowOut}},
                summary="Read what is in escrow")
    async def escrow(contract_id: str, caller: CallerDep) -> Response:
        """What is in escrow for this contract now."""
        found = await desk.visible_contract(caller, contract_id)
        _, rest = found.escrow.take(found.escrow.balance)
        shown = EscrowOut(contract_id=found.id, amount=total([rest.amount], found.currency), client_fee=rest.client_fee)
        return Response(shown.model_dump_json(), media_type="application/json")


def _after(key: tuple[str, ...] | None) -> str | None:
    if key is None:
        return None
    if len(key) != 1:
        raise cursor_invalid()
    return key[0]
