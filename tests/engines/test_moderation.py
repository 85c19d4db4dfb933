"""OpenAI's moderation endpoint: what is sent to it, what its verdicts mean, and that no verdict is a refusal."""

import asyncio
import time
from collections.abc import AsyncIterator

import openai
import pytest
from openai.types import ModerationMultiModalInputParam

from retouch.domain.errors import Code, RetouchError
from retouch.domain.moderation import Subject
from retouch.domain.picture import Picture, Size
from retouch.engines.moderation.openai import OpenAIModeration
from retouch.engines.upstream import Client
from upstreams.drawing import draw, draw64
from upstreams.faults import Fault, answers, busy, cut, drops, expired, fails, hangs_up, mangles, slow
from upstreams.moderation import ModerationUpstream

GOOD, BAD = (96, 64), (97, 64)


@pytest.fixture
async def upstream() -> AsyncIterator[ModerationUpstream]:
    async with ModerationUpstream() as upstream:
        yield upstream


@pytest.fixture
def moderator(upstream: ModerationUpstream, client: Client) -> OpenAIModeration:
    return OpenAIModeration({"base_url": upstream.base_url, "api_key": upstream.key}, client, {})


def subject(prompt: str, *sizes: tuple[int, int], file_format: str = "png") -> Subject:
    fields = [f"image[{place}]" if place else "image" for place in range(len(sizes))]
    pictures = [Picture(draw(size, file_format), file_format, Size(*size)) for size in sizes]
    return Subject(prompt, tuple(zip(fields, pictures, strict=True)))


async def judge(moderator: OpenAIModeration, what: Subject, seconds: float = 30) -> None:
    await moderator.judge(what, time.monotonic() + seconds)


async def refusal(moderator: OpenAIModeration, what: Subject, seconds: float = 30) -> RetouchError:
    with pytest.raises(RetouchError) as caught:
        await judge(moderator, what, seconds)
    return caught.value


async def test_what_is_harmless_passes(moderator: OpenAIModeration, upstream: ModerationUpstream) -> None:
    """The prompt goes with the first picture, every other picture by itself: the endpoint takes one a request."""
    await judge(moderator, subject("make it warmer", GOOD, (64, 64), (32, 32)))
    first, *rest = sorted(upstream.asked, key=lambda asked: asked[0] is None)
    assert first == ("make it warmer", [("png", GOOD)])
    assert sorted(rest, key=str) == [(None, [("png", (32, 32))]), (None, [("png", (64, 64))])]


