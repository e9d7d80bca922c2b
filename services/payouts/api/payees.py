"""`/v1/payout_methods` and `/v1/payout_schedule`: where money goes, and when by itself."""

from functools import partial

from fastapi import APIRouter, Response

from services.payouts.api.desk import Desk, acted_account
from services.payouts.api.rendering import method_out, methods_out, schedule_out
from services.payouts.api.schemas import (
    PayoutMethodIn,
    PayoutMethodOut,
    PayoutMethodsOut,
    PayoutScheduleIn,
    PayoutScheduleOut,
)
from services.payouts.application import add_payout_method, set_payout_schedule
from services.payouts.domain.payout_schedules import Schedule, next_run
from services.payouts.domain.profiles import PayoutProfile
from shared.kernel.decisions import NotFound, Refusal
from shared.kernel.money import Money
from shared.persistence.group_commit import Answer
from shared.web.auth import Caller, CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer


def payee_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["payees"])
    _add_method_routes(routes, desk)
    _add_schedule_routes(routes, desk)
    return routes


def _add_method_routes(routes: APIRouter, desk: Desk) -> None:
    add_method = partial(add_payout_method.add_payout_method, policies=desk.policies)

    @routes.post("/payout_methods", status_code=201, response_model=None, responses={201: {"model": PayoutMethodOut}},
                 summary="Add a payout method")
    async def add(body: PayoutMethodIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Add a way out. It may be used from `usable_at` on (P2); the first one is the default."""
        command = add_payout_method.AddPayoutMethod(acted_account(caller, body.account_id), body.kind)
        return await desk.act(
            add_method, command, account_id=command.account_id, reads=add_payout_method.reads(command), key=key,
            render=lambda added: json_answer(201, method_out(added.method, is_default=added.is_default)))

    @routes.get("/payout_methods", response_model=None, responses={200: {"model": PayoutMethodsOut}},
                summary="List payout methods")
    async def list_methods(caller: CallerDep, account_id: str | None = None) -> Response:
        """List the payee's methods, oldest first."""
        return answered(json_answer(200, methods_out(await _visible_profile(desk, caller, account_id))))


def _add_schedule_routes(routes: APIRouter, desk: Desk) -> None:
    @routes.put("/payout_schedule", response_model=None, responses={200: {"model": PayoutScheduleOut}},
                summary="Choose the payout schedule")
    async def choose(body: PayoutScheduleIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Choose when the whole available balance is paid by itself; runs are Wednesdays 12:00 UTC (P4)."""
        threshold = body.threshold
        if threshold is not None and body.currency not in (None, threshold.currency):
            raise Refusal("VALIDATION", "currency differs from the threshold's", status=422)
        schedule = Schedule(body.every, Money(threshold.amount_minor, threshold.currency) if threshold else None)
        command = set_payout_schedule.SetPayoutSchedule(acted_account(caller, body.account_id), schedule)
        return await desk.act(
            set_payout_schedule.set_payout_schedule, command, account_id=command.account_id,
            reads=set_payout_schedule.reads(command), key=key, render=_chosen)

    @routes.get("/payout_schedule", response_model=None, responses={200: {"model": PayoutScheduleOut}},
                summary="Read the payout schedule")
    async def read(caller: CallerDep, account_id: str | None = None) -> Response:
        """Read the schedule and its next run."""
        profile = await _visible_profile(desk, caller, account_id)
        now = await desk.reading.now(profile.clock)
        return answered(json_answer(200, schedule_out(profile, next_run(profile.schedule.every, now))))


def _chosen(chosen: set_payout_schedule.ChosenSchedule) -> Answer:
    return json_answer(200, schedule_out(chosen.profile, chosen.next_run_at))


async def _visible_profile(desk: Desk, caller: Caller, account_id: str | None) -> PayoutProfile:
    account = await desk.visible_account(caller, account_id or caller.subject)
    profile = await desk.books.profile(account.id)
    if profile is None:
        raise NotFound("account")
    return profile
