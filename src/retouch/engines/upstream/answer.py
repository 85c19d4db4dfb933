"""A provider's answer, read within a deadline and a size."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from retouch.domain.units import in_words
from retouch.engines.upstream.failures import cut_off, silent, unusable


class Answer:
    """Status and headers, and the body as it comes. Raises UpstreamFailure alone."""

    def __init__(self, provider: str, response: aiohttp.ClientResponse, deadline: float) -> None:
        self._provider = provider
        self._response = response
        self._deadline = deadline

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        return self._response.headers

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower case."""
        return self._response.content_type.lower()

    async def read(self, limit: int) -> bytearray:
        """The whole body, at most `limit` bytes."""
        announced = self._response.content_length or 0
        self._bound(announced, limit)
        # Made in one piece, and written through a view: a buffer that grows is moved about, megabytes at a time.
        body, size = bytearray(announced), 0
        # Chunk by chunk where the length is known: what has arrived is not joined first.
        content = self._response.content
        arrived = _chunks(content) if announced else content.readany
        while piece := await self._arrived(arrived):
            end = size + len(piece)
            self._bound(end, limit)
            body += bytes(max(0, end - len(body)))
            with memoryview(body) as view:
                view[size:end] = piece
            size = end
        del body[size:]
        return body

    async def next_piece(self) -> bytes:
        """What has arrived of the body; waits for more, empty at its end.

        No generator: one that its reader leaves would be closed by a task of its own, some time later.
        """
        return await self._arrived(self._response.content.readany)

    async def _arrived(self, read: Callable[[], Awaitable[bytes]]) -> bytes:
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise unusable(self._provider, "it is compressed, which was not asked for")
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                return await read()
        except TimeoutError:
            raise silent(self._provider, sent=True) from None
        except (aiohttp.ClientError, OSError):
            raise cut_off(self._provider) from None

    def _bound(self, size: int, limit: int) -> None:
        if size > limit:
            raise unusable(self._provider, f"it is larger than {in_words(limit)}")


def _chunks(content: aiohttp.StreamReader) -> Callable[[], Awaitable[bytes]]:
    async def read() -> bytes:
        return (await content.readchunk())[0]

    return read
