"""The OpenAI engine against a stand-in that refuses what OpenAI refuses."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from retouch.domain.edit import Background, Tier
from retouch.domain.engine import Usage, Wish
from retouch.domain.picture import Format, Size
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.openai_images.families import FAMILIES
from retouch.engines.openai_images.free_size import nearest_free_size
from retouch.engines.upstream import Client
from retouch.pixels import to_raw
from upstreams.calls import area, call, collect, made, picture
from upstreams.drawing import look
from upstreams.faults import draws
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


async def test_one_image_and_what_it_cost(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """One picture in, one out, with the provider's own token counts."""
    image, usage = await collect(engine, call())
    assert isinstance(usage, Usage)
    assert usage == Usage(input_text=12, input_image=323, output_text=3, output_image=196)
    (only,) = await made(engine, call())
    assert (only.index, only.picture.format, only.picture.size) == (0, "png", Size(1536, 1024))
    assert image == only
    assert [part.name for part in upstream.seen[0].files("image", "image[]")] == ["image"]
    assert upstream.seen[0].texts()["prompt"] == "a red hat, “so” nice"


async def test_mask_is_alpha_of_the_first_images_size(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Transparent is edit, opaque is keep, and what lies between stays between."""
    await made(engine, call(mask=area()))
    (file,) = upstream.seen[0].files("mask")
    assert (file.filename, file.media_type) == ("mask.png", "image/png")
    alpha = np.asarray(look(file.data))[..., 3]
    assert (alpha[30, 40], alpha[5, 5], alpha[19, 40]) == (0, 255, 155)


async def test_a_large_noisy_mask_still_fits(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Soft edges are given up for the provider's 4 MB."""
    noise = np.random.default_rng(1).integers(0, 256, (2160, 2560), np.uint8)
    await made(engine, call(images=(picture((2560, 2160)),), mask=to_raw(noise)))
    (file,) = upstream.seen[0].files("mask")
    assert set(np.unique(np.asarray(look(file.data))[..., 3])) == {0, 255}


async def test_several_images_keep_their_order_and_type(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """Parts are named and typed by what they are."""
    images = (picture(), picture((50, 40), "jpeg", seed=1), picture((30, 30), "webp", seed=2))
    await made(engine, call(images=images))
    files = upstream.seen[0].files("image", "image[]")
    assert [(file.name, file.filename, file.media_type) for file in files] == [
        ("image[]", "image.png", "image/png"),
        ("image[]", "image.jpeg", "image/jpeg"),
        ("image[]", "image.webp", "image/webp"),
    ]
    assert [file.data for file in files] == [image.data for image in images]


async def test_several_results_from_one_request(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """n is native."""
    images = await made(engine, call(seeds=(1, 2, 3)))
    assert [image.index for image in images] == [0, 1, 2]
    assert len({bytes(image.picture.data) for image in images}) == 3
    assert upstream.seen[0].texts()["n"] == "3"


async def test_every_parameter(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """What is asked for is sent as the API spells it."""
    wanted = call(
        size=Size(1024, 1024),
        quality=Tier.HIGH,
        background=Background.OPAQUE,
        output_format=Format.WEBP,
        output_compression=60,
        input_fidelity="high",
        user="u" * 200,
    )
    (image,) = await made(engine, wanted)
    assert (image.picture.format, image.picture.size) == ("webp", Size(1024, 1024))
    texts = upstream.seen[0].texts()
    assert len(texts.pop("safety_identifier")) == 64
    assert texts == {
        "prompt": "a red hat, “so” nice",
        "model": "gpt-image-1.5",
        "size": "1024x1024",
        "quality": "high",
        "background": "opaque",
        "output_format": "webp",
        "output_compression": "60",
        "input_fidelity": "high",
    }


async def test_transparent_where_it_is_native(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """A transparent JPEG is asked for as PNG; where the model has no transparency nothing is asked."""
    await made(engine, call(background=Background.TRANSPARENT, output_format=Format.JPEG))
    await made(engine, call(background=Background.TRANSPARENT, model="gpt-image-2"))
    texts = [seen.texts() for seen in upstream.seen]
    assert (texts[0]["background"], texts[0]["output_format"]) == ("transparent", "png")
    assert "background" not in texts[1]


@pytest.mark.parametrize("model", [*FAMILIES, "gpt-image-2.5-flare-2026-09-08", "gpt-image-2-2026-04-21"])
@pytest.mark.parametrize("size", [(1920, 1080), (300, 1000), (64, 64), None])
async def test_no_model_is_asked_what_it_refuses(
    engine: OpenAIImages, model: str, size: tuple[int, int] | None
) -> None:
    """The stand-in refuses sizes, fidelities and backgrounds that a family lacks."""
    offer = engine.offer(Wish(model=model, prompt="p", images=(Size(96, 64),)))
    wanted = call(
        model=model,
        size=size and Size(*size),
        input_fidelity="high",
        background=Background.TRANSPARENT,
        quality=Tier.MEDIUM,
    )
    (image,) = await made(engine, wanted)
    if offer.fits:
        assert image.picture.size == offer.fits(wanted.size or Size(96, 64))
    else:
        assert image.picture.size in (offer.sizes or ())


async def test_fewer_images_and_other_sizes_are_passed_on(engine: OpenAIImages, upstream: OpenAIUpstream) -> None:
    """What came is told as it is: counting and resizing are not the engine's."""
    upstream.order(draws(images=1, size=(700, 500)))
    (image,) = await made(engine, call(seeds=(1, 2, 3)))
    assert image.picture.size == Size(700, 500)


@pytest.mark.parametrize(
    ("wanted", "native"),
    [
        ((1024, 1024), (1024, 1024)),
        ((1920, 1080), (1920, 1088)),
        ((512, 512), (816, 816)),
        ((100, 1000), (480, 1408)),
        ((5000, 5000), (2880, 2880)),
        ((3840, 2160), (3840, 2160)),
        ((50_000, 1), (3840, 1280)),
    ],
)
def test_nearest_free_size(wanted: tuple[int, int], native: tuple[int, int]) -> None:
    """Covers what is wanted wherever the rule lets it."""
    assert nearest_free_size(Size(*wanted)) == Size(*native)


def test_every_size_is_brought_under_the_rule() -> None:
    """No size whatever gives one that OpenAI refuses."""
    rng = np.random.default_rng(3)
    for width, height in rng.integers(1, 9000, (20_000, 2)).tolist():
        size = nearest_free_size(Size(width, height))
        assert size.width % 16 == 0 == size.height % 16
        assert size.longest <= min(3840, 3 * min(size.width, size.height))
        assert 655_360 <= size.area <= 8_294_400


def test_offer() -> None:
    """Streams give one image each, because events do not say whose previews they are."""
    engine = OpenAIImages({}, Client(), {"OPENAI_API_KEY": "sk-x"})
    wish = Wish(model="gpt-image-2.5-flare", prompt="p", images=(Size(1, 1),))
    offer = engine.offer(wish)
    assert (offer.images_per_call, offer.partials, offer.max_images) == (10, 3, 16)
    assert (offer.mask, offer.transparent, offer.detached) == (True, True, True)
    assert "input_fidelity" not in offer.hints
    assert "moderation" not in offer.hints
    streamed = Wish(model="gpt-image-1", prompt="p", images=(Size(1, 1),), partial_images=2)
    assert engine.offer(streamed).images_per_call == 1
    assert "input_fidelity" in engine.offer(streamed).hints


def test_what_is_missing() -> None:
    """The operator is told which variable to set, and never shown a key."""
    assert OpenAIImages({}, Client(), {}).missing() == "set OPENAI_API_KEY"
    assert OpenAIImages({"api_key": " sk-x\n"}, Client(), {}).missing() is None
    with pytest.raises(ValueError, match="OPENAI_API_KEY") as caught:
        OpenAIImages({"api_key": "sk-with space"}, Client(), {})
    assert "sk-with" not in str(caught.value)
