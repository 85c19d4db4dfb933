"""JSON Web Tokens as bearers: those of issuers that the operator trusts, and short-lived ones of our own.

A token says who somebody is; what they may do stands in our tables. An issuer's subject is found by a row of its own
(issuer, subject), never by comparing it with our ids, and the row leads to a key whose rights it has. A token of our
own stands for the key that it was issued from and dies with it. What a token says about keys (`jku`, `x5u`, `jwk`,
`x5c`) is not looked at.
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import jwt

from retouch.admission.key_sets import KeySet
from retouch.admission.keys import OWN_ISSUER, REFUSAL, Caller, KnownKey
from retouch.admission.verifiers import Verifier, of_secret
from retouch.domain.errors import Code, RetouchError

#: How long a token of our own lives at most, seconds.
LONGEST_LIFE = 3600

_PURPOSE = b"retouch-token-1"
_LONGEST_SUBJECT = 255
_REQUIRED = ["iss", "sub", "exp"]
#: What reading a hostile token may raise: numbers out of range and JSON nested too deeply among it.
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Whose tokens are believed. `keys` is one key, or where the issuer publishes its keys.

    leeway: seconds that its clock may be wrong. auto_create: whether an unknown subject gets an account.
    """

    name: str
    audience: str
    keys: Verifier | KeySet
    leeway: float = 30
    auto_create: bool = False


class Identity(Protocol):
    """The key whose rights a subject has, and whether it may still be used."""

    @property
    def key(self) -> KnownKey: ...
    @property
    def valid(self) -> bool: ...


class IdentityStore(Protocol):
    """Where subjects are kept."""

    async def find(self, issuer: str, subject: str, /) -> Identity | None:
        """Who is meant by a subject of an issuer."""
        ...

    async def create_account(self, issuer: str, subject: str, /) -> Identity:
        """Make an account for a subject (free tier, zero balance, scope edit), unless another process just did."""
        ...


class KeyById(Protocol):
    """Where keys are kept."""

    async def find_by_id(self, key_id: str, /) -> KnownKey | None:
        """The key of this id, unless it is revoked or expired."""
        ...


class Tokens:
    """Reads tokens and issues our own, which `secrets` prove: the first one new ones, all of them are accepted."""

    def __init__(
        self, keys: KeyById, identities: IdentityStore, issuers: Sequence[Issuer], secrets: Sequence[bytes]
    ) -> None:
        self._keys = keys
        self._identities = identities
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._own = [of_secret(hmac.digest(secret, _PURPOSE, "sha256")) for secret in secrets]

    async def caller(self, token: str) -> Caller | None:
        """Who presents this token; None when it is not to be believed, whatever is wrong with it.

        Raises RetouchError (OVERLOADED) when the issuer's keys cannot be read.
        """
        try:
            header = jwt.get_unverified_header(token)
            # Not believed yet: it only says whose keys are to prove all of it, this name included.
            name = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except _UNREADABLE:
            return None
        if name == OWN_ISSUER:
            return await self._own_caller(token)
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        return await self._issuers_caller(token, header, issuer) if issuer else None

    def issue(self, caller: Caller, seconds: int) -> tuple[str, datetime]:
        """A token that stands for the caller's key, and when it ends: after `seconds` (at most an hour), or with what
        the caller presented, so that no token can prolong itself.

        Raises RetouchError (INVALID_API_KEY) when that has just ended.
        """
        now = int(time.time())
        ends = now + min(seconds, LONGEST_LIFE)
        if caller.expires_at:
            ends = min(ends, int(caller.expires_at.timestamp()))
        if ends <= now:
            raise RetouchError(Code.INVALID_API_KEY, REFUSAL, retryable=False)
        claims = {"iss": OWN_ISSUER, "aud": OWN_ISSUER, "sub": caller.key_id, "iat": now, "exp": ends}
        token = jwt.encode(claims, self._own[0].key, algorithm=self._own[0].algorithm)
        return token, datetime.fromtimestamp(ends, UTC)

    async def _own_caller(self, token: str) -> Caller | None:
        for verifier in self._own:
            claims = _claims(token, verifier, OWN_ISSUER, OWN_ISSUER, leeway=0)
            if claims:
                known = await self._keys.find_by_id(claims["sub"])
                return Caller.of(known, _end(claims)) if known else None
        return None

    async def _issuers_caller(self, token: str, header: Mapping[str, Any], issuer: Issuer) -> Caller | None:
        verifier = issuer.keys
        if isinstance(verifier, KeySet):
            found = await verifier.find(header.get("kid"))
            if found is None:
                return None
            verifier = found
        claims = _claims(token, verifier, issuer.name, issuer.audience, leeway=issuer.leeway)
        if not claims:
            return None
        known = await self._identities.find(issuer.name, claims["sub"])
        if known is None and issuer.auto_create:
            known = await self._identities.create_account(issuer.name, claims["sub"])
        return Caller.of(known.key, _end(claims)) if known and known.valid else None


def _claims(token: str, verifier: Verifier, issuer: str, audience: str, *, leeway: float) -> dict[str, Any] | None:
    """What the token claims, if all of it holds: signature, issuer, audience, expiry, a subject that can be kept."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            verifier.key,
            algorithms=[verifier.algorithm],
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": [*_REQUIRED, "aud"]},
        )
        _end(claims)
    except _UNREADABLE:
        return None
    subject = claims["sub"]
    fit = isinstance(subject, str) and 0 < len(subject) <= _LONGEST_SUBJECT and subject.isprintable()
    return claims if fit else None


def _end(claims: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(claims["exp"]), UTC)
