"""`PUT /v1/simulator/gateway`: what the simulated payment gateway answers next. Only that adapter listens."""

from fastapi import APIRouter, Response

from services.invoicing.api.schemas import GatewayOutcomesIn, GatewayOutcomesOut
from services.invoicing.application.ports import GatewaySimulator
from shared.web.auth import CallerDep, require_role
from shared.web.idempotency import answered, json_answer


def simulator_routes(gateway: GatewaySimulator) -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/v1/simulator", tags=["operations"])

    @routes.put("/gateway", response_model=None, responses={200: {"model": GatewayOutcomesOut}},
                summary="Set the simulated gateway's answers")
    async def set_gateway(body: GatewayOutcomesIn, caller: CallerDep) -> Response:
        """Say what the next charges of a client end in (operator); replaces what was said before and not yet used."""
        require_role(caller, "operator")
        for_ever = isinstance(body.outcomes, str)
        outcomes = [body.outcomes] if isinstance(body.outcomes, str) else body.outcomes
        await gateway.set_outcomes(body.client_id, outcomes, for_ever=for_ever)
        return answered(json_answer(
            200, {"client_id": body.client_id, "outcomes": outcomes, "for_ever": for_ever}))

    return routes
