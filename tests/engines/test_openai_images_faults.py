"""Each way in which a provider fails, and what routing and the caller learn of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from retouch.domain.errors import Accepted, Code
from retouch.domain.picture import Picture, Size
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from upstreams.calls import call, failure, made
from upstreams.faults import Fault, answers, busy, cut, drops, expired, fails, hangs_up, mangles, slow
from upstreams.openai_images import OpenAIUpstream

NO, UNKNOWN, YES = Accepted.NO, Accepted.UNKNOWN, Accepted.YES


def error(message: str, code: str | None = None, param: str | None = None) -> dict[str, object]:
    """OpenAI's body."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


FAULTS: list[tuple[str, Fault, Code, Accepted, bool]] = [
    ("429", busy(retry_after="3"), Code.OVERLOADED, NO, True),
    ("503 that says when", answers(503, {}, retry_after="3"), Code.OVERLOADED, NO, True),
    ("503 that says why", answers(503, error("", "slow_down")), Code.OVERLOADED, NO, True),
    ("503 alone", answers(503, b"<html>"), Code.UPSTREAM_ERROR, UNKNOWN, True),
    ("500", fails(), Code.UPSTREAM_ERROR, YES, True),
    ("502", answers(502, b"<html>bad gateway"), Code.UPSTREAM_ERROR, UNKNOWN, True),
    ("504", answers(504, b""), Code.UPSTREAM_TIMEOUT, UNKNOWN, True),
    ("408", answers(408, b""), Code.UPSTREAM_TIMEOUT, NO, True),
    ("expired key", expired("sk-abc123"), Code.UPSTREAM_ERROR, NO, True),
    ("403", answers(403, error("Your organization must be verified")), Code.UPSTREAM_ERROR, NO, True),
    ("no money", answers(429, error("quota", "insufficient_quota")), Code.UPSTREAM_ERROR, NO, True),
    ("404", answers(404, error("gone", "model_not_found", "model")), Code.UPSTREAM_ERROR, NO, True),
    ("redirect", answers(302, b"", location="http://127.0.0.1:1/"), Code.UPSTREAM_ERROR, NO, True),
    ("our own bad parameter", answers(400, error("no", "unknown_parameter", "size")), Code.UPSTREAM_ERROR, NO, True),
    (
        "bad prompt",
        answers(400, error("long", "too_long", "prompt")),
        Code.INVALID_REQUEST,
        NO,
        False,
    ),
    ("bad image", answers(400, error("broken", None, "image[0]")), Code.INVALID_IMAGE, NO, False),
    ("bad mask", answers(400, error("broken", None, "mask")), Code.INVALID_MASK, NO, False),
    ("policy", answers(400, error("unsafe", "moderation_blocked")), Code.CONTENT_POLICY_VIOLATION, NO, False),
    ("mangled", mangles(), Code.UPSTREAM_ERROR, YES, True),
    ("no images", answers(200, {"data": []}), Code.UPSTREAM_ERROR, YES, True),
    ("no object", answers(200, [1]), Code.UPSTREAM_ERROR, YES, True),
    ("no picture", answers(200, {"data": [{"b64_json": "AAAA"}]}), Code.UPSTREAM_ERROR, YES, True),
    ("no base64", answers(200, {"data": [{"b64_json": "?!"}]}), Code.UPSTREAM_ERROR, YES, True),
    ("error behind 200", answers(200, error("oops")), Code.UPSTREAM_ERROR, YES, True),
    ("cut", cut(), Code.UPSTREAM_ERROR, UNKNOWN, True),
    ("dropped", drops(), Code.UPSTREAM_ERROR, UNKNOWN, True),
]


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[OpenAIUpstream]:
    """The stand-in."""
    async with OpenAIUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: OpenAIUpstream, client: Client) -> OpenAIImages:
    """The engine, pointed at it."""
    return OpenAIImages({"base_url": upstream.base_url}, client, {"OPENAI_API_KEY": upstream.key})


