"""The client: bounded memory, one pool, nothing read from the surroundings, nothing left behind."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from retouch.domain.errors import Accepted, UpstreamFailure
from retouch.engines.upstream import Body, Client, Filed, multipart

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Talk], Awaitable[str]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
async def serve(no_task_left: None) -> AsyncIterator[Serve]:
    """Starts a server that talks as told, and gives its address."""
    async with AsyncExitStack() as stack:

        async def start(talk: Talk) -> str:
            @asynccontextmanager
            async def running() -> AsyncIterator[str]:
                tasks = set[asyncio.Task[None]]()

                async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    task = asyncio.current_task()
                    assert task is not None
                    tasks.add(task)
                    try:
                        await talk(reader, writer)
                    finally:
                        writer.close()

                server = await asyncio.start_server(connected, "127.0.0.1", 0)
                yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
                server.close()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await server.wait_closed()

            return await stack.enter_async_context(running())

        yield start


async def head(reader: asyncio.StreamReader) -> bytes:
    """A request's head, or what there is of it."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        return cut.partial


def soon() -> float:
    """A deadline that a well-behaved test never meets."""
    return time.monotonic() + 30


async def test_a_large_body_is_never_held_twice(client: Client, serve: Serve) -> None:
    """40 MB, far more than the socket's buffer, to a server that reads late: 3 MB of traced memory, both ends."""
    size, received, read = 40_000_000, 0, asyncio.Event()

    async def slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        announced = (await head(reader)).lower()
        await read.wait()
        length = int(announced.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while received < length:
            received += len(await reader.read(65536))
        writer.write(OK)
        await writer.drain()

    url = await serve(slow_reader)
    body = multipart([("prompt", "p")], [Filed("image", bytearray(size), "image.png", "image/png")])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    asyncio.get_running_loop().call_later(0, read.set)
    try:
        async with client.send("t", "POST", url, deadline=soon(), body=body) as answer:
            assert await answer.read(10) == b"ok"
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert received >= body.length
    assert peak < 3_000_000


async def test_connections_are_used_again(client: Client, serve: Serve) -> None:
    """Ten answers over one connection, whose bodies were read to their end."""
    connections = 0

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await head(reader):
            writer.write(OK)
            await writer.drain()

    url = await serve(polite)
    for _ in range(10):
        async with client.send("t", "GET", url, deadline=soon()) as answer:
            assert await answer.read(2) == b"ok"
    assert connections == 1


async def test_the_surroundings_say_nothing(client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy variable is read, no cookie kept, no compression asked for, no redirect followed."""
    heads = list[bytes]()

    async def curious(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await head(reader):
            heads.append(asked.lower())
            writer.write(b"HTTP/1.1 302 Found\r\nlocation: /next\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    url = await serve(curious)
    for _ in range(2):
        async with client.send("t", "GET", url, deadline=soon()) as answer:
            assert answer.status == 302
    assert len(heads) == 2
    for asked in heads:
        assert b"accept-encoding: identity" in asked
        assert b"cookie" not in asked


async def test_an_answer_before_the_body_is_sent(client: Client, serve: Serve) -> None:
    """A refusal that comes while the body is still going out is heard, or the body was surely not accepted."""

    async def impatient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await reader.read(-1)

    url = await serve(impatient)
    async with client.send("t", "POST", url, deadline=soon(), body=Body("x/y", (bytes(30_000_000),))) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    ("raw", "accepted"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok", Accepted.YES),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\nok", Accepted.YES),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n" + b"x" * 4095 + b"\r\n", Accepted.YES),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nok", Accepted.UNKNOWN),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz", Accepted.UNKNOWN),
        (b"nonsense\r\n\r\n", Accepted.UNKNOWN),
        (b"", Accepted.UNKNOWN),
    ],
)
async def test_answers_that_are_none(client: Client, serve: Serve, raw: bytes, accepted: Accepted) -> None:
    """Compressed, too large, cut, broken or missing: each is an UpstreamFailure."""

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await reader.read(1)
        writer.write(raw)
        await writer.drain()

    url = await serve(broken)
    with pytest.raises(UpstreamFailure) as caught:
        async with client.send("t", "POST", url, deadline=soon(), body=Body("x/y", (b"x",))) as answer:
            await answer.read(1000)
    assert caught.value.accepted is accepted


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}/", "http://127.0.0.1:1/", "nonsense", "ftp://127.0.0.1/"])
async def test_nothing_is_sent_where_nobody_listens(client: Client, serve: Serve, url: str) -> None:
    """No TLS, no listener, no address: surely not accepted."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    port = (await serve(plain)).rpartition(":")[2].strip("/")
    with pytest.raises(UpstreamFailure) as caught:
        async with client.send("t", "POST", url.format(port=port), deadline=soon(), body=Body("x/y", (b"x",))):
            pass
    assert caught.value.accepted is Accepted.NO
    assert "127.0.0.1" not in caught.value.cause + caught.value.message


async def test_a_full_pool_waits_within_the_deadline(serve: Serve) -> None:
    """No more connections than allowed; a call that gets none in time was not sent."""
    released = asyncio.Event()

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await released.wait()
        writer.write(OK)
        await writer.drain()

    url = await serve(held)
    async with Client(connections=1) as narrow:

        async def ask(seconds: float) -> bytes:
            body = Body("x/y", (b"x",))
            async with narrow.send("t", "POST", url, deadline=time.monotonic() + seconds, body=body) as answer:
                return bytes(await answer.read(2))

        first = asyncio.ensure_future(ask(30))
        await asyncio.sleep(0)
        with pytest.raises(UpstreamFailure) as caught:
            await ask(0.3)
        assert caught.value.accepted is Accepted.NO
        released.set()
        assert await first == b"ok"


async def test_closed_and_used_again(serve: Serve) -> None:
    """Closing twice is fine, and a later use opens anew."""

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await head(reader):
            writer.write(OK)
            await writer.drain()

    client, url = Client(), await serve(polite)
    for _ in range(2):
        async with client.send("t", "GET", url, deadline=soon()) as answer:
            assert await answer.read(2) == b"ok"
        await client.close()
        await client.close()
