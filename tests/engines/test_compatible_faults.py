"""How self-hosted servers fail, what they must never be told, and where their results may lie."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from retouch.domain.engine import Engine, Wish
from retouch.domain.errors import Accepted, Code, RetouchError
from retouch.domain.picture import Size
from retouch.engines.compatible import KINDS, build
from retouch.engines.upstream import Client
from upstreams.calls import call, failure, made
from upstreams.compatible import CompatibleUpstream
from upstreams.drawing import draw, draw64
from upstreams.faults import Fault, answers, busy, cut, drops, mangles, slow

Start = Callable[..., Any]
NO, UNKNOWN, YES = Accepted.NO, Accepted.UNKNOWN, Accepted.YES
LEAK = "/srv/models/secret.safetensors at http://10.0.0.5:8000 sk-abcdef0123456789abcdef"


@pytest.fixture
async def start(client: Client, no_task_left: None) -> AsyncIterator[Start]:
    """Starts a stand-in of a kind, and gives it with an engine that is pointed at it."""
    async with AsyncExitStack() as stack:

        async def begin(kind: str, host: str | None = None, **table: Any) -> tuple[CompatibleUpstream, Engine]:
            upstream = await stack.enter_async_context(CompatibleUpstream(kind=kind, host=host))
            settings = {"kind": kind, "base_url": upstream.base_url, "api_key": upstream.key, **table}
            return upstream, build({"gpu": settings}, client)[1]

        yield begin


FAULTS: list[tuple[str, Fault, Code, Accepted, bool]] = [
    ("busy, as Aquiles says it", answers(429, {"detail": LEAK}), Code.OVERLOADED, NO, True),
    ("busy", busy(retry_after="2"), Code.OVERLOADED, NO, True),
    ("500 of FastAPI", answers(500, {"detail": LEAK}), Code.UPSTREAM_ERROR, YES, True),
    ("500 of sd.cpp", answers(500, {"error": "server_error", "message": LEAK}), Code.UPSTREAM_ERROR, YES, True),
    ("400 of sd.cpp", answers(400, {"error": LEAK}), Code.UPSTREAM_ERROR, NO, True),
    ("400 of LocalAI", answers(400, {"error": {"code": 400, "message": LEAK}}), Code.UPSTREAM_ERROR, NO, True),
    (
        "422 of FastAPI about the image",
        answers(422, {"detail": [{"loc": ["body", "image"], "msg": "Field required", "type": "missing"}]}),
        Code.INVALID_IMAGE,
        NO,
        False,
    ),
    (
        "422 of FastAPI about a field of ours",
        answers(422, {"detail": [{"loc": ["body", "seed"], "msg": "too large", "type": "int"}]}),
        Code.UPSTREAM_ERROR,
        NO,
        True,
    ),
    ("no engine, perhaps", answers(503, {"detail": LEAK}), Code.UPSTREAM_ERROR, UNKNOWN, True),
    ("no such route", answers(404, {"detail": "Not Found"}), Code.UPSTREAM_ERROR, NO, True),
    ("wrong key", answers(401, {"detail": LEAK}), Code.UPSTREAM_ERROR, NO, True),
    ("mangled", mangles(), Code.UPSTREAM_ERROR, YES, True),
    ("a page", answers(200, b"<html>hello"), Code.UPSTREAM_ERROR, YES, True),
    ("nothing", answers(200, {"data": [{}]}), Code.UPSTREAM_ERROR, YES, True),
    ("cut", cut(), Code.UPSTREAM_ERROR, UNKNOWN, True),
    ("dropped", drops(), Code.UPSTREAM_ERROR, UNKNOWN, True),
]


@pytest.mark.parametrize("row", FAULTS, ids=[row[0] for row in FAULTS])
async def test_fault(start: Start, row: tuple[str, Fault, Code, Accepted, bool]) -> None:
    """Whatever shape the error has, routing learns the same of it, and nobody learns what it says."""
    _, fault, *expected = row
    upstream, engine = await start("vllm-omni")
    upstream.order(fault)
    failed = await failure(engine, call())
    assert [failed.code, failed.accepted, failed.elsewhere] == expected
    for word in (failed.message, failed.cause):
        assert not any(secret in word for secret in ("/srv", "10.0.0.5", "sk-", "<html", "{"))
    assert failed.cause.startswith("gpu: ")
    assert len(upstream.seen) == 1


async def test_silence_and_cancelling(start: Start) -> None:
    """The deadline, and a cancelled call, close the connection to the server."""
    upstream, engine = await start("sd-cpp")
    upstream.order(slow(asyncio.Event()))
    failed = await failure(engine, call(deadline=time.monotonic() + 0.3))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_TIMEOUT, UNKNOWN)
    await asyncio.wait_for(upstream.left.wait(), 10)
    upstream.left.clear()
    upstream.arrived.clear()
    upstream.order(slow(asyncio.Event()))
    task = asyncio.ensure_future(made(engine, call()))
    await asyncio.wait_for(upstream.arrived.wait(), 10)
    task.cancel()
    await asyncio.wait({task})
    await asyncio.wait_for(upstream.left.wait(), 10)


TAGS = [
    'nice <sd_cpp_extra_args>{"steps":1000}</sd_cpp_extra_args>',
    "SD_CPP_EXTRA_ARGS",
    "a cat <lora:secret:1>",
    "a cat < LoRA : secret : 1 >",
]
READERS = {"sd-cpp": TAGS, "plain": TAGS, "localai": [*TAGS, "a cat|ugly"], "xinference": TAGS[2:]}


@pytest.mark.parametrize(("kind", "prompt"), [(kind, prompt) for kind, tags in READERS.items() for prompt in tags])
async def test_commands_in_prompts_are_refused(start: Start, kind: str, prompt: str) -> None:
    """By the offer, so that the next route is tried; and once more before anything is sent."""
    upstream, engine = await start(kind)
    for param, texts in (("prompt", (prompt, None)), ("negative_prompt", ("a cat", prompt))):
        wish = Wish(model="m", prompt=texts[0], negative_prompt=texts[1], images=(Size(9, 9),))
        with pytest.raises(RetouchError) as caught:
            engine.offer(wish)
        assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, param)
        assert any(name in caught.value.message for name in ("sd_cpp_extra_args", "lora", "|"))
        with pytest.raises(RetouchError):
            await made(engine, call(prompt=texts[0], negative_prompt=texts[1]))
    assert upstream.seen == []


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - READERS.keys()))
async def test_where_they_command_nothing_they_are_words(start: Start, kind: str) -> None:
    """Other servers draw what they say."""
    _, engine = await start(kind)
    assert await made(engine, call(prompt="a cat|dog <lora:x:1>"))


async def test_a_prompt_longer_than_the_server_reads(start: Start) -> None:
    """Aquiles reads 1000 characters: it says so, and planning refuses more rather than have them cut."""
    _, engine = await start("aquiles")
    assert engine.offer(Wish(model="m", prompt="x", images=(Size(9, 9),))).longest_prompt == 1000


async def test_what_a_server_tells_of_its_disk_goes_nowhere(start: Start) -> None:
    """SGLang answers file paths; an image carries pixels and nothing else."""
    _, engine = await start("sglang")
    (image,) = await made(engine, call())
    assert image.revised_prompt is None


async def test_results_as_addresses(start: Start) -> None:
    """Relative ones, absolute ones of the server's own, and data: addresses are read."""
    upstream, engine = await start("plain")
    url = "/v1/images/1/content"
    upstream.results[url] = draw((20, 10))
    for address in (url, upstream.root + url, f"data:image/png;base64,{draw64((20, 10))}"):
        upstream.order(answers(200, {"data": [{"url": address}]}))
        (image,) = await made(engine, call())
        assert image.picture.size == Size(20, 10)
    assert upstream.seen[1].headers["authorization"] == f"Bearer {upstream.key}"


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:{port}/v1/images/1/content",
        "http://user@127.0.0.1:{port}/v1/images/1/content",
        "//evil.example/x.png",
        "file:///etc/passwd",
        "http://[",
    ],
)
async def test_results_elsewhere_are_not_read(start: Start, address: str) -> None:
    """A server cannot make us read another host."""
    upstream, engine = await start("plain")
    upstream.order(answers(200, {"data": [{"url": address.format(port=upstream.port)}]}))
    failed = await failure(engine, call())
    assert (failed.accepted, failed.elsewhere) == (YES, True)
    assert "not listed" in failed.cause
    assert len(upstream.seen) == 1


async def test_media_hosts_are_read_without_the_key(start: Start) -> None:
    """A host that the operator listed is read, and is not told who we are."""
    media, _ = await start("plain")
    media.results["/x.png"] = draw((20, 10))
    upstream, engine = await start("plain", media_hosts=f"cdn.example.com, 127.0.0.1:{media.port}")
    upstream.order(answers(200, {"data": [{"url": f"{media.root}/x.png"}]}))
    (image,) = await made(engine, call())
    assert image.picture.size == Size(20, 10)
    assert "authorization" not in media.seen[0].headers


@pytest.mark.parametrize("fault", [drops(), answers(404, {}), answers(302, b"", location="/y.png"), cut(3)])
async def test_a_result_that_cannot_be_read(start: Start, fault: Fault) -> None:
    """The work has been done, so the failure never says that it has not."""
    upstream, engine = await start("plain")
    upstream.results["/x.png"] = b"png"
    upstream.order(answers(200, {"data": [{"url": "/x.png"}]}), fault)
    failed = await failure(engine, call())
    assert failed.accepted in {YES, UNKNOWN}
