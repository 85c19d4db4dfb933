"""A closed-loop load generator, cheap enough to share two cores with what it measures.

A protocol of its own on uvloop with httptools: half a millisecond of CPU for a megabyte up and two down, where an
HTTP client costs several times that.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

BOUNDARY = "retouch-benchmark"
#: No request may take longer, seconds.
PATIENCE = 120.0
_KIND = re.compile(rb'"type": ?"image_edit\.(partial_image|completed)"')

File = tuple[str, bytes]


@dataclass(frozen=True)
class Load:
    """What a run of requests took: latencies in ms, sorted; requests per second."""

    taken: list[float]
    per_second: float

    def at(self, share: float) -> float:
        """The latency below which this share of the requests lies, ms."""
        return quantile(self.taken, share)


def quantile(values: Sequence[float], share: float) -> float:
    """Of sorted values, the one at this share of them."""
    return values[min(len(values) - 1, int(len(values) * share))]


def multipart(fields: dict[str, str], *files: File) -> bytes:
    """A body as the SDKs send it."""
    dash = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    pieces = [f'{dash}"{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, data in files:
        head = f'{dash}"{name}"; filename="picture.png"\r\nContent-Type: image/png\r\n\r\n'
        pieces += [head.encode(), data, b"\r\n"]
    return b"".join((*pieces, f"--{BOUNDARY}--\r\n".encode()))


def load(url: str, key: str, body: bytes, *, requests: int, at_once: int, events: int = 0) -> Load:
    """Send a body `requests` times over `at_once` connections.

    With `events`, each answer is a stream of so many image events. Raises RuntimeError for any answer that is not 200
    with at least a megabyte, or not the events that it should be.
    """
    return uvloop.run(_load(url, key, body, requests=requests, at_once=at_once, events=events))


async def _load(url: str, key: str, body: bytes, *, requests: int, at_once: int, events: int) -> Load:
    address = urlsplit(url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    taken: list[float] = []
    left = iter(range(requests))

    async def connection() -> None:
        opened = None
        try:
            for _ in left:
                started = time.perf_counter()
                if opened is None or opened.closed:
                    _, opened = await asyncio.get_running_loop().create_connection(
                        _Connection, str(address.hostname), address.port or 80
                    )
                async with asyncio.timeout(PATIENCE):
                    await opened.exchange(request, events)
                taken.append((time.perf_counter() - started) * 1000)
        finally:
            if opened is not None:
                opened.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(connection())
    return Load(sorted(taken), requests / (time.perf_counter() - started))


class _Connection(asyncio.Protocol):
    """One connection, one request at a time. The answer is counted, and searched for the marks of events."""

    def __init__(self) -> None:
        self.closed = False
        self._ended: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:

        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._end(lambda ended: ended.set_exception(exc or ConnectionResetError("closed without an answer")))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if not self._size:
            self._start = bytes(body[:2000])
        self._size += len(body)
        quote = body.find(b'"')  # base64 holds none: few pieces are looked at
        if quote >= 0:
            self._marks += body[max(0, quote - 40) : body.rfind(b'"') + 40]

    def on_message_complete(self) -> None:
        self._end(lambda ended: ended.set_result(None))

    async def exchange(self, request: bytes, events: int) -> None:
        """Send, and read the whole answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._size, self._start, self._marks = 0, b"", bytearray()
        self._ended = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._ended
        status, kinds = self._parser.get_status_code(), _KIND.findall(self._marks)
        wanted = [b"partial_image"] * (events - 1) + [b"completed"] * min(events, 1)
        if status != 200 or self._size < 1_000_000 or kinds != wanted:
            raise RuntimeError(f"{status}, {self._size} bytes, events {kinds}: {self._start[:300]!r}")

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def _end(self, how: Callable[["asyncio.Future[None]"], None]) -> None:
        if self._ended is not None and not self._ended.done():
            how(self._ended)
