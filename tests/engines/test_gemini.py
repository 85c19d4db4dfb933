"""The Gemini engine against a stand-in that refuses what Google refuses."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import orjson
import pytest

from retouch.domain.engine import Usage, Wish
from retouch.domain.picture import Picture, Size
from retouch.engines.gemini import Gemini
from retouch.engines.gemini.answer import read_answer
from retouch.engines.gemini.models import MODELS
from retouch.engines.upstream import Client, Lifting
from upstreams.calls import call, collect, made, picture
from upstreams.drawing import draw64
from upstreams.faults import draws
from upstreams.gemini import GeminiUpstream, pixels

FLASH, PRO, FLASH_3, LITE = MODELS


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[GeminiUpstream]:
    """The stand-in."""
    async with GeminiUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: GeminiUpstream, client: Client) -> Gemini:
    """The engine, pointed at it."""
    return Gemini({"base_url": upstream.base_url}, client, {"GEMINI_API_KEY": upstream.key})


def wish(model: str) -> Wish:
    """A wish for one picture."""
    return Wish(model=model, prompt="p", images=(Size(96, 64),))


async def test_one_image_and_what_it_cost(engine: Gemini, upstream: GeminiUpstream) -> None:
    """One picture in, one out, with Google's token counts; the drafts among its thoughts are not taken for it."""
    image, usage = await collect(engine, call(model=PRO, size=Size(1264, 848)))
    assert usage == Usage(input_text=9, input_image=258, output_text=55, output_image=1120)
    (only,) = await made(engine, call(model=PRO, size=Size(1264, 848)))
    assert image == only
    assert (only.index, only.picture.format, only.picture.size) == (0, "png", Size(1264, 848))
    (edit, _) = upstream.edits
    assert (edit.prompt, edit.ratio, edit.image_size, edit.seed) == ("a red hat, “so” nice", "3:2", "1K", 7)
    assert upstream.seen[0].path == "/v1beta/models/gemini-3-pro-image:generateContent"


async def test_several_images_keep_their_order_and_type(engine: Gemini, upstream: GeminiUpstream) -> None:
    """Images first, in their order, then the prompt."""
    images = (picture(), picture((50, 40), "jpeg", seed=1), picture((30, 30), "webp", seed=2))
    await made(engine, call(model=FLASH, images=images))
    assert upstream.edits[0].images == tuple((f"image/{image.format}", bytes(image.data)) for image in images)
    parts = upstream.seen[0].json["contents"][0]["parts"]
    assert [next(iter(part)) for part in parts] == ["inlineData"] * 3 + ["text"]


@pytest.mark.parametrize("model", MODELS)
async def test_every_size_on_offer_is_drawn(engine: Gemini, upstream: GeminiUpstream, model: str) -> None:
    """Each size comes to the ratio and the tier whose picture has exactly that size."""
    sizes = engine.offer(wish(model)).sizes or ()
    upstream.order(*[draws(size=(64, 64))] * len(sizes))
    for size in sizes:
        await made(engine, call(model=model, size=size))
    assert [Size(*pixels(edit)) for edit in upstream.edits] == list(sizes)


@pytest.mark.parametrize(("model", "sizes"), [(FLASH, 10), (PRO, 30), (FLASH_3, 56), (LITE, 14), ("gemini-9", 10)])
def test_offer(engine: Gemini, model: str, sizes: int) -> None:
    """Ratios times tiers; a name that is not known gets no tier, and what is not native is not claimed."""
    offer = engine.offer(wish(model))
    assert len(set(offer.sizes or ())) == sizes
    assert offer.max_images == (3 if model == FLASH else 14)
    assert (offer.images_per_call, offer.partials, offer.detached) == (1, 0, True)
    assert not any((offer.mask, offer.transparent, offer.seed, offer.negative_prompt, offer.hints))
    assert engine.offer(wish(f"{model}-preview")).sizes == offer.sizes


