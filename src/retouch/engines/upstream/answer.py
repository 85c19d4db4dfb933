"""A provider's answer, read within the request's time and a size."""

from collections.abc import Callable, Mapping

import aiohttp

from retouch.domain.units import in_words
from retouch.engines.upstream.failures import cut_off, silent, unusable


class Answer:
    """Status and headers, and the body as it comes. Raises UpstreamFailure alone."""

    def __init__(self, provider: str, response: aiohttp.ClientResponse) -> None:
        self._provider = provider
        self._response = response

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

    async def read(self, limit: int) -> bytes:
        """The whole body, at most `limit` bytes."""
        pieces: list[bytes] = []
        await self.each(pieces.append, limit)
        # Joined once, at the end: a buffer that grows is moved about, one of the announced length is zeroed first.
        return b"".join(pieces)

    async def each(self, take: Callable[[bytes], None], limit: int) -> None:
        """The whole body, at most `limit` bytes, piece by piece as it arrives."""
        self._bound(self._response.content_length or 0, limit)
        size = 0
        while piece := await self.next_piece():
            size += len(piece)
            self._bound(size, limit)
            take(piece)

    async def next_piece(self) -> bytes:
        """What has arrived of the body; waits for more, empty at its end.

        No generator: one that its reader leaves would be closed by a task of its own, some time later.
        """
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise unusable(self._provider, "it is compressed, which was not asked for")
        content, piece = self._response.content, b""
        try:
            while not piece and not content.at_eof():
                piece, _ = await content.readchunk()  # as it came: `readany` joins what has come meanwhile
        except TimeoutError:  # the client's timer for the whole request
            raise silent(self._provider, sent=True) from None
        except (aiohttp.ClientError, OSError):
            raise cut_off(self._provider) from None
        return piece

    def _bound(self, size: int, limit: int) -> None:
        if size > limit:
            raise unusable(self._provider, f"it is larger than {in_words(limit)}")