async def test_it_is_sent_what_the_sdk_sends(moderator: OpenAIModeration, upstream: ModerationUpstream) -> None:
    await judge(moderator, subject("make it “so”", GOOD))
    async with openai.AsyncOpenAI(base_url=upstream.base_url, api_key=upstream.key, max_retries=0) as sdk:
        url = f"data:image/png;base64,{draw64(GOOD)}"
        parts: list[ModerationMultiModalInputParam] = [
            {"type": "text", "text": "make it “so”"},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        said = await sdk.moderations.create(
            model="omni-moderation-latest",
            input=parts,
        )
    assert said.results[0].flagged is False
    ours, theirs = upstream.seen
    assert ours.json == theirs.json
    assert ours.headers["authorization"] == theirs.headers["authorization"]
    assert ours.headers["content-type"] == theirs.headers["content-type"]


@pytest.mark.parametrize(
    ("prompt", "sizes", "categories", "param"),
    [
        ("some Hate please", (GOOD,), ["hate"], "prompt"),
        ("nothing", (BAD,), ["violence"], None),
        ("nothing", (GOOD, (32, 32), BAD), ["violence"], "image[2]"),
        ("Sexual/Minors and illicit", (), ["illicit", "sexual/minors"], "prompt"),
    ],
)
async def test_what_is_flagged_is_refused_with_its_categories(
    moderator: OpenAIModeration,
    prompt: str,
    sizes: tuple[tuple[int, int], ...],
    categories: list[str],
    param: str | None,
) -> None:
    """And with the field at fault, where the verdict is about one alone."""
    error = await refusal(moderator, subject(prompt, *sizes))
    assert error.code is Code.CONTENT_POLICY_VIOLATION
    assert (error.extras["categories"], error.param, error.retryable) == (categories, param, False)
    assert all(category in error.message for category in categories)


@pytest.mark.parametrize(
    ("file_format", "sent"), [("jpeg", "jpeg"), ("webp", "webp"), ("tiff", "jpeg"), ("bmp", "jpeg")]
)
async def test_a_picture_of_any_format_is_judged(
    moderator: OpenAIModeration, upstream: ModerationUpstream, file_format: str, sent: str
) -> None:
    """What the endpoint does not read goes as JPEG."""
    await judge(moderator, subject("nothing", GOOD, file_format=file_format))
    assert upstream.asked == [("nothing", [(sent, GOOD)])]


async def test_a_picture_that_is_too_large_is_sent_smaller(
    moderator: OpenAIModeration, upstream: ModerationUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retouch.engines.moderation.openai._LARGEST", 1000)
    await judge(moderator, subject("nothing", (4096, 1000)))
    assert upstream.asked == [("nothing", [("jpeg", (2048, 500))])]


@pytest.mark.parametrize(
    "faults",
    [[busy(retry_after="0")], [fails()], [hangs_up()], [drops()], [cut()], [mangles()], [fails(), drops()]],
    ids=["busy", "fails", "hangs up", "drops", "cut", "mangled", "twice"],
)
async def test_a_verdict_is_asked_for_again(
    moderator: OpenAIModeration, upstream: ModerationUpstream, faults: list[Fault]
) -> None:
    """It costs nothing, so any failure that may pass is tried again."""
    upstream.order(*faults)
    assert (await refusal(moderator, subject("hate", GOOD))).code is Code.CONTENT_POLICY_VIOLATION


WRONG: list[object] = [
    {"results": []},
    {"results": [{"flagged": None, "categories": {}}]},
    {"results": [{"flagged": False}]},
    {"flagged": False},
    [],
]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (busy(), Code.OVERLOADED),
        (fails(), Code.UPSTREAM_ERROR),
        (hangs_up(), Code.UPSTREAM_ERROR),
        (expired("sk-secret-1234567890"), Code.UPSTREAM_ERROR),
        (answers(400, {"error": {"message": "no", "code": "too_many_images", "param": "input"}}), Code.UPSTREAM_ERROR),
        *((answers(200, body), Code.UPSTREAM_ERROR) for body in WRONG),
    ],
    ids=["busy", "fails", "hangs up", "expired", "refused", *(f"wrong {place}" for place in range(len(WRONG)))],
)
async def test_without_a_verdict_nothing_is_allowed(
    moderator: OpenAIModeration, upstream: ModerationUpstream, fault: Fault, code: Code
) -> None:
    """And nothing of the provider's answer is told."""
    upstream.order(fault, fault, fault)
    error = await refusal(moderator, subject("nothing", GOOD))
    assert error.code is code
    assert (
        error.message == "The content moderation of this server gives no verdict at the moment, so nothing was edited."
    )


async def test_a_silent_provider_is_not_waited_for_longer_than_set(
    upstream: ModerationUpstream, client: Client
) -> None:
    upstream.order(slow(asyncio.Event()))
    settings = {"base_url": upstream.base_url, "api_key": upstream.key, "seconds": 0.2}
    error = await refusal(OpenAIModeration(settings, client, {}), subject("nothing", GOOD))
    assert error.code is Code.OVERLOADED
    assert error.retry_after
    await asyncio.wait_for(upstream.left.wait(), 10)


async def test_a_verdict_against_it_outweighs_a_missing_one(
    moderator: OpenAIModeration, upstream: ModerationUpstream
) -> None:
    """Whoever fails first, what was flagged is what the caller is told, if both are known."""
    error = await refusal(moderator, subject("hate", BAD, BAD))
    assert error.code is Code.CONTENT_POLICY_VIOLATION


def test_it_does_not_start_without_a_key(client: Client) -> None:
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        OpenAIModeration({}, client, {})
