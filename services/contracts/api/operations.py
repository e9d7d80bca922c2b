"""Routes of operators: parties and mails; and the policy profiles that everybody may read."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.contracts.api.desk import Desk
from services.contracts.api.rendering import PartyOut, PolicyVersionOut, party_out, policy_out, rendered
from services.contracts.api.requests import PartyIn
from services.contracts.application.collections import PARTIES
from services.contracts.application.register_party import RegisterParty, register_party
from services.contracts.domain.parties import Role
from services.contracts.domain.policy_changes import changes
from shared.events.catalogue import LIVE
from shared.kernel.decisions import NotFound
from shared.web.auth import CallerDep, require_role
from shared.web.idempotency import IdempotencyDep
from shared.web.pages import PageDep, page_out
from shared.web.schemas import instant_out


class PoliciesOut(BaseModel):
    """Every version, oldest first within a profile."""

    items: list[PolicyVersionOut]
    next_cursor: None = None


class PolicyChangeOut(BaseModel):
    """One value that is not the same; null where a version has no such value."""

    field: str
    before: str | None
    after: str | None


class PolicyChangesOut(BaseModel):
    """What differs between two versions of a profile."""

    profile: str
    before: str
    after: str
    items: list[PolicyChangeOut]


VersionQuery = Annotated[str | None, Query(max_length=60, examples=["2015-01-01"])]


class MailOut(BaseModel):
    """A mail of the local mailbox."""

    id: str
    to_party_id: str
    to_address: str | None
    contract_id: str
    subject: str
    text: str
    token: str | None
    written_at: str | None


class MailsOut(BaseModel):
    """A page of mails."""

    items: list[MailOut]
    next_cursor: str | None


def party_routes(desk: Desk) -> APIRouter:
    """Return the routes of parties."""
    routes = APIRouter(prefix="/v1/parties", tags=["parties"])

    @routes.post("", status_code=201, response_model=None, responses={201: {"model": PartyOut}},
                 summary="Register a party")
    async def register(body: PartyIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Register who takes part (operator); with `test_clock` it lives on that clock for ever."""
        require_role(caller, "operator")
        if body.test_clock is not None and not desk.test_clocks_enabled:
            raise NotFound("test clock")
        command = RegisterParty(Role(body.role), name=body.name, email=body.email)
        return await desk.act(register_party, command, clock=body.test_clock or LIVE, key=key,
                              render=lambda party: rendered(201, party_out(party, private=True)))

    @routes.get("/{party_id}", response_model=None, responses={200: {"model": PartyOut}}, summary="Read a party")
    async def party(party_id: str, caller: CallerDep) -> Response:
        """A party's role and clock; name and address only for itself and for operators."""
        found = await desk.reading.get(PARTIES, party_id)
        private = caller.role == "operator" or caller.subject == party_id
        if found is None or not (private or caller.role == "mediator"):
            raise NotFound("party")
        return Response(party_out(found, private=private).model_dump_json(), media_type="application/json")

    return routes


def operation_routes(desk: Desk) -> APIRouter:
    """Return the routes of policies and mails."""
    routes = APIRouter(prefix="/v1", tags=["operations"])

    @routes.get("/policy_profiles", response_model=None, responses={200: {"model": PoliciesOut}},
                summary="List policy profiles")
    async def policies(_caller: CallerDep) -> Response:
        """Every dated version of every profile."""
        shown = PoliciesOut(items=[policy_out(version) for version in desk.rules.policies.versions])
        return Response(shown.model_dump_json(), media_type="application/json")

    @routes.get("/policy_profiles/{profile}", response_model=None, responses={200: {"model": PoliciesOut}},
                summary="Read one policy profile")
    async def policy(profile: str, _caller: CallerDep) -> Response:
        """Every dated version of one profile."""
        versions = desk.rules.policies.of(profile)
        if not versions:
            raise NotFound("policy profile")
        shown = PoliciesOut(items=[policy_out(version) for version in versions])
        return Response(shown.model_dump_json(), media_type="application/json")

    @routes.get("/policy_profiles/{profile}/comparison", response_model=None,
                responses={200: {"model": PolicyChangesOut}}, summary="Compare two versions of a policy profile")
    async def comparison(
        profile: str, _caller: CallerDep, before: VersionQuery = None, after: VersionQuery = None
    ) -> Response:
        """Every value in which two versions differ: by default the last one and the one before it.

        Contracts keep the version that they were offered under.
        """
        known = desk.rules.policies.of(profile)
        if not known:
            raise NotFound("policy profile")
        old = desk.rules.policies.named(profile, before) if before else known[-2:][0]
        new = desk.rules.policies.named(profile, after) if after else known[-1]
        if old is None or new is None:
            raise NotFound("policy version")
        shown = PolicyChangesOut(profile=profile, before=old.version, after=new.version, items=[
            PolicyChangeOut(field=each.field, before=each.before, after=each.after) for each in changes(old, new)])
        return Response(shown.model_dump_json(), media_type="application/json")

    @routes.get("/mails", response_model=None, responses={200: {"model": MailsOut}}, summary="Read the local mailbox")
    async def mails(
        caller: CallerDep, page: PageDep, test_clock: Annotated[str | None, Query(max_length=50)] = None
    ) -> Response:
        """What the local mailer was given (operator); with another mailer this is empty."""
        require_role(caller, "operator")
        found = await desk.mailbox.mails(clock=test_clock, after=page.after[0] if page.after else None,
                                         limit=page.limit + 1)
        shown = page_out(found, page, key=lambda each: (each.id,), render=lambda mail: MailOut(
            id=mail.id, to_party_id=mail.to_party_id, to_address=mail.to_address, contract_id=mail.contract_id,
            subject=mail.subject, text=mail.text, token=mail.token, written_at=instant_out(mail.written_at)))
        return Response(MailsOut(**shown).model_dump_json(), media_type="application/json")

    return routes
