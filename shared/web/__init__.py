"""The web room: everything about HTTP that holds for every service. Must never hold a business rule.

How a service uses it (services/disputes is the worked example):

    # api/routes.py: a factory per group of routes, closed over what the composition root gives it
    def dispute_routes(commands: Committer, ...) -> APIRouter:
        routes = APIRouter(prefix="/v1", tags=["disputes"])

        @routes.post("/disputes", status_code=201, response_model=None, responses={201: {"model": DisputeOut}})
        async def open_dispute(body: OpenDisputeIn, caller: CallerDep, key: IdempotencyDep) -> Response:
            command = OpenDispute(caller.subject, caller.role, body.contract_id, body.amount.money())
            return answered(await commands.run(use_case, command, caller=caller.subject, idempotency=key,
                                               render=lambda dispute: json_answer(201, dispute_out(dispute))))

    # main.py
    app = build_app("Holdfast disputes", settings, [dispute_routes(...), event_routes(archive)],
                    ready_checks={"store": store.ping, "kafka": ...}, lifespan=..., metrics=metrics)
    serve(app, settings)

- Bodies extend `schemas.RequestModel` (closed, strict); fields use `MoneyIn`, `InstantIn`, `IdIn`, `CountIn`, `TextIn`,
  `CurrencyIn` and `list[...]`, never tuples, enums (use Literal) or floats. Answers: plain values, rendered once.
- Raise `Refusal` and `NotFound` anywhere; HTTP's own problems are `problems.WebProblem`. `require_role(caller, ...)`
  is for resources that belong to a role; a party in the wrong role is a Refusal NOT_A_PARTY of the use case.
- Path ids are plain `str`: what does not exist is 404. Lists: `page: PageDep`, `pages.page_out(...)`.
- Dependencies are `async def`: a plain `def` would cost a thread per request.
- Raw parsed JSON, correlation ids, 413/415/400, metrics and the last net against exceptions: `edge.py`, for all routes.
"""
