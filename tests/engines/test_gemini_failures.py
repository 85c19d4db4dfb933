"""Google's failures in our words: what is told, and whether it may be tried again."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from retouch.domain.errors import Accepted, Code
from retouch.engines.gemini import Gemini
from retouch.engines.upstream import Client
from upstreams.calls import call, collect, failure, made
from upstreams.faults import Fault, answers, cut, draws, drops, hangs_up, mangles, slow
from upstreams.gemini import GeminiUpstream, blocks, exhausted, expired_key, fails_with, finishes

PRO = "gemini-3-pro-image"


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[GeminiUpstream]:
    """The stand-in."""
    async with GeminiUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: GeminiUpstream, client: Client) -> Gemini:
    """The engine, pointed at it."""
    return Gemini({"base_url": upstream.base_url}, client, {"GEMINI_API_KEY": upstream.key})


BLOCKED = Code.CONTENT_POLICY_VIOLATION
UPSTREAM = Code.UPSTREAM_ERROR


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        *[
            (blocks(reason), (BLOCKED, "no", False))
            for reason in ("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "JAILBREAK")
        ],
        *[
            (finishes(reason), (BLOCKED, "yes", False))
            for reason in ("SAFETY", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "RECITATION", "MODEL_ARMOR")
        ],
        *[
            (finishes(f"IMAGE_{reason}"), (BLOCKED, "yes", False))
            for reason in ("SAFETY", "PROHIBITED_CONTENT", "RECITATION")
        ],
        *[
            (finishes(reason), (UPSTREAM, "yes", True))
            for reason in ("IMAGE_OTHER", "NO_IMAGE", "OTHER", "MALFORMED_RESPONSE", "STOP", "A_NEW_ONE")
        ],
        (finishes("MAX_TOKENS"), (Code.INVALID_REQUEST, "yes", True)),
        (finishes("LANGUAGE"), (Code.INVALID_REQUEST, "yes", True)),
        (draws(images=0), (UPSTREAM, "yes", True)),
        (answers(200, {"candidates": []}), (UPSTREAM, "yes", True)),
        (answers(200, {"candidates": [{"content": {"parts": "x"}}, 1]}), (UPSTREAM, "yes", True)),
        (answers(200, ["x"]), (UPSTREAM, "yes", True)),
        (mangles(), (UPSTREAM, "yes", True)),
        (expired_key(), (UPSTREAM, "no", True)),
        (fails_with(400, "FAILED_PRECONDITION", "User location is not supported"), (UPSTREAM, "no", True)),
        (fails_with(400, "INVALID_ARGUMENT"), (UPSTREAM, "no", True)),
        (fails_with(400, "INVALID_ARGUMENT", "Unable to process input image."), (Code.INVALID_IMAGE, "no", False)),
        (fails_with(403, "PERMISSION_DENIED"), (UPSTREAM, "no", True)),
        (fails_with(404, "NOT_FOUND", "models/x is not found"), (UPSTREAM, "no", True)),
        (exhausted("13s"), (Code.OVERLOADED, "no", True)),
        (fails_with(500, "INTERNAL"), (UPSTREAM, "yes", True)),
        (fails_with(503, "UNAVAILABLE", "The model is overloaded."), (Code.OVERLOADED, "no", True)),
        (fails_with(504, "DEADLINE_EXCEEDED"), (Code.UPSTREAM_TIMEOUT, "unknown", True)),
        (answers(502, b"<html>Bad gateway</html>"), (UPSTREAM, "unknown", True)),
        (answers(503, b"<html>gone</html>"), (UPSTREAM, "unknown", True)),
        (answers(429, [{"error": {"status": "RESOURCE_EXHAUSTED"}}]), (Code.OVERLOADED, "no", True)),
        (cut(), (UPSTREAM, "unknown", True)),
        (drops(), (UPSTREAM, "unknown", True)),
    ],
)
async def test_failures(
    engine: Gemini, upstream: GeminiUpstream, fault: Fault, verdict: tuple[Code, str, bool]
) -> None:
    """Each has its code, and says whether the call is spent and whether another route helps."""
    upstream.order(fault)
    failed = await failure(engine, call(model=PRO))
    assert (failed.code, failed.accepted.value, failed.elsewhere) == verdict
    for secret in (upstream.key, "/secret/", "127.0.0.1"):
        assert secret not in failed.message + failed.cause


@pytest.mark.parametrize(
    ("delay", "header", "seconds"),
    [("13s", None, 13.0), ("1.5s", "9", 1.5), (None, "9", 9.0), (None, None, None), ("999999s", None, 3600.0)],
)
async def test_google_says_when(
    engine: Gemini, upstream: GeminiUpstream, delay: str | None, header: str | None, seconds: float | None
) -> None:
    """RetryInfo in the body comes before the header."""
    fault = exhausted(delay)
    upstream.order(Fault(status=429, body=fault.body, headers={"retry-after": header} if header else {}))
    assert (await failure(engine, call(model=PRO))).retry_after == seconds


async def test_the_models_words_reach_the_caller(engine: Gemini, upstream: GeminiUpstream) -> None:
    """What it says instead of drawing is the caller's help; thoughts and addresses are not passed on."""
    upstream.order(draws(images=0), finishes("NO_IMAGE", "See https://a.test/x"), blocks("SAFETY", "No weapons."))
    told = [(await failure(engine, call(model=PRO))).message for _ in range(3)]
    assert told == [
        "The provider gemini gave no image and said: Which of the two dogs do you mean?",
        "The provider gemini gave no image and said: See [...]",
        "No weapons.",
    ]


