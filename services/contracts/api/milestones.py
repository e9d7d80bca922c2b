"""Routes of milestones: adding, proposing, accepting, editing and activating them; activating a single payment."""

from typing import Any

from fastapi import APIRouter, Response

from services.contracts.api.desk import Desk
from services.contracts.api.rendering import ContractOut, contract_out, milestone_out, rendered
from services.contracts.api.requests import EmptyIn, MilestoneIn, MilestonePatch
from services.contracts.application.activate_milestone import ActivateMilestone, activate_milestone
from services.contracts.application.change_milestones import (
    AcceptMilestone,
    AddMilestone,
    EditMilestone,
    accept_milestone,
    add_milestone,
    edit_milestone,
)
from services.contracts.domain.contracts import Contract
from shared.events import contracts as events
from shared.persistence.group_commit import Answer
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep
from shared.web.revisions import IfMatchDep

_MILESTONE: dict[int | str, dict[str, Any]] = {200: {"model": events.Milestone}}
_ACTIVATED: dict[int | str, dict[str, Any]] = {
    200: {"model": ContractOut, "description": "Active: nothing had to be deposited."},
    202: {"model": ContractOut, "description": "`deposit_in_flight` is being charged; read the contract again."},
}


def milestone_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/contracts/{contract_id}", tags=["milestones"])

    @routes.post("/milestones", status_code=201, response_model=None, responses={201: {"model": events.Milestone}},
                 summary="Add or propose a milestone")
    async def add(contract_id: str, body: MilestoneIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """The client adds a milestone; the freelancer's counts only when the client accepts it (C5)."""
        command = AddMilestone(caller.subject, contract_id, body.title, body.amount.money())
        return await desk.act(add_milestone, command, caller=caller, contract_id=contract_id, key=key,
                              render=lambda milestone: rendered(201, milestone_out(milestone)))

    @routes.patch("/milestones/{milestone_id}", response_model=None, responses=_MILESTONE, summary="Edit a milestone")
    async def edit(
        contract_id: str, milestone_id: str, body: MilestonePatch, caller: CallerDep, key: IdempotencyDep,
        revision: IfMatchDep,
    ) -> Response:
        """Future milestones may be edited, the active one not (C5)."""
        amount = body.amount.money() if body.amount else None
        command = EditMilestone(caller.subject, contract_id, milestone_id, body.title, amount)
        return await desk.act(edit_milestone, command, caller=caller, contract_id=contract_id, key=key,
                              revision=revision, render=lambda milestone: rendered(200, milestone_out(milestone)))

    @routes.post("/milestones/{milestone_id}/accept", response_model=None, responses=_MILESTONE,
                 summary="Accept a proposed milestone")
    async def accept(
        contract_id: str, milestone_id: str, caller: CallerDep, key: IdempotencyDep, revision: IfMatchDep,
        _: EmptyIn | None = None,
    ) -> Response:
        """Let the freelancer's proposal count (C5)."""
        command = AcceptMilestone(caller.subject, contract_id, milestone_id)
        return await desk.act(accept_milestone, command, caller=caller, contract_id=contract_id, key=key,
                              revision=revision, render=lambda milestone: rendered(200, milestone_out(milestone)))

    @routes.post("/milestones/{milestone_id}/activate", response_model=None, responses=_ACTIVATED,
                 summary="Activate the next milestone")
    async def activate(
        contract_id: str, milestone_id: str, caller: CallerDep, key: IdempotencyDep, revision: IfMatchDep,
        _: EmptyIn | None = None,
    ) -> Response:
        """At most one is active (C4); on prefunded profiles its deposit is charged first (C6)."""
        command = ActivateMilestone(caller.subject, contract_id, milestone_id)
        return await desk.act(activate_milestone, command, caller=caller, contract_id=contract_id, key=key,
                              revision=revision, render=_activated)

    @routes.post("/activate", response_model=None, responses=_ACTIVATED, summary="Fund a single payment")
    async def fund(contract_id: str, caller: CallerDep, key: IdempotencyDep, _: EmptyIn | None = None) -> Response:
        """The whole amount is deposited into escrow (C6)."""
        command = ActivateMilestone(caller.subject, contract_id, None)
        return await desk.act(activate_milestone, command, caller=caller, contract_id=contract_id, key=key,
                              render=_activated)

    return routes


def _activated(contract: Contract) -> Answer:
    return rendered(200 if contract.deposit is None else 202, contract_out(contract))
