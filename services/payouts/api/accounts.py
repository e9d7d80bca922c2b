"""`/v1/accounts` and `/v1/holds`: balances, what waits and why (P7), and the journal."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.payouts.api.desk import Desk, listing, may_see
from services.payouts.api.rendering import balance_out, entry_out, hold_parts_out
from services.payouts.api.schemas import BalanceOut, EntriesOut, HoldsOut
from shared.kernel.decisions import NotFound
from shared.kernel.instants import format_instant
from shared.web.auth import CallerDep
from shared.web.idempotency import answered, json_answer
from shared.web.pages import PageDep, RangeDep, page_out

ContractQuery = Annotated[str | None, Query(max_length=100, description="Only what is about this contract.")]
KindQuery = Annotated[str | None, Query(max_length=50, description="Only entries of this kind.",
                                        examples=["invoice.paid"])]
StateQuery = Annotated[Literal["pending", "matured", "refunded"] | None, Query(description="Only holds of this state.")]


def account_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["accounts"])

    @routes.get("/accounts/{account_id}/balance", response_model=None, responses={200: {"model": BalanceOut}},
                summary="Read an account's balances")
    async def balance(account_id: str, caller: CallerDep) -> Response:
        """Read the books' own balances, one row per currency that was ever booked; amounts are minor units."""
        return answered(json_answer(200, balance_out(await desk.visible_account(caller, account_id))))

    @routes.get("/accounts/{account_id}/holds", response_model=None, responses={200: {"model": HoldsOut}},
                summary="Why is this not available yet?")
    async def holds(
        account_id: str, caller: CallerDep, page: PageDep, dates: RangeDep, state: StateQuery = None,
        contract_id: ContractQuery = None,
    ) -> Response:
        """List holds with reason, rule, start, due instant and the chain back to the work (P7).

        Latest due instant first; `from` and `until` bound the due instant.
        """
        account = await desk.visible_account(caller, account_id)
        found = await desk.books.holds_of(listing(account.id, page, dates, state=state, contract_id=contract_id))
        paged = page_out(found, page, key=lambda hold: (format_instant(hold.due_at), hold.id), render=hold_parts_out)
        return answered(json_answer(200, {**paged, "items": [part for parts in paged["items"] for part in parts]}))

    @routes.get("/accounts/{account_id}/entries", response_model=None, responses={200: {"model": EntriesOut}},
                summary="Read an account's journal")
    async def entries(
        account_id: str, caller: CallerDep, page: PageDep, dates: RangeDep, contract_id: ContractQuery = None,
        kind: KindQuery = None,
    ) -> Response:
        """List the double-entry journal of an account, newest first."""
        account = await desk.visible_account(caller, account_id)
        found = await desk.books.entries_of(listing(account.id, page, dates, contract_id=contract_id, kind=kind))
        return answered(json_answer(200, page_out(
            found, page, key=lambda entry: (format_instant(entry.at), entry.id), render=entry_out)))

    @routes.get("/holds/{hold_id}", response_model=None, responses={200: {"model": HoldsOut}}, summary="Read a hold")
    async def read_hold(hold_id: str, caller: CallerDep) -> Response:
        """Read one hold, as its one or two parts."""
        hold = await desk.books.hold(hold_id)
        if hold is None or not may_see(caller, hold.account_id):
            raise NotFound("hold")
        return answered(json_answer(200, {"items": hold_parts_out(hold), "next_cursor": None}))

    return routes