async def test_causes_name_googles_words(engine: Gemini, upstream: GeminiUpstream) -> None:
    """The edit's record says what happened."""
    upstream.order(finishes("IMAGE_OTHER"), expired_key(), exhausted("1s"))
    causes = [(await failure(engine, call(model=PRO))).cause for _ in range(3)]
    assert causes[0] == "gemini: no image: IMAGE_OTHER"
    assert causes[1] == "gemini: 401 API_KEY_INVALID: the provider's key was refused"
    assert causes[2] == "gemini: 429 RESOURCE_EXHAUSTED: busy"


async def test_a_connection_that_closes_unread(engine: Gemini, upstream: GeminiUpstream) -> None:
    """How much was sent decides; a small body may all have gone out."""
    upstream.order(hangs_up())
    failed = await failure(engine, call(model=PRO))
    assert failed.accepted in {Accepted.NO, Accepted.UNKNOWN}


async def test_nobody_there(client: Client, upstream: GeminiUpstream) -> None:
    """Refused at the door is surely not accepted."""
    engine = Gemini({"base_url": "http://127.0.0.1:1"}, client, {"GEMINI_API_KEY": "k"})
    failed = await failure(engine, call(model=PRO))
    assert (failed.accepted, failed.elsewhere) == (Accepted.NO, True)


async def test_silence_ends_at_the_deadline(engine: Gemini, upstream: GeminiUpstream) -> None:
    """The call may run on over there."""
    upstream.order(slow(asyncio.Event()))
    failed = await failure(engine, call(model=PRO, deadline=time.monotonic() + 1))
    assert (failed.code, failed.accepted) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN)
    await upstream.left.wait()


async def test_leaving_reaches_the_provider(engine: Gemini, upstream: GeminiUpstream) -> None:
    """A cancelled call closes its connection, and the client goes on working."""
    upstream.order(slow(asyncio.Event()))
    running = asyncio.create_task(collect(engine, call(model=PRO)))
    await upstream.arrived.wait()
    running.cancel()
    await upstream.left.wait()
    await asyncio.wait({running})
    upstream.order(draws(size=(64, 64)))
    assert await made(engine, call(model=PRO))
