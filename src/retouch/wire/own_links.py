"""This server's own signed links, given back as inputs: read from the store, never by a request to ourselves."""

import time
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from retouch.domain.errors import Code, RetouchError, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.units import in_words
from retouch.stores.links import verify
from retouch.stores.objects import Objects
from retouch.wire.parts import FILES

_DIGITS = 16


class OwnLinks:
    """Tells own links by their signature, which nobody else can make, whatever the host says; `retouch.fetch` asks.

    `hosts` are those (`host:port`, or a host) under which this server is reached as far as it knows: a link to them
    that is not well signed is told so, where one to any other host is somebody else's.
    """

    def __init__(self, objects: Objects, secrets: Sequence[bytes], hosts: frozenset[str]) -> None:
        self._objects = objects
        self._secrets = secrets
        self._hosts = hosts

    async def read(self, url: str, param: str, most: int) -> Buffer | None:
        """The picture behind a link of ours, `most` bytes at most; None where the address is not ours.

        Raises INVALID_IMAGE naming `param` for a link that has expired, is forged or whose picture is gone.
        """
        parts = urlsplit(url)
        _, files, key = unquote(parts.path).partition(FILES)
        if not (files and key):
            return None
        expires, signature = _signature(parts)
        if not self._signed(key, expires, signature, now=0):
            if parts.netloc.lower() in self._hosts:
                raise invalid_image(param, f"`{param}`: this is no link that this server has signed.")
            return None
        if not self._signed(key, expires, signature, now=time.time()):
            raise invalid_image(param, f"`{param}`: the link has expired.")
        return await self._stored(key, param, most)

    def _signed(self, key: str, expires: int, signature: str, *, now: float) -> bool:
        return verify(FILES + key, expires, signature, self._secrets, now=now)

    async def _stored(self, key: str, param: str, most: int) -> Buffer:
        try:
            if (await self._objects.head(key)).size > most:
                raise invalid_image(param, f"`{param}`: the address holds more than {in_words(most)}.")
            return await self._objects.get(key)
        except RetouchError as error:
            if error.code is Code.NOT_FOUND:
                raise invalid_image(param, f"`{param}`: the picture behind this link is no longer kept.") from None
            raise


def _signature(parts: SplitResult) -> tuple[int, str]:
    """When a link expires and its signature; zero and nothing where it has none."""
    query = parse_qs(parts.query, max_num_fields=16) if len(parts.query) < 1000 else {}
    expires, signature = query.get("expires", [""])[0], query.get("signature", [""])[0]
    sound = expires.isascii() and expires.isdigit() and len(expires) < _DIGITS
    return (int(expires), signature) if sound else (0, "")
