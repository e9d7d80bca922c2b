"""Who calls: bearer tokens (JWT) of any OpenID provider, checked against its published keys.

Must never accept an unsigned token or one signed with a shared secret, and never read a key that is not public.
Checked tokens are remembered until they expire, at most `REMEMBER_S`: a hot caller costs a look-up.
"""

import asyncio
import re
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, cast, get_args
from urllib.parse import urlsplit

import orjson
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.kernel.instants import Instant
from shared.observability.clock import Clock
from shared.observability.logs import logger
from shared.settings import ServiceSettings
from shared.web.problems import WebProblem

Role = Literal["client", "freelancer", "mediator", "operator"]
ROLES: frozenset[str] = frozenset(get_args(Role))
ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"]
MAX_TOKEN_CHARS = 8_192
MAX_SUBJECT_CHARS = 128
REMEMBER_S = 300
REMEMBERED_MAX = 10_000
KEYS_MAX_AGE_S = 300
KEYS_MIN_AGE_S = 5
"""An unknown key may make us ask the provider again, but not more often than this."""
FETCH_TIMEOUT_S = 3.0
MAX_KEYS_BYTES = 256 * 1024

_SUBJECT = re.compile(rf"[!-~]{{1,{MAX_SUBJECT_CHARS}}}")
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: `subject` is its party id."""

    subject: str
    role: Role

    @property
    def is_operator(self) -> bool:
        """Operators see everything."""
        return self.role == "operator"


class KeySource(Protocol):
    """Where the provider's public keys are."""

    async def fetch(self) -> KeySet:
        """Return the keys as they are now; any exception means that they cannot be had."""


