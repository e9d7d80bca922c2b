"""For operators: `GET /v1/books/check` and `PUT /v1/simulator/rail`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payouts.api.desk import Desk
from services.payouts.api.rendering import check_out
from services.payouts.api.schemas import BooksCheckOut, RailOutcomesIn, RailOutcomesOut
from shared.web.auth import CallerDep, require_role
from shared.web.idempotency import answered, json_answer

ClockQuery = Annotated[str | None, Query(max_length=100, description="Only this test clock's books; else everything.")]


def operator_routes(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1", tags=["operations"])

    @routes.get("/books/check", response_model=None, responses={200: {"model": BooksCheckOut}},
                summary="Check the books")
    async def check_books(caller: CallerDep, test_clock: ClockQuery = None) -> Response:
        """Check invariants 1, 2 and 5 over every posting, account and open hold, from one snapshot (operator)."""
        require_role(caller, "operator")
        return answered(json_answer(200, check_out(await desk.books.check(test_clock))))

    @routes.put("/simulator/rail", response_model=None, responses={200: {"model": RailOutcomesOut}},
                summary="Set the simulated rail's answers")
    async def set_rail(body: RailOutcomesIn, caller: CallerDep) -> Response:
        """Say how an account's next payouts end (operator); only the simulated rail listens."""
        require_role(caller, "operator")
        await desk.rail.set_outcomes(body.account_id, body.outcomes)
        return answered(json_answer(200, {"account_id": body.account_id, "outcomes": list(body.outcomes)}))

    return routes
