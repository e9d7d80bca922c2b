"""The development issuer: a signing key on this machine, its public half as a JWKS file, and tokens on request.

It stands in for an identity provider in the local profile and in tests. It must never be reachable over HTTP, and no
deployment other than the local one may be configured with its JWKS file.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.observability.clock import Clock, SystemClock

ALGORITHM = "ES256"
DEV_ISSUER = "https://issuer.holdfast.invalid"
DEV_AUDIENCE = "holdfast"
TOKEN_TTL_S = 12 * 3600
_PRIVATE_KEY_FILE = "signing-key.json"
_JWKS_FILE = "jwks.json"


@dataclass(frozen=True)
class DevIssuer:
    """Signs tokens with a key that was made on this machine and never leaves its directory."""

    key: ECKey
    jwks_file: Path
    issuer: str = DEV_ISSUER
    audience: str = DEV_AUDIENCE
    clock: Clock = field(default_factory=SystemClock)

    @staticmethod
    def load_or_create(directory: Path, *, issuer: str = DEV_ISSUER, audience: str = DEV_AUDIENCE) -> "DevIssuer":
        """The issuer whose key lies in `directory`; the first call makes the key and the JWKS file."""
        directory.mkdir(parents=True, exist_ok=True)
        key = _load_or_create_key(directory / _PRIVATE_KEY_FILE)
        jwks_file = (directory / _JWKS_FILE).absolute()
        _write_whole(jwks_file, KeySet([key]).as_dict(private=False), mode=0o644)
        return DevIssuer(key, jwks_file, issuer, audience)

    def token(self, subject: str, role: str, ttl_s: int = TOKEN_TTL_S) -> str:
        """A bearer token for one party (`subject` is its party id) in one role, good from now for `ttl_s` seconds."""
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": self.audience, "sub": subject, "role": role}
        validity = {"iat": now, "nbf": now, "exp": now + ttl_s}
        return jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, {**claims, **validity}, self.key)


def _load_or_create_key(file: Path) -> ECKey:
    if file.exists():
        return ECKey.import_key(json.loads(file.read_text()))
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    _write_whole(file, key.as_dict(private=True), mode=0o600)
    return key


def _write_whole(file: Path, content: object, *, mode: int) -> None:
    """Write beside and rename, so that a process that reads meanwhile never sees half a file."""
    beside = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as out:
        json.dump(content, out)
    beside.replace(file)
