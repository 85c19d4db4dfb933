"""Size, time, memory and clients that leave."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import Budget, ClientLeft, FormBounds, Receive, drain, read_edit

FORM = {"content-type": "multipart/form-data; boundary=x"}
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
TAIL = b'\r\n--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nhi\r\n--x--\r\n'


def sending(pieces: AsyncIterator[bytes], *, leaves: bool = False) -> Receive:
    """ASGI's receive over pieces that take their time; at their end the body is complete or the client leaves."""

    async def receive() -> dict[str, Any]:
        async for piece in pieces:
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.disconnect"} if leaves else {"type": "http.request"}

    return receive


async def steadily(*pieces: bytes, pause: float = 0.0) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(pause)
        yield piece


async def refusal(
    receive: Receive, bounds: FormBounds, budget: Budget, headers: Mapping[str, str] = FORM
) -> RetouchError:
    with pytest.raises(RetouchError) as caught, budget.lease() as lease:
        await read_edit(receive, headers, bounds, lease)
    assert budget.held == 0
    return caught.value


async def never() -> dict[str, Any]:
    raise AssertionError("the body was read")


@pytest.mark.parametrize("length", ["101", "9" * 30])
async def test_an_announced_length_is_refused_unread(length: str) -> None:
    """A body that says it is too large is not read at all."""
    error = await refusal(never, FormBounds(body_bytes=100), Budget(1_000), FORM | {"content-length": length})
    assert error.code is Code.PAYLOAD_TOO_LARGE


@pytest.mark.parametrize("content_type", ["application/json", FORM["content-type"]])
async def test_a_body_without_length_is_stopped_at_the_bound(content_type: str) -> None:
    """A chunked body is counted as it comes."""

    async def endless() -> AsyncIterator[bytes]:
        yield HEAD if "multipart" in content_type else b'{"image":"'
        while True:
            yield b"A" * 1_000

    bounds = FormBounds(body_bytes=100_000)
    error = await refusal(sending(endless()), bounds, Budget(10**6), {"content-type": content_type})
    assert error.code is Code.PAYLOAD_TOO_LARGE


async def test_a_compressed_body_is_refused() -> None:
    """Nothing here inflates what a caller deflated."""
    error = await refusal(never, FormBounds(), Budget(1_000), FORM | {"content-encoding": "gzip"})
    assert error.code is Code.INVALID_REQUEST


async def test_a_pause_is_too_long() -> None:
    """An idle client is told so."""
    bounds = FormBounds(idle_seconds=0.05)
    error = await refusal(sending(steadily(HEAD, b"a", TAIL, pause=0.2)), bounds, Budget(1_000))
    assert error.code is Code.REQUEST_TIMEOUT


async def test_a_trickle_is_too_long() -> None:
    """Small pieces without a pause do not stretch the time in all."""
    bounds = FormBounds(body_seconds=0.1)
    error = await refusal(sending(steadily(HEAD, *[b"a"] * 50, pause=0.01)), bounds, Budget(1_000))
    assert error.code is Code.REQUEST_TIMEOUT


async def test_a_client_that_leaves() -> None:
    """A cut body is no error to answer, and its bytes are given back."""
    budget = Budget(10_000)
    with pytest.raises(ClientLeft), budget.lease() as lease:
        await read_edit(sending(steadily(HEAD, b"abc"), leaves=True), FORM, FormBounds(), lease)
    assert budget.held == 0


async def test_the_budget_is_shared() -> None:
    """What one edit holds is missing for the next until it is done."""
    budget = Budget(1_000, retry_after=7)
    body = HEAD + b"a" * 500 + TAIL
    with budget.lease() as first:
        await read_edit(sending(steadily(body)), FORM, FormBounds(), first)
        assert budget.held == first.held == len(body)
        with pytest.raises(RetouchError) as caught, budget.lease() as second:
            await read_edit(sending(steadily(body)), FORM, FormBounds(), second)
        assert (caught.value.code, caught.value.retry_after) == (Code.OVERLOADED, 7)
        assert budget.held == first.held
    with budget.lease() as third:
        await read_edit(sending(steadily(body)), FORM, FormBounds(), third)


async def test_a_lease_never_gives_more_than_it_took() -> None:
    """Giving back twice does not make room that is not there."""
    budget = Budget(100)
    with budget.lease() as one, budget.lease() as other:
        one.take(60)
        other.take(30)
        one.give(1_000)
        one.close()
        assert budget.held == other.held == 30


async def test_an_upload_costs_its_size_once() -> None:
    """A 20 MB file is held once, not twice: no join, no copy at the end."""
    piece = b"a" * 65_536
    size = 320 * len(piece)

    async def upload() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(320):
            yield piece
        yield TAIL

    gc.collect()
    tracemalloc.start()
    try:
        with Budget(10**8).lease() as lease:
            edit = await read_edit(sending(upload()), FORM, FormBounds(), lease)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(edit.images[0].data or b"") == size
    assert peak < size * 1.3


async def test_drain_reads_what_is_left() -> None:
    """A client that is still sending gets to read its error."""
    pieces = [b"a" * 1_000] * 5

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

    assert await drain(receive, max_bytes=10_000)
    assert pieces == []


async def test_drain_has_bounds() -> None:
    """Draining ends by size, by time, and when the client has left."""

    async def more() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a" * 1_000, "more_body": True}

    async def silence() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("unreachable")

    assert not await drain(more, max_bytes=10_000)
    assert not await drain(silence, seconds=0.05)
    assert not await drain(sending(steadily(), leaves=True), seconds=1)
