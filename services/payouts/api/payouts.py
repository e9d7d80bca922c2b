"""`/v1/payouts`: ask for one, look at them."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payouts.api.desk import Desk, acted_account, listing, may_see
from services.payouts.api.rendering import payout_out
from services.payouts.api.schemas import PayoutIn, PayoutOut, PayoutsOut
from services.payouts.application.request_payout import RequestPayout, reads, request_payout
from services.payouts.domain.payouts import PayoutStatus
from shared.kernel.decisions import NotFound
from shared.kernel.instants import format_instant
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer
from shared.web.pages import PageDep, RangeDep, page_out


def payout_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/payouts", tags=["payouts"])
    use_case = partial(request_payout, policies=desk.policies)

    @routes.post("", status_code=201, response_model=None, responses={201: {"model": PayoutOut}},
                 summary="Ask for a payout")
    async def ask_for_payout(body: PayoutIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Reserve money and send it by a payout method; the rail's answer follows as events.

        Refused, first hit: `PAYOUTS_BLOCKED` (arrears), `PAYOUT_METHOD_MISSING`, `PAYOUT_METHOD_TOO_NEW`,
        `PAYOUT_BELOW_MINIMUM`, `INSUFFICIENT_AVAILABLE`. `all` without a currency is refused with `CURRENCY_NEEDED`
        where the account has several.
        """
        command = RequestPayout(
            account_id=acted_account(caller, body.account_id), amount=body.amount.money() if body.amount else None,
            currency=body.currency, method_id=body.method_id)
        return await desk.act(use_case, command, account_id=command.account_id, reads=reads(command), key=key,
                              render=lambda payout: json_answer(201, payout_out(payout)))

    @routes.get("", response_model=None, responses={200: {"model": PayoutsOut}}, summary="List payouts")
    async def list_payouts(
        caller: CallerDep, page: PageDep, dates: RangeDep, account_id: str | None = None,
        status: Annotated[PayoutStatus | None, Query(description="Only payouts of this status.")] = None,
    ) -> Response:
        """List an account's payouts, newest first; `from` and `until` bound the instant of the request."""
        account = await desk.visible_account(caller, account_id or caller.subject)
        found = await desk.books.payouts_of(listing(account.id, page, dates, status=status))
        return answered(json_answer(200, page_out(
            found, page, key=lambda payout: (format_instant(payout.requested_at), payout.id), render=payout_out)))

    @routes.get("/{payout_id}", response_model=None, responses={200: {"model": PayoutOut}}, summary="Read a payout")
    async def read_payout(payout_id: str, caller: CallerDep) -> Response:
        """Read one payout."""
        payout = await desk.books.payout(payout_id)
        if payout is None or not may_see(caller, payout.account_id):
            raise NotFound("payout")
        return answered(json_answer(200, payout_out(payout)))

    return routes
