"""The Idempotency-Key header: its scope is caller, method and path; its hash is what was asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from shared.settings import ServiceSettings
from shared.web.app import build_app
from shared.web.dev_issuer import DevIssuer
from shared.web.idempotency import IdempotencyDep


@pytest.fixture(name="issuer")
def _issuer(tmp_path: Path) -> DevIssuer:
    return DevIssuer.load_or_create(tmp_path)


@pytest.fixture(name="client")
def _client(issuer: DevIssuer) -> Iterator[TestClient]:
    router = APIRouter()

    @router.post("/v1/acts/{name}")
    async def act(name: str, key: IdempotencyDep) -> dict[str, str] | None:
        return None if key is None else {"id": key.id, "hash": key.body_hash}

    with TestClient(build_app("acts", ServiceSettings(auth_jwks_file=issuer.jwks_file), [router])) as client:
        yield client


def act(
    client: TestClient, issuer: DevIssuer, key: str | None, path: str = "a", subject: str = "cl_1", **sent: Any
) -> Any:
    headers = {"Authorization": f"Bearer {issuer.token(subject, 'client')}", "Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.post(f"/v1/acts/{path}", headers=headers, **sent)


def test_no_key_is_no_key(client: TestClient, issuer: DevIssuer) -> None:
    assert act(client, issuer, None).json() is None


def test_the_scope_is_caller_method_and_path(client: TestClient, issuer: DevIssuer) -> None:
    ids = [act(client, issuer, "k", "a").json()["id"], act(client, issuer, "k", "b").json()["id"],
           act(client, issuer, "k", "a", "cl_2").json()["id"], act(client, issuer, "l", "a").json()["id"]]
    assert len(set(ids)) == 4
    assert act(client, issuer, "k", "a").json()["id"] == ids[0]


def test_the_hash_ignores_order_and_white_space_only(client: TestClient, issuer: DevIssuer) -> None:
    def hash_of(content: bytes, query: str = "") -> str:
        return str(act(client, issuer, "k", "a" + query, content=content).json()["hash"])

    first = hash_of(b'{"a":1,"b":{"c":[1,2],"d":"x"}}')
    assert hash_of(b'{ "b": {"d":"x", "c":[1,2]}, "a": 1 }') == first
    different = [
        hash_of(b'{"a":1,"b":{"c":[2,1],"d":"x"}}'), hash_of(b'{"a":"1","b":{"c":[1,2],"d":"x"}}'),
        hash_of(b""), hash_of(b"null"), hash_of(b'{"a":1,"b":{"c":[1,2],"d":"x"}}', "?q=1"),
    ]
    assert first not in different


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "a\tb", "é", "a|b"])
def test_a_key_that_is_none_is_refused(client: TestClient, issuer: DevIssuer, key: str) -> None:
    refused = act(client, issuer, key.encode("latin-1"))  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["code"]) == (422, "IDEMPOTENCY_KEY_INVALID")


def test_two_keys_are_refused(client: TestClient, issuer: DevIssuer) -> None:
    token = issuer.token("cl_1", "client")
    headers = [("Authorization", f"Bearer {token}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert client.post("/v1/acts/a", headers=headers).status_code == 422