async def test_no_size_leaves_the_ratio_to_google(engine: Gemini, upstream: GeminiUpstream) -> None:
    """Google then keeps that of the input."""
    (image,) = await made(engine, call(model=FLASH, images=(picture((120, 80)),)))
    assert (upstream.edits[0].ratio, image.picture.size) == (None, Size(1248, 832))


@pytest.mark.parametrize(
    ("wanted", "model", "spelling"),
    [
        ((1920, 1080), PRO, ("16:9", "2K")),
        ((2000, 2000), PRO, ("1:1", "2K")),
        ((9000, 9000), PRO, ("1:1", "4K")),
        ((640, 427), FLASH_3, ("3:2", "1K")),
        ((632, 424), FLASH_3, ("3:2", "512")),
        ((300, 300), FLASH_3, ("1:1", "512")),
        ((5000, 700), FLASH_3, ("8:1", "2K")),
        ((5000, 700), FLASH, ("21:9", None)),
    ],
)
async def test_other_sizes_get_the_nearest(
    engine: Gemini, upstream: GeminiUpstream, wanted: tuple[int, int], model: str, spelling: tuple[str, str | None]
) -> None:
    """The nearest aspect, and of those the smallest that covers what is wanted, else the largest."""
    upstream.order(draws(size=(64, 64)))
    await made(engine, call(model=model, size=Size(*wanted)))
    assert (upstream.edits[0].ratio, upstream.edits[0].image_size) == spelling


async def test_several_results_from_one_call(engine: Gemini, upstream: GeminiUpstream) -> None:
    """The first finished one; the size is told as it is."""
    upstream.order(draws(size=(70, 50), images=3))
    (image,) = await made(engine, call(model=PRO))
    assert image.picture.size == Size(70, 50)


async def test_concurrent_calls_differ(engine: Gemini, upstream: GeminiUpstream) -> None:
    """The calls of one edit run at the same time, each with its own seed in Google's range."""
    upstream.order(*[draws(size=(64, 64))] * 3)
    await asyncio.gather(*(made(engine, call(model=PRO, seeds=(seed,))) for seed in (1, 2, 2**40 + 3)))
    assert {edit.seed for edit in upstream.edits} == {1, 2, 3}


async def test_a_large_picture_arrives_whole(engine: Gemini, upstream: GeminiUpstream) -> None:
    """Twelve megabytes, in slices."""
    import numpy as np

    from support.images import encoded

    noise = np.random.default_rng(1).integers(0, 256, (2000, 2000, 3), np.uint8)
    data = encoded(noise)
    await made(engine, call(model=PRO, images=(Picture(data, "png", Size(2000, 2000)),)))
    assert upstream.edits[0].images == (("image/png", data),)


def test_reading_an_answer_costs_its_picture_alone() -> None:
    """The body's pieces are neither copied nor joined, and no Python string is made of its base64."""
    part = {"inlineData": {"mimeType": "image/png", "data": "@"}}
    body = orjson.dumps({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})
    text = draw64((16, 16)).rstrip("=")
    text += "A" * (40_000_000 - len(text) // 4 * 4 - len(text) % 4)
    raw = body.replace(b"@", text.encode())
    pieces = [raw[at : at + 250_000] for at in range(0, len(raw), 250_000)]
    tracemalloc.start()
    try:
        lifting = Lifting("data")
        for piece in pieces:
            lifting.add(piece)
        assert tracemalloc.get_traced_memory()[1] < 0.8 * len(raw)
        image, _ = read_answer(lifting)
        held, most = tracemalloc.get_traced_memory()
        assert held < 0.8 * len(raw)
        assert most < 1.6 * len(raw), "the picture's own pieces are joined, and nothing else"
    finally:
        tracemalloc.stop()
    assert image.size == Size(16, 16)


def test_what_is_missing() -> None:
    """The operator is told which variable to set."""
    assert Gemini({}, Client(), {}).missing() == "set GEMINI_API_KEY"
    assert Gemini({"api_key": " AIza-x\n"}, Client(), {}).missing() is None
    with pytest.raises(ValueError, match="GEMINI_API_KEY"):
        Gemini({}, Client(), {"GEMINI_API_KEY": "with space"})
