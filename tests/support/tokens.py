"""An issuer of tokens: keys of every kind, tokens signed with them, what publishes the keys; and who is known."""

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from retouch.domain.resolution import AccountTier

ISSUER, AUDIENCE, SUBJECT = "https://login.example.com/", "retouch-for-tests", "user|42"
SECRET = "a shared secret of an issuer, long enough for HS256"


@dataclass(frozen=True)
class SigningKey:
    """A private key, the algorithm that it signs with, and how its public half is published."""

    key: Any
    algorithm: str
    jwk: dict[str, Any]

    @property
    def pem(self) -> str:
        """The public key."""
        encoded: bytes = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return encoded.decode()

    def sign(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good unless `claims` spoil it; a claim that is None is left out."""
        return token(self.key, self.algorithm, headers, **claims)


def token(key: Any, algorithm: str | None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """A signed token."""
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + 300, **claims}
    given = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm, headers=headers)


def raw_token(header: object, claims: object, signature: bytes = b"") -> str:
    """A token as a forger writes it: any header, any claims, any signature."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def rsa_key(kid: str = "rsa", bits: int = 2048) -> SigningKey:
    key = rsa.generate_private_key(65537, bits)
    return SigningKey(key, "RS256", {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid})


def ec_key(kid: str = "ec", curve: ec.EllipticCurve | None = None) -> SigningKey:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    return SigningKey(key, "ES256", {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid})


def ed_key(kid: str = "ed") -> SigningKey:
    key = ed25519.Ed25519PrivateKey.generate()
    return SigningKey(key, "EdDSA", {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid})


def key_set(*keys: dict[str, Any]) -> bytes:
    """The document of a JWKS address."""
    return json.dumps({"keys": keys}).encode()


@dataclass
class Key:
    id: str = "key_of_subject"
    account_id: str = "acct_1"
    scopes: tuple[str, ...] = ("edit",)
    error_format: str | None = None
    models: tuple[str, ...] | None = ("retouch-classic",)
    spend_cap: int | None = 5
    requests_per_minute: int | None = 6
    limited_by: tuple[str, ...] = ("key_parent",)
    expires_at: datetime | None = None
    tier: AccountTier = AccountTier.BUSINESS


@dataclass
class Known:
    key: Key
    valid: bool = True


@dataclass
class Store:
    """Keys and subjects in memory."""

    keys: dict[str, Key] = field(default_factory=dict)
    subjects: dict[tuple[str, str], Known] = field(default_factory=lambda: {(ISSUER, SUBJECT): Known(Key())})

    async def find_by_id(self, key_id: str, /) -> Key | None:
        return self.keys.get(key_id)

    async def find(self, issuer: str, subject: str, /) -> Known | None:
        return self.subjects.get((issuer, subject))

    async def create_account(self, issuer: str, subject: str, /) -> Known:
        return self.subjects.setdefault((issuer, subject), Known(Key(id="key_new", account_id="acct_new")))
