"""A request body, piece by piece, within bounds of size and time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from retouch.domain.errors import Code, RetouchError
from retouch.domain.units import MB, in_words
from retouch.wire.form.bounds import FormBounds, Lease

#: The `receive` of an ASGI application; Starlette's Request has it as `request.receive`.
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientLeft(Exception):  # noqa: N818 - not an error: nobody is there to be told
    """The client closed the connection before it had its answer. There is no one to be given it."""


class Body:
    """The pieces of one request body, each counted against the bounds and the lease before it is handed on."""

    def __init__(self, receive: Receive, headers: Mapping[str, str], bounds: FormBounds, lease: Lease) -> None:
        """Look at the headers, read nothing.

        Raises RetouchError: PAYLOAD_TOO_LARGE when the length announced is over the bound, INVALID_REQUEST for a
        compressed body.
        """
        self._receive = receive
        self._bounds = bounds
        self._lease = lease
        self._deadline = asyncio.get_running_loop().time() + bounds.body_seconds
        self._ended = False
        self.size = 0
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            raise RetouchError(
                Code.INVALID_REQUEST,
                "A compressed request body is not accepted; send it without content-encoding.",
                param="content-encoding",
            )
        length = headers.get("content-length", "").strip()
        if length.isascii() and length.isdigit() and int(length[:20]) > bounds.body_bytes:
            raise self._too_large()

    async def piece(self) -> bytes:
        """The next piece, never empty before the end; b"" at the end.

        Raises ClientLeft, and RetouchError: REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, OVERLOADED.
        """
        while not self._ended:
            message = await self._message()
            self._ended = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            if piece:
                self.size += len(piece)
                if self.size > self._bounds.body_bytes:
                    raise self._too_large()
                self._lease.take(len(piece))
                return piece
        return b""

    async def _message(self) -> MutableMapping[str, Any]:
        now = asyncio.get_running_loop().time()
        if now > self._deadline:  # a client that always has a piece ready never meets the timeout below
            raise self._too_slow()
        try:
            async with asyncio.timeout_at(min(self._deadline, now + self._bounds.idle_seconds)):
                message = await self._receive()
        except TimeoutError:
            raise self._too_slow() from None
        if message["type"] != "http.request":
            raise ClientLeft
        return message

    def _too_large(self) -> RetouchError:
        limit = in_words(self._bounds.body_bytes)
        return RetouchError(Code.PAYLOAD_TOO_LARGE, f"The request body is larger than {limit}.", param="body")

    def _too_slow(self) -> RetouchError:
        return RetouchError(
            Code.REQUEST_TIMEOUT,
            f"The request body did not arrive in time: at most {self._bounds.body_seconds:g} s in all and "
            f"{self._bounds.idle_seconds:g} s between two pieces.",
        )


async def drain(receive: Receive, max_bytes: int = 128 * MB, seconds: float = 10.0) -> bool:
    """Read and drop what is left of a body, at most `max_bytes` bytes and `seconds` seconds of it.

    A client that is still sending reads an early answer only if someone keeps reading: otherwise it meets a broken
    pipe instead of its error. Call it after the error is known and before the connection is closed. True when
    nothing is left; False when the client left or a bound was met.
    """
    dropped = 0
    try:
        async with asyncio.timeout(seconds):
            while dropped <= max_bytes:
                message = await receive()
                if message["type"] != "http.request":
                    return False
                dropped += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
    except TimeoutError:
        return False
    return False
