"""Previews are passed on as they come, and what goes wrong in a stream has a name."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from retouch.domain.engine import Made, Partial
from retouch.domain.errors import Accepted, Code
from retouch.domain.picture import Size
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from upstreams.calls import call, collect, failure, kinds
from upstreams.drawing import draw64
from upstreams.faults import Fault, answers, cut, draws
from upstreams.openai_images import OpenAIUpstream


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[OpenAIUpstream]:
    """The stand-in."""
    async with OpenAIUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: OpenAIUpstream, client: Client) -> OpenAIImages:
    """The engine, pointed at it."""
    return OpenAIImages({"base_url": upstream.base_url}, client, {"OPENAI_API_KEY": upstream.key})


async def test_partials_come_before_the_end(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Each event arrives while the provider has not yet been allowed to send the next."""
    upstream.steps = asyncio.Semaphore(0)
    async with aclosing(engine.run(call(partial_images=2))) as events:
        for step in range(2):
            upstream.steps.release()
            event = await anext(events)
            assert isinstance(event, Partial)
            assert (event.index, event.step, event.picture.size) == (0, step, Size(1536, 1024))
        upstream.steps.release()
        rest = [event async for event in events]
    assert kinds(rest) == ["made", "usage"]
    assert upstream.seen[0].texts()["stream"] == "true"
    assert upstream.seen[0].texts()["partial_images"] == "2"


async def test_an_answer_that_is_no_stream_after_all(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """A server that ignores `stream` is understood."""
    upstream.order(answers(200, {"data": [{"b64_json": draw64((8, 8))}]}))
    assert kinds(await collect(engine, call(partial_images=2))) == ["made"]


async def test_events_cut_in_pieces_and_crlf(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Comments, CRLF, `[DONE]` and unknown events do not matter; nor does a missing last blank line."""
    event = f'{{"type":"image_edit.completed","b64_json":"{draw64((8, 8))}"}}'
    body = f': ping\r\n\r\nid: 1\r\n\r\ndata: {{"type":"other"}}\r\n\r\nevent: x\r\ndata: {event}'
    for ending in ("\r\n\r\ndata: [DONE]\r\n\r\n", "\n", ""):
        upstream.order(Fault(status=200, body=(body + ending).encode(), headers={"content-type": "text/event-stream"}))
        (image,) = await collect(engine, call(partial_images=1))
        assert isinstance(image, Made)


async def test_events_of_images_that_nobody_asked_for(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """An image is finished once, and only those asked for are told of."""
    one = f'"type":"image_edit.completed","b64_json":"{draw64((8, 8))}"'
    body = "".join(f"data: {{{one}{more}}}\n\n" for more in ("", "", ',"image_index":7', ',"image_index":0'))
    upstream.order(Fault(status=200, body=body.encode(), headers={"content-type": "text/event-stream"}))
    (image,) = await collect(engine, call(partial_images=1))
    assert isinstance(image, Made)
    assert image.index == 0


async def test_a_stream_that_breaks_off(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Work may have been done: the call is neither repeated nor surely lost."""
    upstream.order(cut(), draws(images=0))
    broken = await failure(engine, call(partial_images=2))
    assert (broken.code, broken.accepted, broken.elsewhere) == (Code.UPSTREAM_ERROR, Accepted.UNKNOWN, True)
    ended = await failure(engine, call(partial_images=2))
    assert (ended.accepted, ended.cause) == (Accepted.UNKNOWN, "openai: the stream ended without an image")


async def test_an_error_within_the_stream(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """The provider says that it failed."""
    failed = await failure(engine, call(prompt="BREAKS", partial_images=1))
    assert (failed.code, failed.accepted, failed.elsewhere) == (Code.UPSTREAM_ERROR, Accepted.YES, True)
    assert "boom" not in failed.message


async def test_leaving_a_stream_ends_it_upstream(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Closing the events closes the connection."""
    upstream.steps = asyncio.Semaphore(1)
    async with aclosing(engine.run(call(partial_images=3))) as events:
        assert isinstance(await anext(events), Partial)
    await asyncio.wait_for(upstream.left.wait(), 10)


async def test_the_deadline_holds_within_a_stream(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """A provider that falls silent between two events is given up."""
    upstream.steps = asyncio.Semaphore(1)
    late = await failure(engine, call(partial_images=3, deadline=time.monotonic() + 0.3))
    assert (late.code, late.accepted) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN)
    await asyncio.wait_for(upstream.left.wait(), 10)