@pytest.mark.parametrize("row", FAULTS, ids=[row[0] for row in FAULTS])
async def test_fault(
    engine: OpenAIImages, upstream: OpenAIUpstream, row: tuple[str, Fault, Code, Accepted, bool]
) -> None:
    """The failure says whether the call is spent and whether another route helps; it repeats nothing, leaks nothing."""
    _, fault, *expected = row
    upstream.order(fault)
    failed = await failure(engine, call())
    assert [failed.code, failed.accepted, failed.elsewhere] == expected
    for text in (failed.message, failed.cause):
        assert not any(secret in text for secret in ("sk-", "127.0.0.1", "http", "Traceback", "/srv", "<html", "{"))
    assert failed.cause.startswith("openai: ")
    assert failed.__context__ is None or failed.__suppress_context__
    assert len(upstream.seen) == 1
    # The next call is served as if nothing had been.
    assert await made(engine, call())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "99999"}, 3600),
        ({"retry_after": "-1"}, 0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({}, None),
    ],
)
async def test_retry_after(
    engine: OpenAIImages, upstream: OpenAIUpstream, headers: dict[str, str], seconds: float | None
) -> None:
    """Seconds, milliseconds and dates."""
    upstream.order(busy(**headers))
    assert (await failure(engine, call())).retry_after == seconds


async def test_retry_after_a_date_to_come(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """A date is counted from now."""
    upstream.order(busy(retry_after=format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)))
    seconds = (await failure(engine, call())).retry_after
    assert seconds is not None
    assert 0 < seconds <= 600


async def test_the_policys_own_words_reach_the_caller(engine: OpenAIImages) -> None:
    """Its sentence helps; the edit is not sent elsewhere."""
    refused = await failure(engine, call(prompt="BLOCKED"))
    assert refused.code is Code.CONTENT_POLICY_VIOLATION
    assert refused.message == "Your request was rejected by the safety system."
    assert refused.cause == "openai: refused by its content policy"


async def test_blocked_after_the_work(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """An output that is withheld has been made: the call is spent."""
    details = {"moderation_stage": "output"}
    upstream.order(answers(400, {"error": {"code": "moderation_blocked", "moderation_details": details}}))
    assert (await failure(engine, call())).accepted is YES


async def test_a_wrong_key_is_the_operators(engine: OpenAIImages, upstream: OpenAIUpstream, client: Client) -> None:
    """The caller sees 502, never 401; the record says what it was."""
    stranger = OpenAIImages({"base_url": upstream.base_url, "api_key": "sk-other"}, client, {})
    failed = await failure(stranger, call())
    assert failed.code is Code.UPSTREAM_ERROR
    assert failed.cause == "openai: 401 invalid_api_key: the provider's key was refused"


async def test_nobody_listens(client: Client) -> None:
    """Nothing was sent, so nothing can have been accepted."""
    closed = OpenAIImages({"base_url": "http://127.0.0.1:1/v1", "api_key": "sk-x"}, client, {})
    failed = await failure(closed, call())
    assert (failed.accepted, failed.elsewhere, failed.cause) == (NO, True, "openai: the connection was refused")


async def test_closed_before_the_body_was_whole(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """A provider that hangs up on a half-sent edit has not begun it."""
    upstream.order(hangs_up())
    failed = await failure(engine, call(images=(Picture(bytes(64_000_000), "png", Size(1, 1)),)))
    assert (failed.accepted, failed.elsewhere) == (NO, True)


async def test_silence(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Sent, and no answer by the deadline: it may be working still."""
    never = asyncio.Event()
    upstream.order(slow(never))
    failed = await failure(engine, call(deadline=time.monotonic() + 0.3))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_TIMEOUT, UNKNOWN)
    await asyncio.wait_for(upstream.left.wait(), 10)


async def test_a_deadline_that_has_passed(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Nothing is sent."""
    failed = await failure(engine, call(deadline=time.monotonic() - 1))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_TIMEOUT, NO)
    assert upstream.seen == []


async def test_cancelling_ends_it_upstream(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """The provider's connection is closed when the call is cancelled."""
    upstream.order(slow(asyncio.Event()))
    task = asyncio.ensure_future(made(engine, call()))
    await asyncio.wait_for(upstream.arrived.wait(), 10)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    await asyncio.wait_for(upstream.left.wait(), 10)
