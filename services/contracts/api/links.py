"""Routes of acceptance links: the token is the only key, single-use and good for one contract (C9)."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from services.contracts.api.desk import Desk
from services.contracts.api.rendering import ContractOut, contract_out, rendered
from services.contracts.api.requests import EmptyIn
from services.contracts.application.accept_by_link import AcceptByLink, accept_by_link, read_by_link
from services.contracts.application.collections import LINKS
from services.contracts.domain.links import link_id
from shared.kernel.decisions import NotFound
from shared.web.auth import Caller
from shared.web.idempotency import IdempotencyHeader, idempotency_key_of

_OK: dict[int | str, dict[str, Any]] = {200: {"model": ContractOut}}


def link_routes(desk: Desk) -> APIRouter:
    """Return the routes; they need no bearer token."""
    routes = APIRouter(prefix="/v1/contract_links", tags=["acceptance links"])

    async def clock_of(token: str) -> str:
        link = await desk.reading.get(LINKS, link_id(token))
        if link is None:
            raise NotFound("link")
        return link.clock

    @routes.get("/{token}", response_model=None, responses=_OK, openapi_extra={"security": []},
                summary="Read the contract of a link")
    async def read(token: str) -> Response:
        """The contract that the link was mailed for, while the link is good."""
        return await desk.act(read_by_link, token, clock=await clock_of(token),
                              render=lambda contract: rendered(200, contract_out(contract)))

    @routes.post("/{token}/accept", response_model=None, responses=_OK, openapi_extra={"security": []},
                 summary="Accept by link")
    async def accept(
        token: str, request: Request, _: EmptyIn | None = None, _key: IdempotencyHeader = None
    ) -> Response:
        """Accept the contract as its client; the link is used up."""
        key = idempotency_key_of(request, Caller(f"link {link_id(token)}", "client"))
        return await desk.act(partial(accept_by_link, policies=desk.rules.policies), AcceptByLink(token),
                              clock=await clock_of(token), key=key,
                              render=lambda contract: rendered(200, contract_out(contract)))

    return routes
