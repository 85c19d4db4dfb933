"""The one client through which every engine of a process talks to its provider."""

import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Self

import aiohttp
from yarl import URL

from retouch.domain.errors import UpstreamFailure
from retouch.engines.upstream.answer import Answer
from retouch.engines.upstream.body import Body
from retouch.engines.upstream.failures import cut_off, silent, too_late, unreachable

#: Seconds an idle connection is kept: less than the 5 s after which uvicorn, behind most self-hosted servers, closes
#: it. A call sent into a closing connection would be neither accepted nor surely refused.
_IDLE = 4.0

#: What happens before a byte is sent, the special kinds first.
_UNSENT: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "no connection in time"),
    (aiohttp.ClientConnectorDNSError, "its host name cannot be resolved"),
    (aiohttp.ClientSSLError, "no TLS connection: its certificate or protocol is refused"),
    (aiohttp.ClientConnectorError, "the connection was refused"),
    ((aiohttp.InvalidURL, ValueError), "its address is not valid"),
)


class Client:
    """A bounded pool of connections, opened at the first use, within the event loop that is running then.

    `connections` bounds those open at a time, to all providers; `connect_seconds` bounds one connection's making.
    Nothing is retried, no redirect is followed, no proxy variable or cookie is read.
    """

    def __init__(self, *, connections: int = 256, connect_seconds: float = 10.0) -> None:
        self._connections = connections
        self._connect_seconds = connect_seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection. What is under way fails; a later use opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def send(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        deadline: float,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> AsyncIterator[Answer]:
        """Send a request and give its answer once its head is there, whatever its status.

        `provider` names the engine in errors; `deadline` is on the clock of `time.monotonic` and holds for the
        body too. Leaving the block, or cancelling it, ends the request and closes a connection whose answer was
        not read to its end. Raises UpstreamFailure alone.
        """
        response = await self._head(_Sending(provider, body), method, url, deadline, headers or {})
        try:
            yield Answer(provider, response)
        finally:
            response.close()

    async def _head(
        self, sending: "_Sending", method: str, url: str, deadline: float, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise too_late(sending.provider)
        try:
            return await self._opened().request(
                method,
                URL(url, encoded=True),
                headers={**headers, **sending.headers},
                data=sending if sending.body else None,
                allow_redirects=False,
                # One timer for all of it, the answer's body too; not rounded up to whole seconds.
                timeout=aiohttp.ClientTimeout(
                    total=seconds, sock_connect=self._connect_seconds, ceil_threshold=math.inf
                ),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise sending.failure(error) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_IDLE),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # base64 in gzip costs more to unpack than to receive; it is not asked for
                trust_env=False,
                headers={"accept-encoding": "identity", "user-agent": "Retouch"},
                read_bufsize=256 * 1024,
            )
        return self._session


class _Sending:
    """How far a request's body has gone: the difference between surely not accepted and unknown.

    No server starts on a body whose announced length has not arrived, so only a whole one may have been accepted.
    """

    def __init__(self, provider: str, body: Body | None) -> None:
        self.provider = provider
        self.body = body
        self._pieces = body.pieces() if body else iter(())
        self._left = body.length if body else 0

    @property
    def headers(self) -> dict[str, str]:
        """What describes the body."""
        if self.body is None:
            return {}
        return {"content-type": self.body.content_type, "content-length": str(self._left)}

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> memoryview:
        """The body's next piece. The last counts as sent when it is handed over, to be on the safe side."""
        piece = next(self._pieces, None)
        if piece is None:
            raise StopAsyncIteration
        self._left -= len(piece)
        return piece

    def failure(self, error: Exception) -> UpstreamFailure:
        """What a failure to get an answer's head means."""
        whole = self._left == 0
        for kinds, why in _UNSENT:
            if isinstance(error, kinds):
                return unreachable(self.provider, why)
        if isinstance(error, TimeoutError):
            return silent(self.provider, sent=whole)
        if not whole:
            return unreachable(self.provider, "the connection was closed before the whole request was sent")
        return cut_off(self.provider, "the connection was closed without an answer")
