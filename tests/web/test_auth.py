"""Who gets in: only an unexpired token of our issuer, for our audience, signed with a key that it publishes."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from starlette.testclient import TestClient

from shared.settings import ServiceSettings
from shared.testing.clocks import FixedClock
from shared.web import auth
from shared.web.app import build_app
from shared.web.auth import Authenticator, CallerDep, KeysAtAddress, KeysInFile, NoKeys, require_role
from shared.web.dev_issuer import DevIssuer
from shared.web.problems import WebProblem

NOW = datetime(2026, 2, 23, tzinfo=UTC)


@pytest.fixture(name="clock")
def _clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(name="issuer")
def _issuer(tmp_path: Path, clock: FixedClock) -> DevIssuer:
    return replace(DevIssuer.load_or_create(tmp_path), clock=clock)


class CountedKeys:
    """Keys in a file, and how often they were read."""

    def __init__(self, file: Path) -> None:
        self.inner, self.reads = KeysInFile(file), 0

    async def fetch(self) -> KeySet:
        self.reads += 1
        return await self.inner.fetch()


def authenticator_for(issuer: DevIssuer, clock: FixedClock) -> tuple[Authenticator, CountedKeys]:
    keys = CountedKeys(issuer.jwks_file)
    return Authenticator(keys, issuer=issuer.issuer, audience=issuer.audience, clock=clock), keys


def signed(issuer: DevIssuer, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(NOW.timestamp())
    content = {"iss": issuer.issuer, "aud": issuer.audience, "sub": "fr_1", "role": "freelancer", "exp": now + 60}
    wanted = {name: value for name, value in {**content, **claims}.items() if value is not None}
    algorithm = {"alg": "ES256", "kid": issuer.key.kid} if header is None else header
    return jwt.encode(algorithm, wanted, key or issuer.key, algorithms=["ES256", "HS256"])


async def refused(authenticator: Authenticator, authorization: str | None) -> None:
    with pytest.raises(WebProblem) as found:
        await authenticator.caller(authorization)
    assert (found.value.status, found.value.code) == (401, "UNAUTHENTICATED")


async def test_a_token_names_its_caller(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    caller = await authenticator.caller(f"Bearer {issuer.token('cl_7', 'client')}")
    assert (caller.subject, caller.role, caller.is_operator) == ("cl_7", "client", False)


async def test_an_audience_list_that_names_us_is_ours(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    token = signed(issuer, aud=["other", issuer.audience])
    assert (await authenticator.caller(f"bearer {token}")).subject == "fr_1"


@pytest.mark.parametrize("claims", [
    {"iss": "https://evil.invalid"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"sub": None}, {"sub": ""},
    {"sub": 7}, {"sub": "fr 1"}, {"sub": "fr_é"}, {"sub": "x" * 200},
    {"role": None}, {"role": "admin"}, {"role": ["operator"]}, {"exp": None},
    {"exp": int(NOW.timestamp())}, {"exp": int(NOW.timestamp()) - 1}, {"exp": "soon"},
    {"nbf": int(NOW.timestamp()) + 60},
])
async def test_wrong_claims_are_refused(issuer: DevIssuer, clock: FixedClock, claims: dict[str, Any]) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    await refused(authenticator, f"Bearer {signed(issuer, **claims)}")


async def test_other_keys_and_algorithms_are_refused(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    stranger = ECKey.generate_key("P-256")
    await refused(authenticator, f"Bearer {signed(issuer, key=stranger)}")
    shared_secret = OctKey.import_key(json.dumps(issuer.key.as_dict(private=False)))
    await refused(authenticator, f"Bearer {signed(issuer, key=shared_secret, header={'alg': 'HS256'})}")
    head, body, _signature = signed(issuer).split(".")
    await refused(authenticator, f"Bearer {head}.{body}.")
    unsigned = "eyJhbGciOiJub25lIn0"
    await refused(authenticator, f"Bearer {unsigned}.{body}.")


@pytest.mark.parametrize("authorization", [
    None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b", "Bearer \xff.\xff.\xff", "Bearer " + "x" * 10_000,
])
async def test_what_is_no_token_is_refused(issuer: DevIssuer, clock: FixedClock, authorization: str | None) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    await refused(authenticator, authorization)


async def test_a_remembered_token_still_expires(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    token = f"Bearer {signed(issuer)}"
    await authenticator.caller(token)
    clock.set(NOW + timedelta(seconds=59))
    await authenticator.caller(token)
    clock.set(NOW + timedelta(seconds=60))
    await refused(authenticator, token)


async def test_a_remembered_token_costs_a_look_up(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, keys = authenticator_for(issuer, clock)
    token = f"Bearer {issuer.token('fr_1', 'freelancer')}"
    await authenticator.caller(token)
    started = time.process_time()
    for _ in range(2_000):
        await authenticator.caller(token)
    assert (time.process_time() - started) / 2_000 < 50e-6
    assert keys.reads == 1


async def test_the_memory_is_bounded(issuer: DevIssuer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REMEMBERED_MAX", 3)
    authenticator, _ = authenticator_for(issuer, clock)
    for number in range(5):
        await authenticator.caller(f"Bearer {issuer.token(f'fr_{number}', 'freelancer')}")
    assert len(authenticator._remembered) == 3


async def test_a_new_key_is_fetched_and_a_withdrawn_one_stops(
    issuer: DevIssuer, clock: FixedClock, tmp_path: Path
) -> None:
    authenticator, _ = authenticator_for(issuer, clock)
    old = f"Bearer {issuer.token('fr_1', 'freelancer')}"
    await authenticator.caller(old)
    rotated = replace(issuer, key=ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True))
    issuer.jwks_file.write_text(json.dumps(KeySet([rotated.key]).as_dict(private=False)))
    clock.advance(timedelta(seconds=6))
    await authenticator.caller(f"Bearer {rotated.token('fr_1', 'freelancer')}")
    clock.advance(timedelta(seconds=auth.REMEMBER_S))
    await refused(authenticator, old)


async def test_an_unknown_key_does_not_make_us_ask_at_every_request(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator, keys = authenticator_for(issuer, clock)
    stranger = ECKey.generate_key("P-256")
    for _ in range(20):
        await refused(authenticator, f"Bearer {signed(issuer, key=stranger, header={'alg': 'ES256', 'kid': 'x'})}")
    assert keys.reads == 1


async def test_keys_that_come_later_are_waited_for(issuer: DevIssuer, clock: FixedClock) -> None:
    content = issuer.jwks_file.read_bytes()
    issuer.jwks_file.unlink()
    authenticator, _ = authenticator_for(issuer, clock)
    token = f"Bearer {issuer.token('fr_1', 'freelancer')}"
    with pytest.raises(WebProblem) as found:
        await authenticator.caller(token)
    assert (found.value.status, found.value.code) == (503, "AUTH_KEYS_UNAVAILABLE")
    with pytest.raises(LookupError):
        await authenticator.ready()
    issuer.jwks_file.write_bytes(content)
    clock.advance(timedelta(seconds=1))
    assert (await authenticator.caller(token)).subject == "fr_1"
    await authenticator.ready()


async def test_without_configured_keys_nobody_gets_in(issuer: DevIssuer, clock: FixedClock) -> None:
    authenticator = Authenticator(NoKeys(), issuer=issuer.issuer, audience=issuer.audience, clock=clock)
    with pytest.raises(WebProblem):
        await authenticator.caller(f"Bearer {signed(issuer)}")


def test_a_key_address_is_a_web_address() -> None:
    with pytest.raises(ValueError, match="http"):
        KeysAtAddress("file:///etc/passwd")


@pytest.fixture(name="client")
def _client(issuer: DevIssuer, clock: FixedClock) -> Iterator[TestClient]:
    router = APIRouter()

    @router.get("/v1/me")
    async def me(caller: CallerDep) -> dict[str, str]:
        return {"subject": caller.subject}

    @router.get("/v1/desk")
    async def desk(caller: CallerDep) -> None:
        require_role(caller, "operator", "mediator")

    settings = ServiceSettings(auth_jwks_file=issuer.jwks_file)
    with TestClient(build_app("who", settings, [router], clock=clock)) as client:
        yield client


def test_over_http(client: TestClient, issuer: DevIssuer) -> None:
    anonymous = client.get("/v1/me")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "UNAUTHENTICATED")
    assert anonymous.headers["www-authenticate"] == "Bearer"
    freelancer = {"Authorization": f"Bearer {issuer.token('fr_1', 'freelancer')}"}
    assert client.get("/v1/me", headers=freelancer).json() == {"subject": "fr_1"}
    refusal = client.get("/v1/desk", headers=freelancer)
    assert (refusal.status_code, refusal.json()["code"]) == (403, "ROLE")
    operator = {"Authorization": f"Bearer {issuer.token('op_1', 'operator')}"}
    assert client.get("/v1/desk", headers=operator).status_code == 200
