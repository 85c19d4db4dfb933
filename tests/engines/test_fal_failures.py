"""fal's failures in our words: what is told, and whether it may be tried again."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from retouch.domain.errors import Accepted, Code
from retouch.engines.fal import Fal
from retouch.engines.upstream import Client
from upstreams.calls import call, failure, made
from upstreams.fal import FalUpstream
from upstreams.fal_endings import Ending, model_error, request_error
from upstreams.faults import Fault, answers, cut, drops, hangs_up, mangles, slow

PLUS = "fal-ai/qwen-image-edit-plus"


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[FalUpstream]:
    """The stand-in."""
    async with FalUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: FalUpstream, client: Client) -> Fal:
    """The engine, pointed at it."""
    return Fal(upstream.settings, client, {"FAL_KEY": upstream.key})


BLOCKED, UPSTREAM = Code.CONTENT_POLICY_VIOLATION, Code.UPSTREAM_ERROR
LOCKED = {"detail": "User is locked. Reason: Exhausted balance. Top up at https://fal.example/billing."}
VALIDATION = {"detail": [{"loc": ["body", "image_size"], "msg": "Input is not valid", "type": "value_error"}]}


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (answers(401, {"detail": "invalid credentials"}), (UPSTREAM, "no", True)),
        (answers(403, LOCKED), (UPSTREAM, "no", True)),
        (answers(404, {"detail": "Application not found"}), (UPSTREAM, "no", True)),
        (answers(422, VALIDATION), (UPSTREAM, "no", True)),
        (answers(429, {"detail": "Too many"}, retry_after="7"), (Code.OVERLOADED, "no", True)),
        (answers(500, {"detail": "Traceback /srv/secret/x.py"}), (UPSTREAM, "yes", True)),
        (answers(502, b"<html>nginx</html>"), (UPSTREAM, "unknown", True)),
        (answers(302, b"", location="https://evil.test"), (UPSTREAM, "no", True)),
        (answers(200, b"no json"), (UPSTREAM, "yes", True)),
        (answers(200, [1]), (UPSTREAM, "yes", True)),
        (mangles(), (UPSTREAM, "yes", True)),
        (cut(5), (UPSTREAM, "unknown", True)),
        (drops(), (UPSTREAM, "unknown", True)),
    ],
)
async def test_submits_that_fail(
    engine: Fal, upstream: FalUpstream, fault: Fault, verdict: tuple[Code, str, bool]
) -> None:
    """One request each, whatever happened: there is no key that would make a second one safe."""
    upstream.at("submit", fault)
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted.value, failed.elsewhere) == verdict
    assert upstream.steps() == ["submit"]
    for secret in (upstream.key, "/secret/", "127.0.0.1", "fal.example"):
        assert secret not in failed.message + failed.cause


async def test_an_account_without_money_is_told_apart(engine: Fal, upstream: FalUpstream) -> None:
    """To the operator, by the cause; and how long a full queue wants to be left alone."""
    upstream.at("submit", answers(403, LOCKED), answers(429, {"detail": "Too many"}, retry_after="7"))
    assert (await failure(engine, call(model=PLUS))).cause == "fal: 402: its account is used up"
    assert (await failure(engine, call(model=PLUS))).retry_after == 7


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        (model_error("content_policy_violation", "No weapons."), (BLOCKED, "yes", False)),
        (model_error("no_media_generated"), (UPSTREAM, "yes", True)),
        (model_error("generation_timeout", status=504), (Code.UPSTREAM_TIMEOUT, "yes", True)),
        (model_error("file_download_error"), (UPSTREAM, "no", True)),
        (model_error("feature_not_supported"), (Code.INVALID_REQUEST, "no", True)),
        *[
            (model_error(kind), (Code.INVALID_IMAGE, "no", True))
            for kind in ("image_too_small", "image_too_large", "image_load_error", "unsupported_image_format")
        ],
        (model_error("string_too_long"), (Code.INVALID_REQUEST, "no", False)),
        (Ending(422, VALIDATION), (UPSTREAM, "no", True)),
        (model_error("something_new", status=500), (UPSTREAM, "yes", True)),
        (request_error("request_timeout"), (Code.OVERLOADED, "no", True)),
        (request_error("startup_timeout"), (Code.OVERLOADED, "no", True)),
        (request_error("runner_scheduling_failure", 503), (Code.OVERLOADED, "no", True)),
        (request_error("runner_disconnected", 503), (UPSTREAM, "yes", True)),
        (request_error("something_else", 503), (UPSTREAM, "yes", True)),
        (Ending(403, {"detail": "forbidden"}), (UPSTREAM, "yes", True)),
        (Ending(images=0), (UPSTREAM, "yes", True)),
        (Ending(images=0, told={"error": "x", "error_type": "content_policy_violation"}), (BLOCKED, "yes", False)),
        (Ending(black=frozenset({0})), (BLOCKED, "yes", False)),
    ],
)
async def test_jobs_that_fail(
    engine: Fal, upstream: FalUpstream, ending: Ending, verdict: tuple[Code, str, bool]
) -> None:
    """COMPLETED is no success: the result says what became of it, and nothing is cancelled or repeated."""
    upstream.endings.append(ending)
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted.value, failed.elsewhere) == verdict
    assert upstream.steps() == ["submit", "status", "status", "status", "result"]


async def test_a_prompt_that_is_too_long_is_the_callers(engine: Fal, upstream: FalUpstream) -> None:
    """The field at fault is named as our callers know it."""
    failed = await failure(engine, call(model=PLUS, prompt="p" * 6000))
    assert (failed.code, failed.param) == (Code.INVALID_REQUEST, "prompt")


async def test_blackened_images_are_left_out(engine: Fal, upstream: FalUpstream) -> None:
    """The others are given, under their own numbers; the black one is not even fetched."""
    upstream.endings.append(Ending(black=frozenset({1}), size=(64, 48)))
    images = await made(engine, call(model=PLUS, seeds=(1, 2, 3)))
    assert [image.index for image in images] == [0, 2]
    assert upstream.steps().count("media") == 2


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("status", mangles()),
        ("status", answers(200, {"status": "CANCELLED"})),
        ("status", answers(200, ["x"])),
        ("result", mangles()),
        ("result", answers(200, {"images": "x"})),
        ("result", answers(200, {"images": [{"href": 1}, 2]})),
        ("media", answers(404)),
        ("media", answers(200, b"<html>")),
    ],
)
async def test_answers_that_cannot_be_used(engine: Fal, upstream: FalUpstream, step: str, fault: Fault) -> None:
    """The job was taken, so none says that it was not."""
    upstream.at(step, fault)
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted, failed.elsewhere) == (UPSTREAM, Accepted.YES, True)


async def test_pictures_that_cannot_be_fetched(engine: Fal, upstream: FalUpstream) -> None:
    """After three tries."""
    upstream.at("media", *[cut(10)] * 3)
    failed = await failure(engine, call(model=PLUS))
    assert failed.accepted is not Accepted.NO
    assert upstream.steps().count("media") == 3


async def test_a_connection_that_closes_unread(engine: Fal, upstream: FalUpstream) -> None:
    """How much was sent decides; a small body may all have gone out."""
    upstream.at("submit", hangs_up())
    assert (await failure(engine, call(model=PLUS))).accepted in {Accepted.NO, Accepted.UNKNOWN}


async def test_nobody_there(client: Client, upstream: FalUpstream) -> None:
    """Refused at the door is surely not accepted."""
    engine = Fal({**upstream.settings, "base_url": "http://127.0.0.1:1"}, client, {"FAL_KEY": "k"})
    failed = await failure(engine, call(model=PLUS))
    assert (failed.accepted, failed.elsewhere) == (Accepted.NO, True)


async def test_a_silent_submit(engine: Fal, upstream: FalUpstream) -> None:
    """A job may have been made; it is not made again."""
    upstream.at("submit", slow(asyncio.Event()))
    failed = await failure(engine, call(model=PLUS, deadline=time.monotonic() + 1))
    assert (failed.code, failed.accepted, failed.retryable) == (Code.UPSTREAM_TIMEOUT, Accepted.UNKNOWN, False)
    await upstream.left.wait()
    assert upstream.steps() == ["submit"]
