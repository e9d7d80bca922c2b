"""`/v1/clients` and `/v1/billing_methods`: a client's standing and how it is charged (I5, I6)."""

from fastapi import APIRouter, Response

from services.invoicing.api.callers import actor_of
from services.invoicing.api.rendering import client_out, method_out, wallet_out
from services.invoicing.api.schemas import (
    BillingMethodIn,
    BillingMethodOut,
    BillingMethodsOut,
    BillingOrderIn,
    ClientOut,
)
from services.invoicing.application.arrange_billing_methods import ArrangeBillingMethods, arrange_billing_methods
from services.invoicing.application.collections import WALLETS
from services.invoicing.application.queries import get_client, get_wallet
from services.invoicing.application.register_billing_method import RegisterBillingMethod, register_billing_method
from shared.kernel.decisions import NotFound
from shared.persistence.group_commit import Committer
from shared.persistence.reading import Reading
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer


def client_routes(committer: Committer, reading: Reading) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["clients"])

    @routes.get("/clients/{client_id}", response_model=None, responses={200: {"model": ClientOut}},
                summary="Read a client's standing")
    async def read(client_id: str, caller: CallerDep) -> Response:
        """Return standing and totals to the client itself and to operators."""
        return answered(json_answer(200, client_out(await get_client(reading, actor_of(caller), client_id))))

    @routes.post("/billing_methods", status_code=201, response_model=None,
                 responses={201: {"model": BillingMethodOut}}, summary="Add a billing method")
    async def add(body: BillingMethodIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Add a way to charge a client (the client itself, or an operator for it).

        Refused with `NOT_A_CLIENT`: only clients are charged.
        """
        if not caller.is_operator and caller.subject != body.client_id:
            raise NotFound("client")
        command = RegisterBillingMethod(actor_of(caller), body.client_id, body.kind, body.primary)
        return answered(await committer.run(
            register_billing_method, command, caller=body.client_id, reads=[(WALLETS, body.client_id)],
            idempotency=key, render=lambda registered: json_answer(201, method_out(registered))))

    @routes.get("/clients/{client_id}/billing_methods", response_model=None,
                responses={200: {"model": BillingMethodsOut}}, summary="List billing methods")
    async def list_methods(client_id: str, caller: CallerDep) -> Response:
        """List a client's billing methods, in the order in which an attempt tries them."""
        return answered(json_answer(200, wallet_out(await get_wallet(reading, actor_of(caller), client_id))))

    @routes.put("/clients/{client_id}/billing_methods/order", response_model=None,
                responses={200: {"model": BillingMethodsOut}}, summary="Order billing methods")
    async def order(client_id: str, body: BillingOrderIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Choose the primary method, which is named first, and the order of the fall-backs.

        Refused with `BILLING_METHODS_DIFFER` unless every method of the client is named once.
        """
        if not caller.is_operator and caller.subject != client_id:
            raise NotFound("client")
        command = ArrangeBillingMethods(actor_of(caller), client_id, tuple(body.billing_method_ids))
        return answered(await committer.run(
            arrange_billing_methods, command, caller=client_id, reads=[(WALLETS, client_id)], idempotency=key,
            render=lambda wallet: json_answer(200, wallet_out(wallet))))

    return routes
