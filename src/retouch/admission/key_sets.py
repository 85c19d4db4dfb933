"""Public keys of an issuer, read from its JWKS address (RFC 7517), kept for a while and read anew when they change.

The address is the operator's, so it may lie anywhere; how long and how much is read from it is bounded all the same.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson

from retouch.admission.verifiers import Verifier, of_jwk
from retouch.domain.errors import Code, RetouchError

_log = logging.getLogger("retouch.tokens")

#: A set is read again after so many seconds; when that fails, the old one is used for so long at most.
FRESH_SECONDS, STALE_SECONDS = 600.0, 3600.0
#: Between two readings lie at least so many seconds, whatever key ids are asked for.
PAUSE_SECONDS = 10.0
READ_SECONDS, MAX_BYTES, MAX_KEYS = 5.0, 256 * 1024, 100

Read = Callable[[str], Awaitable[bytes]]
Clock = Callable[[], float]


class KeySetError(Exception):
    """A key set cannot be read; the message is for the operator's log."""


async def read_key_set(url: str) -> bytes:
    """The bytes behind an address, within 5 s and 256 KB, through no redirect and no proxy. Raises KeySetError."""
    timeout = aiohttp.ClientTimeout(total=READ_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(url, allow_redirects=False, headers={"accept": "application/json"}) as answer,
        ):
            if answer.status != 200:
                raise KeySetError(f"it answered {answer.status}")
            data = bytearray()
            async for piece in answer.content.iter_any():
                data += piece
                if len(data) > MAX_BYTES:
                    raise KeySetError(f"it is larger than {MAX_BYTES} bytes")
            return bytes(data)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise KeySetError(f"{type(error).__name__}: {error}") from error


class KeySet:
    """The keys of one address, by key id."""

    def __init__(self, url: str, read: Read = read_key_set, clock: Clock = time.monotonic) -> None:
        self._url = url
        self._read = read
        self._clock = clock
        self._keys: dict[str | None, Verifier] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> Verifier | None:
        """The key of this id; without an id the only key, if there is just one. None when there is no such key.

        Raises RetouchError (OVERLOADED) when the address has not answered for so long that its keys are not known.
        """
        if self._age() > FRESH_SECONDS or self._look(key_id) is None:
            await self._refresh()
        if self._age() > STALE_SECONDS:
            message = "The keys of the token's issuer cannot be read. Try again shortly."
            raise RetouchError(Code.OVERLOADED, message, retry_after=PAUSE_SECONDS)
        return self._look(key_id)

    def _look(self, key_id: str | None) -> Verifier | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock() - self._read_at

    async def _refresh(self) -> None:
        """Read the set, once for all who wait, and not again within the pause."""
        if self._reading is None:
            if self._tried_at is not None and self._clock() - self._tried_at < PAUSE_SECONDS:
                return
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read_now())
            self._reading.add_done_callback(self._done)
        # Who leaves does not take the reading away from the others.
        await asyncio.shield(self._reading)

    def _done(self, _: "asyncio.Task[None]") -> None:
        self._reading = None

    async def _read_now(self) -> None:
        try:
            self._keys = parse_key_set(await self._read(self._url))
            self._read_at = self._clock()
        except KeySetError as error:
            _log.warning("the key set %s cannot be read: %s", self._url, error)


def parse_key_set(data: bytes) -> dict[str | None, Verifier]:
    """The usable keys of a JWKS document by their `kid`. Raises KeySetError."""
    try:
        document: Any = orjson.loads(data)
    except ValueError:
        raise KeySetError("it is not JSON") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise KeySetError("it has no list `keys`")
    found: dict[str | None, Verifier] = {}
    for jwk in keys[:MAX_KEYS]:
        if isinstance(jwk, dict) and (verifier := of_jwk(jwk)):
            kid = jwk.get("kid")
            found.setdefault(kid if isinstance(kid, str) else None, verifier)
    if not found:
        raise KeySetError("it holds no key for RS256, ES256 or EdDSA")
    return found
