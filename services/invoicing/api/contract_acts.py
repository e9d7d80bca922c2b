"""`/v1/contracts/{id}/…`: what a client does about a contract's bills: object, and give a bonus (I3, I7)."""

from fastapi import APIRouter, Response

from services.invoicing.api.callers import actor_of
from services.invoicing.api.rendering import bonus_out, invoice_out
from services.invoicing.api.schemas import BonusIn, BonusOut, InvoiceOut, ObjectionIn
from services.invoicing.application.collections import CONTRACTS
from services.invoicing.application.give_bonus import GiveBonus, give_bonus, reads
from services.invoicing.application.object_to_hours import ObjectToHours, object_to_hours, withdraw_objection
from shared.persistence.group_commit import Committer
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer


def contract_act_routes(committer: Committer) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/contracts/{contract_id}", tags=["contracts"])

    @routes.post("/objection", response_model=None, responses={200: {"model": InvoiceOut}}, summary="Object to hours")
    async def object_to(contract_id: str, body: ObjectionIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Object to the latest invoice of hours or fixed rate (client): its hold waits.

        Refused with `NOT_A_PARTY`, `NOT_OFFERED` and, once 4 days after the lock have passed, `REVIEW_WINDOW_CLOSED`.
        """
        command = ObjectToHours(actor_of(caller), contract_id, body.note)
        return answered(await committer.run(
            object_to_hours, command, caller=caller.subject, reads=[(CONTRACTS, contract_id)], idempotency=key,
            render=lambda invoice: json_answer(200, invoice_out(invoice))))

    @routes.delete("/objection", response_model=None, responses={200: {"model": InvoiceOut}},
                   summary="Withdraw an objection")
    async def withdraw(contract_id: str, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Withdraw the open objection (client). Refused with `NOT_A_PARTY`, `NOT_OFFERED` and `NO_OBJECTION`."""
        command = ObjectToHours(actor_of(caller), contract_id)
        return answered(await committer.run(
            withdraw_objection, command, caller=caller.subject, reads=[(CONTRACTS, contract_id)], idempotency=key,
            render=lambda invoice: json_answer(200, invoice_out(invoice))))

    @routes.post("/bonuses", status_code=201, response_model=None, responses={201: {"model": BonusOut}},
                 summary="Give a bonus")
    async def give(contract_id: str, body: BonusIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Give a bonus (client): on the next cadence invoice or charged at once, as the contract's terms say (I7).

        Refused with `NOT_A_PARTY`, `CLIENT_SUSPENDED`, `CONTRACT_NOT_ACTIVE` and `CURRENCY_MISMATCH`.
        """
        command = GiveBonus(actor_of(caller), contract_id, body.amount.money())
        return answered(await committer.run(
            give_bonus, command, caller=caller.subject, reads=reads(command), idempotency=key,
            render=lambda bonus: json_answer(201, bonus_out(bonus))))

    return routes
