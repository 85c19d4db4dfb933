"""Issuers of tokens as an operator sets them: what cannot work stops the start, by name and without the secret."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from retouch.settings import Settings
from support.tokens import AUDIENCE, ISSUER, SECRET, ec_key, rsa_key

BASE = {"issuer": ISSUER, "audience": AUDIENCE}


def read(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, Any]) -> Settings:
    monkeypatch.setenv("RETOUCH_JWT", json.dumps(entries))
    return Settings()


@pytest.mark.parametrize(
    "proof", [{"secret": SECRET}, {"public_key": ec_key().pem}, {"jwks_url": "https://login.example.com/keys"}]
)
def test_one_proof_is_enough(monkeypatch: pytest.MonkeyPatch, proof: dict[str, str]) -> None:
    [entry] = read(monkeypatch, BASE | proof).jwt
    assert (entry.issuer, entry.audience, entry.leeway, entry.auto_create) == (ISSUER, AUDIENCE, 30, False)
    assert SECRET not in repr(entry)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (BASE, "exactly one"),
        (BASE | {"secret": SECRET, "jwks_url": "https://login.example.com/keys"}, "exactly one"),
        (BASE | {"secret": "hush-hush"}, "at least 32 bytes"),
        (BASE | {"secret": rsa_key().pem}, "public_key"),
        (BASE | {"public_key": "hush-hush"}, "PEM"),
        (BASE | {"public_key": rsa_key(bits=1024).pem}, "2048"),
        (BASE | {"jwks_url": "file:///etc/passwd"}, "jwks_url"),
        (BASE | {"secret": SECRET, "leeway": 3600}, "leeway"),
        (BASE | {"secret": SECRET, "algorithms": ["none"]}, "algorithms"),
        ({"issuer": ISSUER, "secret": SECRET}, "audience"),
        ({"issuer": "retouch", "audience": AUDIENCE, "secret": SECRET}, "own tokens"),
    ],
)
def test_what_cannot_work_stops_the_start(monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        read(monkeypatch, entry)
    assert "jwt" in str(caught.value.errors()[0]["loc"])
    assert not [error["msg"] for error in caught.value.errors() if "hush-hush" in error["msg"]]


def test_an_issuer_stands_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="same issuer"):
        read(monkeypatch, BASE | {"secret": SECRET}, BASE | {"public_key": ec_key().pem})
