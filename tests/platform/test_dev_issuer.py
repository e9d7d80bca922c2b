"""The development issuer: its tokens verify against its JWKS file, and its key survives a restart in private."""

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from shared.web.dev_issuer import DEV_AUDIENCE, DEV_ISSUER, DevIssuer


def _public(issuer: DevIssuer) -> KeySet:
    return KeySet.import_key_set(json.loads(issuer.jwks_file.read_text()))


def test_token_verifies_against_the_jwks_file(tmp_path: Path) -> None:
    issuer = DevIssuer.load_or_create(tmp_path)
    token = jwt.decode(issuer.token("fr_1", "freelancer", ttl_s=60), _public(issuer), algorithms=["ES256"])
    named = {name: token.claims[name] for name in ("iss", "aud", "sub", "role")}
    assert named == {"iss": DEV_ISSUER, "aud": DEV_AUDIENCE, "sub": "fr_1", "role": "freelancer"}
    assert token.claims["exp"] - token.claims["iat"] == 60


def test_token_made_before_a_restart_verifies_after_it(tmp_path: Path) -> None:
    before = DevIssuer.load_or_create(tmp_path).token("op_1", "operator")
    after = DevIssuer.load_or_create(tmp_path)
    assert jwt.decode(before, _public(after), algorithms=["ES256"]).claims["sub"] == "op_1"


def test_jwks_file_holds_no_private_key(tmp_path: Path) -> None:
    keys = json.loads(DevIssuer.load_or_create(tmp_path).jwks_file.read_text())["keys"]
    assert all("d" not in key for key in keys)


def test_private_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    DevIssuer.load_or_create(tmp_path)
    assert (tmp_path / "signing-key.json").stat().st_mode & 0o077 == 0


def test_token_of_another_issuer_does_not_verify(tmp_path: Path) -> None:
    ours, theirs = DevIssuer.load_or_create(tmp_path / "ours"), DevIssuer.load_or_create(tmp_path / "theirs")
    theirs_public = KeySet.import_key_set({"keys": [{**theirs.key.as_dict(private=False), "kid": str(ours.key.kid)}]})
    with pytest.raises(BadSignatureError):
        jwt.decode(ours.token("fr_1", "freelancer"), theirs_public, algorithms=["ES256"])
