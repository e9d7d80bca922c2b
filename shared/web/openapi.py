"""The OpenAPI document: what FastAPI derives, plus what holds for every route. Must never describe what is not so."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from shared.web.idempotency import DESCRIBED, idempotency_key
from shared.web.problems import MEDIA_TYPE, Problem

_REFUSALS: dict[str, str] = {
    "400": "The body is not JSON or not UTF-8.",
    "401": "No valid bearer token.",
    "403": "The resource belongs to another role (`ROLE`).",
    "404": "Unknown, not yet known (try again after `Retry-After`), or not yours: all three look the same.",
    "409": "Refused by the state of things; `code` names the rule.",
    "413": "The body is larger than 64 KiB.",
    "415": "The body is not `application/json`.",
    "422": "Refused by value: `VALIDATION` with the fields in `errors`, or the `code` of a rule.",
    "500": "Unexpected error; it has been logged.",
    "503": "The store does not answer; try again with the same Idempotency-Key.",
}
_WITH_BODY_ONLY = ("400", "413", "415")
_METHODS = ("get", "post", "put", "patch", "delete")


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` return the whole document, made once when it is first asked for."""
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path in document.get("paths", {}).values():
        for method in _METHODS:
            if method in path:
                _complete(method, path[method])
    for route in app.routes:
        if isinstance(route, APIRoute) and any(part.call is idempotency_key for part in route.dependant.dependencies):
            for method in route.methods or ():
                document["paths"][route.path_format][method.lower()].setdefault("parameters", []).append(DESCRIBED)
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    responses = operation.setdefault("responses", {})
    for status, meaning in _REFUSALS.items():
        if status in _WITH_BODY_ONLY and "requestBody" not in operation and method == "get":
            continue
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[status] = {"description": meaning, "content": content}
    operation.setdefault("security", [{"bearer": []}])
