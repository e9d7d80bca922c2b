"""The committed OpenAPI documents say what the code does; a changed route turns the check red."""

import json

import pytest
from fastapi import APIRouter

from shared.events.catalogue import SERVICES
from shared.settings import ServiceSettings
from shared.web.app import build_app
from tools.openapi.__main__ import document_of, file_of, is_stale


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_document_is_fresh(service: str) -> None:
    assert not is_stale(service), "run `python -m tools.openapi write` and commit docs/openapi"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_summary_and_every_refusal_is_a_problem(service: str) -> None:
    document = json.loads(document_of(service))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), f"{method} {path}"
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"


SET_AND_SET_AGAIN = ("/v1/events/redeliver", "/v1/simulator/")
"""An operator's switches: a second time changes nothing that the first one did not."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_act_takes_an_idempotency_key(service: str) -> None:
    for path, methods in json.loads(document_of(service))["paths"].items():
        for method, operation in methods.items():
            takes = "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", [])}
            assert takes is (method != "get" and not path.startswith(SET_AND_SET_AGAIN)), f"{method} {path}"


def test_a_changed_route_is_noticed() -> None:
    router = APIRouter()

    @router.get("/v1/new")
    async def new() -> None: ...

    planted = build_app("Holdfast disputes", ServiceSettings(), [router])
    changed = json.dumps(planted.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert changed != file_of("disputes").read_text()
