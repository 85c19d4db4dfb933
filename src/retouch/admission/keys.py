"""API keys: made, shown once, hashed, and told from strangers."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from retouch.domain.errors import Code, RetouchError
from retouch.domain.resolution import AccountTier

#: One sentence for a key that is missing, malformed, unknown, revoked or expired: it tells a stranger nothing.
REFUSAL = "Incorrect or missing API key. Send a valid key as `Authorization: Bearer YOUR_KEY`."
#: The issuer of our own tokens (tokens.py); no other may have this name.
OWN_ISSUER = "retouch"
#: A key that is set by hand has at least so many characters.
SHORTEST = 32
_PREFIX = "rt-"
_SHOWN = 7
_LONGEST = 512
_LONGEST_TOKEN = 8192
_BEARER = re.compile(r"\s*bearer\s+(?P<key>\S+)\s*", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]+")


class KnownKey(Protocol):
    """What is known of a key that may be used."""

    @property
    def id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def scopes(self) -> Collection[str]: ...
    @property
    def error_format(self) -> str | None: ...
    @property
    def models(self) -> Collection[str] | None: ...
    @property
    def spend_cap(self) -> int | None: ...
    @property
    def requests_per_minute(self) -> int | None: ...
    @property
    def limited_by(self) -> tuple[str, ...]: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def tier(self) -> AccountTier: ...


class KeyStore(Protocol):
    """Where keys are kept."""

    async def find(self, digest: str, /) -> KnownKey | None:
        """The key with this hash, unless it is revoked or expired."""
        ...


class OwnerStore(Protocol):
    """Where the owner's account is kept."""

    async def add_first_key(self, digest: str, prefix: str, /) -> bool:
        """Give the owner a key unless the owner has, or ever had, one; say whether it was given."""
        ...

    async def set_owner_key(self, digest: str, prefix: str, /) -> None:
        """Make sure that this key works for the owner."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and what its key allows: bounds are those of domain/rights.py, None is no bound.

    What it spends and how often it calls counts for `key_id` and for every key in `limited_by`, whose own cap and
    rate hold for it too. `expires_at` is when this caller's credential ends: the key's end, or that of a token. `tier`
    is the account's.
    """

    account_id: str
    key_id: str
    scopes: frozenset[str]
    error_format: str | None = None
    models: frozenset[str] | None = None
    spend_cap: int | None = None
    requests_per_minute: int | None = None
    limited_by: tuple[str, ...] = ()
    expires_at: datetime | None = None
    tier: AccountTier = AccountTier.BUSINESS

    @classmethod
    def of(cls, key: KnownKey, until: datetime | None = None) -> "Caller":
        """Who presents a key, or something that stands for it and ends at `until`."""
        return cls(
            account_id=key.account_id,
            key_id=key.id,
            scopes=frozenset(key.scopes),
            error_format=key.error_format,
            models=None if key.models is None else frozenset(key.models),
            spend_cap=key.spend_cap,
            requests_per_minute=key.requests_per_minute,
            limited_by=key.limited_by,
            tier=key.tier,
            expires_at=min(filter(None, (key.expires_at, until)), default=None),
        )

    def require(self, *scopes: str) -> None:
        """Raises RetouchError (FORBIDDEN) unless the key has one of the scopes (edit, read, manage)."""
        if not self.scopes.intersection(scopes):
            named = " or ".join(f"`{scope}`" for scope in scopes)
            raise RetouchError(Code.FORBIDDEN, f"This API key lacks the scope {named}.")

    def may_use(self, model_id: str) -> bool:
        """Whether the key allows the model of this id (not one of its aliases)."""
        return self.models is None or model_id in self.models

    def require_model(self, model_id: str) -> None:
        """Raises RetouchError (FORBIDDEN), naming the models allowed, unless the key allows the model of this id."""
        if not self.may_use(model_id):
            allowed = ", ".join(sorted(self.models or ()))
            message = f"This API key does not allow the model {model_id}. It allows: {allowed}."
            raise RetouchError(Code.FORBIDDEN, message, param="model")


class TokenReader(Protocol):
    """Who can tell from a JSON Web Token who presents it."""

    async def caller(self, token: str, /) -> Caller | None:
        """Who presents this token; None when it is not to be believed, whatever is wrong with it."""
        ...


def new_key() -> str:
    """A new key of 256 random bits, 46 characters. It is shown once and kept nowhere."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """What is stored of a key: SHA-256 in hexadecimal. A key is random and long, so neither salt nor delay is due."""
    return hashlib.sha256(key.encode()).hexdigest()


def shown(key: str) -> str:
    """The first characters of a key, for lists."""
    return key[:_SHOWN]


def check_given(key: str) -> None:
    """Raises ValueError, saying what is wrong, for a key of the operator's own making that is not fit for use."""
    if not SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"RETOUCH_API_KEY must have {SHORTEST} to {_LONGEST} characters; this one has {len(key)}.")
    if not _PRINTABLE.fullmatch(key):
        raise ValueError("RETOUCH_API_KEY may hold printable ASCII characters only, and no spaces.")


async def ensure_owner(store: OwnerStore, given: str | None = None) -> str | None:
    """Make sure that the owner has an account and a key; the key itself only if it was made just now.

    A `given` key (RETOUCH_API_KEY) is made to work, in place of one given before. Raises ValueError if it is unfit.
    """
    if given is not None:
        check_given(given)
        await store.set_owner_key(hash_key(given), shown(given))
        return None
    key = new_key()
    return key if await store.add_first_key(hash_key(key), shown(key)) else None


async def authenticate(
    store: KeyStore, authorization: str | None, api_key: str | None = None, tokens: TokenReader | None = None
) -> Caller:
    """Who sent these headers: `Authorization: Bearer ...`, or without it `api-key: ...` as Azure's clients do.

    What has three parts with dots between them is tried as a token first. Raises RetouchError (INVALID_API_KEY) with
    one and the same sentence whatever is wrong.
    """
    presented = _presented(authorization, api_key)
    if tokens and presented and presented.count(".") == 2 and (caller := await tokens.caller(presented)):
        return caller
    known = await store.find(hash_key(presented)) if presented and len(presented) <= _LONGEST else None
    if known is None:
        raise RetouchError(Code.INVALID_API_KEY, REFUSAL, retryable=False)
    return Caller.of(known)


def _presented(authorization: str | None, api_key: str | None) -> str | None:
    if authorization is None:
        key = (api_key or "").strip()
    else:
        match = _BEARER.fullmatch(authorization) if len(authorization) <= _LONGEST_TOKEN else None
        key = match["key"] if match else ""
    return key if len(key) <= _LONGEST_TOKEN and _PRINTABLE.fullmatch(key) else None
