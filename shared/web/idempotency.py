"""The `Idempotency-Key` header: its form, its scope and the hash of what was asked. Records are the group commit's.

Optional on every act, whatever its method, and never required. The same key with the same body gets the recorded
answer, refusals included; with another body 422 IDEMPOTENCY_KEY_REUSED. A key belongs to one caller, method and path.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Final

import orjson
from fastapi import Depends, Header, Request, Response
from pydantic.json_schema import SkipJsonSchema

from shared.persistence.group_commit import Answer, IdempotencyKey
from shared.web.auth import Caller, authenticated
from shared.web.edge import BODY_KEY
from shared.web.problems import WebProblem

HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 128
_PATTERN = f"[A-Za-z0-9._:~+/=-]{{1,{MAX_KEY_CHARS}}}"
_KEY = re.compile(_PATTERN)
_MEANS = "Same key and same body: the same answer, once. Another body: 422 IDEMPOTENCY_KEY_REUSED."
IdempotencyHeader = Annotated[str | SkipJsonSchema[None], Header(
    alias=HEADER, json_schema_extra={"pattern": f"^{_PATTERN}$"}, description=_MEANS)]
"""Describes the header for a route that has no `IdempotencyDep`; `idempotency_key_of` reads and checks it."""
DESCRIBED: Final[Mapping[str, object]] = {
    "in": "header", "name": HEADER, "required": False, "description": _MEANS,
    "schema": {"type": "string", "title": HEADER, "pattern": f"^{_PATTERN}$", "description": _MEANS},
}
"""The header as OpenAPI writes it, for the routes that have an `IdempotencyDep`."""


def idempotency_key_of(request: Request, caller: Caller) -> IdempotencyKey | None:
    """Return the key that the request carries, None where it carries none."""
    keys = request.headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or _KEY.fullmatch(keys[0]) is None:
        raise WebProblem(422, "IDEMPOTENCY_KEY_INVALID",
                         f"one {HEADER} of at most {MAX_KEY_CHARS} letters, digits or ._:~+/=-")
    scope = f"{caller.subject} {request.method} {request.scope['path']}"
    return IdempotencyKey(scope, keys[0], body_hash(request))


def body_hash(request: Request) -> str:
    """Return the hash of what was asked: query and body, whatever the order of members or the white space."""
    parsed = request.scope.get(BODY_KEY)
    canonical = orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS) if parsed is not None else b""
    return hashlib.sha256(request.scope["query_string"] + b"\n" + canonical).hexdigest()


async def idempotency_key(request: Request) -> IdempotencyKey | None:
    """The FastAPI dependency behind `IdempotencyDep`.

    It asks for its caller itself and does not declare the header: FastAPI resolves declared ones anew for each request,
    which took a third of its time. `openapi.describe` says that it is read.
    """
    return idempotency_key_of(request, await authenticated(request))


IdempotencyDep = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
"""An act's parameter: `key: IdempotencyDep`, passed on as `idempotency=key`."""


def json_answer(status: int, document: object) -> Answer:
    """Return `document` (plain values, see `schemas.money_out` and `schemas.instant_out`) rendered once, as bytes."""
    return Answer(status, orjson.dumps(document))


def answered(answer: Answer) -> Response:
    """Return the response of a rendered or replayed answer."""
    if not isinstance(answer, Answer):
        raise TypeError("run the use case with `render=`")
    return Response(answer.body, answer.status, media_type="application/json")
