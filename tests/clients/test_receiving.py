"""Bodies arrive as they were sent, however the network cuts them and whenever the application asks for them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from retouch.wire.receiving import Receiving

BODY = np.random.default_rng(3).bytes(700_000)


class Echo:
    """An application that answers the digest of a body, which it reads once it may, and how many pieces it got."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.may.set()
        self.pieces: list[int] = []
        self.left = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        digest, more = hashlib.sha256(), True
        self.pieces.clear()
        while more:
            await self.may.wait()
            message = await receive()
            if message["type"] != "http.request":
                self.left.set()
                return
            assert type(message["body"]) is bytes
            digest.update(message["body"])
            self.pieces.append(len(message["body"]))
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})
        await send({"type": "http.response.body", "body": digest.hexdigest().encode()})


@asynccontextmanager
async def serving(
    app: Echo, state: ServerState | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to it."""
    config = uvicorn.Config(app, http=Receiving, ws="none", lifespan="off", log_config=None)
    config.load()
    state = state or ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Receiving(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        yield reader, writer
        app.may.set()
        writer.close()
        async with asyncio.timeout(20):
            while state.tasks or state.connections:
                await asyncio.sleep(0)


async def answered(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(20):
        await reader.readuntil(b"\r\n\r\n")
        return (await reader.readexactly(64)).decode()


def head(length: int | None) -> bytes:
    sized = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    return f"POST / HTTP/1.1\r\nhost: here\r\n{sized}\r\n\r\n".encode()


def cut(body: bytes, size: int) -> Iterable[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


@pytest.mark.parametrize("size", [1, 7_000, 65_536, 65_537, 300_000, len(BODY)])
async def test_a_body_in_pieces_of_any_size(size: int) -> None:
    """And another one after it on the same connection."""
    body = BODY if size > 1 else BODY[:500]
    app = Echo()
    async with serving(app) as (reader, writer):
        for _ in range(2):
            writer.write(head(len(body)))
            for piece in cut(body, size):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            assert await answered(reader) == hashlib.sha256(body).hexdigest()


async def test_what_comes_before_it_is_asked_for_is_kept_together() -> None:
    """An application that takes its time, and a client that sends in many chunks."""
    app = Echo()
    app.may.clear()
    async with serving(app) as (reader, writer):
        writer.write(head(None))
        for piece in cut(BODY[:60_000], 10_000):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        app.may.set()
        assert await answered(reader) == hashlib.sha256(BODY[:60_000]).hexdigest()
    assert len(app.pieces) < 6


async def test_a_client_that_sends_faster_than_is_read_is_held_back() -> None:
    """Not much more than a piece lies in memory while the application does not ask."""
    app, state = Echo(), ServerState()
    app.may.clear()
    async with serving(app, state) as (reader, writer):
        writer.write(head(len(BODY)) + BODY)
        async with asyncio.timeout(20):
            while not state.connections:
                await asyncio.sleep(0)
            (connection,) = state.connections
            assert isinstance(connection, Receiving)
            while not connection.flow.read_paused:
                await asyncio.sleep(0)
        assert HIGH_WATER_LIMIT < len(connection.cycle.body) < 400_000
        app.may.set()
        assert await answered(reader) == hashlib.sha256(BODY).hexdigest()


async def test_a_piece_is_handed_on_as_it_is() -> None:
    """And those that come before it is asked for are put together, at a cost that does not grow with each."""
    app, state = Echo(), ServerState()
    app.may.clear()
    async with serving(app, state) as (_, writer):
        writer.write(head(2 * len(BODY)))
        async with asyncio.timeout(20):
            while not (state.connections and getattr(next(iter(state.connections)), "cycle", None)):
                await asyncio.sleep(0)
        (connection,) = state.connections
        assert isinstance(connection, Receiving)
        connection.on_body(BODY)
        assert connection.cycle.body is BODY
        connection.on_body(BODY[:9])
        together = connection.cycle.body
        connection.on_body(BODY[:9])
        assert connection.cycle.body is together
        assert bytes(together) == BODY + 2 * BODY[:9]


async def test_a_client_that_leaves_within_its_body_is_noticed() -> None:
    app = Echo()
    async with serving(app) as (_, writer):
        writer.write(head(len(BODY)) + BODY[:100_000])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(20):
            await app.left.wait()
    assert sum(app.pieces) <= 100_000


async def test_requests_sent_one_after_the_other_without_waiting() -> None:
    """The second body arrives while the first is being answered."""
    app = Echo()
    bodies = [BODY[:300], BODY[300:70_000], BODY[70_000:70_001]]
    async with serving(app) as (reader, writer):
        writer.write(b"".join(head(len(body)) + body for body in bodies))
        for body in bodies:
            assert await answered(reader) == hashlib.sha256(body).hexdigest()


async def test_a_client_that_asks_first_whether_to_send() -> None:
    app = Echo()
    async with serving(app) as (reader, writer):
        writer.write(head(len(BODY)).replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n"))
        async with asyncio.timeout(20):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(BODY)
        assert await answered(reader) == hashlib.sha256(BODY).hexdigest()


async def test_another_protocol_is_not_offered() -> None:
    """A request that offers to change to one is answered in this one."""
    app = Echo()
    async with serving(app) as (reader, writer):
        writer.write(head(0).replace(b"\r\n\r\n", b"\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"))
        assert await answered(reader) == hashlib.sha256(b"").hexdigest()