class KeysInFile:
    """A JWKS file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def fetch(self) -> KeySet:
        """Read the file."""
        return _key_set(await asyncio.to_thread(self._file.read_bytes))


class KeysAtAddress:
    """A JWKS address, http or https."""

    def __init__(self, url: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("AUTH_JWKS_URL must be an http or https address")
        self._url = url

    async def fetch(self) -> KeySet:
        """Ask the address, at most `FETCH_TIMEOUT_S` long."""
        return _key_set(await asyncio.to_thread(self._read))

    def _read(self) -> bytes:
        request = urllib.request.Request(self._url, headers={"Accept": "application/json"})  # noqa: S310 scheme checked
        with urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S) as answer:  # noqa: S310
            return bytes(answer.read(MAX_KEYS_BYTES))


def _key_set(raw: bytes) -> KeySet:
    document = orjson.loads(raw)
    public = [key for key in document["keys"] if key.get("kty") in ("EC", "RSA", "OKP")]
    return KeySet.import_key_set(cast(Any, {"keys": public}))


class NoKeys:
    """Stands where no keys are configured: nobody can be authenticated."""

    async def fetch(self) -> KeySet:
        """Refuse."""
        raise LookupError("neither AUTH_JWKS_FILE nor AUTH_JWKS_URL is set")


def key_source(settings: ServiceSettings) -> KeySource:
    """Return the key source that the settings name."""
    if settings.auth_jwks_file is not None:
        return KeysInFile(settings.auth_jwks_file)
    return KeysAtAddress(settings.auth_jwks_url) if settings.auth_jwks_url is not None else NoKeys()


class Authenticator:
    """Checks bearer tokens: signature, issuer, audience, expiry, not-before, subject and role."""

    def __init__(self, keys: KeySource, *, issuer: str, audience: str, clock: Clock) -> None:
        self._source, self._clock = keys, clock
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            iss={"essential": True, "value": issuer}, aud={"essential": True, "value": audience},
            exp={"essential": True}, sub={"essential": True}, role={"essential": True, "values": list(get_args(Role))},
        )
        self._keys: KeySet | None = None
        self._fetched_at: Instant | None = None
        self._remembered: OrderedDict[str, tuple[Caller, Instant]] = OrderedDict()
        self._fetching = asyncio.Lock()

    async def caller(self, authorization: str | None) -> Caller:
        """Return who sent `Authorization: Bearer <token>`; WebProblem 401 otherwise."""
        if authorization is None:
            raise unauthenticated("send Authorization: Bearer <token>")
        remembered = self._remembered.get(authorization)
        if remembered is not None:
            if self._clock.now() < remembered[1]:
                self._remembered.move_to_end(authorization)
                return remembered[0]
            del self._remembered[authorization]
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_CHARS:
            raise unauthenticated("send Authorization: Bearer <token>")
        caller, until = await self._verified(token.strip())
        self._remember(authorization, caller, until)
        return caller

    async def ready(self) -> None:
        """Return if keys are at hand; raise otherwise (a ready check)."""
        if self._keys is None:
            await self._refresh(timedelta(0))
        if self._keys is None:
            raise LookupError("the provider's keys cannot be had")

    async def _verified(self, token: str) -> tuple[Caller, Instant]:
        await self._refresh(timedelta(seconds=KEYS_MAX_AGE_S))
        try:
            return self._checked(token)
        except _UnknownKey:
            await self._refresh(timedelta(seconds=KEYS_MIN_AGE_S))
        try:
            return self._checked(token)
        except _UnknownKey:
            raise unauthenticated("the token is not valid") from None

    def _checked(self, token: str) -> tuple[Caller, Instant]:
        if self._keys is None:
            raise WebProblem(503, "AUTH_KEYS_UNAVAILABLE", "the identity provider's keys cannot be had",
                             headers={"Retry-After": "1"})
        try:
            decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            # An unknown `kid` and a wrong signature may both mean that the provider has changed its keys.
            raise _UnknownKey from error
        try:
            self._claims.validate(decoded.claims)
            return _caller_of(decoded.claims), self._good_until(decoded.claims["exp"])
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise unauthenticated("the token is not valid") from error

    def _good_until(self, expiry: Any) -> Instant:
        now = self._clock.now()
        left_s = float(expiry) - now.timestamp()
        return now + timedelta(seconds=min(left_s, REMEMBER_S))

    def _remember(self, authorization: str, caller: Caller, until: Instant) -> None:
        self._remembered[authorization] = (caller, until)
        if len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)

    async def _refresh(self, max_age: timedelta) -> None:
        """Ask for the keys again where ours are older than `max_age`; keep ours where the provider does not answer."""
        if not self._stale(max_age):
            return
        async with self._fetching:
            if not self._stale(max_age):
                return
            try:
                self._keys = await self._source.fetch()
            except Exception as error:
                _log.warning("keys of the identity provider cannot be had", error=str(error))
            self._fetched_at = self._clock.now()

    def _stale(self, max_age: timedelta) -> bool:
        if self._fetched_at is None:
            return True
        if self._keys is None:
            max_age = min(max_age, timedelta(seconds=1))
        return self._clock.now() - self._fetched_at >= max_age


class _UnknownKey(Exception):
    """No key of ours fits."""


def _caller_of(claims: dict[str, Any]) -> Caller:
    subject, role = claims["sub"], claims["role"]
    if not isinstance(subject, str) or _SUBJECT.fullmatch(subject) is None or role not in ROLES:
        raise ValueError("sub or role")
    return Caller(subject, cast(Role, role))


def unauthenticated(detail: str) -> WebProblem:
    """Return the 401 that says which scheme is wanted."""
    return WebProblem(401, "UNAUTHENTICATED", detail, headers={"WWW-Authenticate": "Bearer"})


async def authenticated(request: Request) -> Caller:
    """The FastAPI dependency behind `CallerDep`."""
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.caller(request.headers.get("authorization"))


CallerDep = Annotated[Caller, Depends(authenticated)]
"""A route's parameter: `caller: CallerDep`."""


def require_role(caller: Caller, *roles: Role) -> None:
    """Refuse with 403 ROLE unless the caller has one of `roles`: for resources that belong to a role as such."""
    if caller.role not in roles:
        raise WebProblem(403, "ROLE", f"this needs the role {' or '.join(roles)}")
