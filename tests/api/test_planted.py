"""The checks of this room turn red when they should: planted faults in an API, found by the same wrong bodies."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from services.disputes.application.collections import PARTIES
from services.disputes.domain.parties import KnownParty
from shared.persistence.unit import Unit
from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.schemas import CountIn, InstantIn, MoneyIn, RequestModel
from tests.api.in_process import InProcessSuite
from tests.api.test_wrong_bodies import checked_problem
from tests.api.wrong_bodies import operations_with_bodies, wrong_bodies


class LooseMoney(BaseModel):
    """What must never be: numbers are coerced, members ignored, the sign unchecked."""

    amount_minor: int
    currency: str


class LooseIn(BaseModel):
    """What must never be."""

    price: LooseMoney
    count: int


class StrictIn(RequestModel):
    """What ought to be."""

    price: MoneyIn
    at: InstantIn
    count: CountIn


def app_with(model: type[BaseModel]) -> FastAPI:
    router = APIRouter()

    async def take(body: Any) -> dict[str, str]:
        return {}

    take.__annotations__["body"] = model
    router.post("/v1/things")(take)
    return build_app("planted", ServiceSettings(), [router])


@pytest.fixture(name="slipped")
def _slipped(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    app = app_with(request.param)
    operation, = operations_with_bodies(app.openapi())
    with TestClient(app) as client:
        yield [wrong.name for wrong in wrong_bodies(operation)
               if client.post("/v1/things", json=wrong.body).json().get("code") != "VALIDATION"]


@pytest.mark.parametrize("slipped", [LooseIn], indirect=True)
def test_a_loose_model_is_noticed(slipped: list[str]) -> None:
    assert {
        "body has an unknown member", "price has an unknown member", "price.amount_minor is a whole float",
        "price.amount_minor is a string", "price.amount_minor is true", "price.amount_minor is below any minimum",
        "price.currency is endless", "count is a whole float",
    } <= set(slipped)


@pytest.mark.parametrize("slipped", [StrictIn], indirect=True)
def test_a_strict_model_lets_nothing_through(slipped: list[str]) -> None:
    assert slipped == []


@pytest.mark.parametrize(("status", "text"), [
    (500, '{"status": 500, "code": "INTERNAL"}'), (409, '{"status": 409, "code": "internal error"}'),
    (409, '{"status": 422, "code": "OTHER"}'), (409, '{"status": 409}'), (409, "Internal Server Error"),
    (409, '{"status": 409, "code": "BAD", "detail": "Traceback (most recent call last)"}'),
])
def test_an_answer_that_is_no_problem_document_is_noticed(status: int, text: str) -> None:
    with pytest.raises((AssertionError, KeyError, ValueError)):
        checked_problem(status, text, "planted")


async def plant(unit: Unit, _command: None) -> None:
    unit.put(PARTIES, KnownParty("cl_planted", "client", "live"))


async def pull_out(unit: Unit, _command: None) -> None:
    unit.delete(PARTIES, "cl_planted")


def test_a_written_document_changes_the_state(suite: InProcessSuite) -> None:
    committer, before = suite.grounds["disputes"].committer, suite.state("disputes")
    suite.run(committer.run(plant, None, clock="live"))
    assert suite.state("disputes") != before
    suite.run(committer.run(pull_out, None, clock="live"))
    assert suite.state("disputes") == before
