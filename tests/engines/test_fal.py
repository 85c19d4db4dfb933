"""The fal engine against a stand-in of its queue, its storage and its endpoints."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from retouch.domain.edit import Tier
from retouch.domain.engine import MaskKind, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Size
from retouch.engines.fal import Fal
from retouch.engines.fal.endpoints import ENDPOINTS
from retouch.engines.upstream import Client
from upstreams.calls import area, call, made, picture
from upstreams.fal import FalUpstream
from upstreams.fal_endings import Ending

SEEDREAM = "fal-ai/bytedance/seedream/v4/edit"
PLUS = "fal-ai/qwen-image-edit-plus"
BANANA = "fal-ai/nano-banana-2/edit"
FILL = "fal-ai/flux-pro/v1/fill"
INPAINT = "fal-ai/qwen-image-edit/inpaint"
GPT = "openai/gpt-image-2.5/flare/edit"


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[FalUpstream]:
    """The stand-in."""
    async with FalUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: FalUpstream, client: Client) -> Fal:
    """The engine, pointed at it."""
    return Fal(upstream.settings, client, {"FAL_KEY": upstream.key})


def wish(model: str, mask: MaskKind = MaskKind.ALPHA, images: int = 1) -> Wish:
    """A wish for so many pictures."""
    return Wish(model=model, prompt="p", images=(Size(96, 64),) * images, mask=mask)


async def test_one_image_through_the_queue(engine: Fal, upstream: FalUpstream) -> None:
    """Submitted once, polled until completed, its result and its picture fetched."""
    (image,) = await made(engine, call(model=PLUS, size=Size(640, 480)))
    assert (image.index, image.picture.format, image.picture.size) == (0, "png", Size(640, 480))
    assert upstream.steps() == ["submit", "status", "status", "status", "result", "media"]
    assert [seen.path for seen in upstream.seen[:2]] == [
        "/fal-ai/qwen-image-edit-plus",
        "/fal-ai/qwen-image-edit-plus/requests/job-0/status",
    ]
    (edit,) = upstream.edits
    assert {**edit.values, "image_urls": ...} == {
        "prompt": "a red hat, “so” nice",
        "image_urls": ...,
        "image_size": {"width": 640, "height": 480},
        "num_images": 1,
        "output_format": "png",
        "seed": 7,
    }


async def test_addresses_are_those_that_submit_gave(engine: Fal, upstream: FalUpstream) -> None:
    """They hold two segments of an endpoint's name, however many it has."""
    await made(engine, call(model=GPT))
    assert upstream.seen[1].path == "/openai/gpt-image-2.5/requests/job-0/status"


@pytest.mark.parametrize("model", ENDPOINTS)
@pytest.mark.parametrize("size", [(1920, 1080), (300, 1000), (64, 64), (5000, 1), None])
async def test_no_endpoint_is_asked_what_it_refuses(
    engine: Fal, upstream: FalUpstream, model: str, size: tuple[int, int] | None
) -> None:
    """Sizes, fields and formats of every row, with all that a call can hold."""
    upstream.endings.append(Ending(size=(64, 48)))
    offer = engine.offer(wish(model))
    wanted = call(
        model=model,
        size=size and Size(*size),
        images=(picture(),) * offer.max_images,
        seeds=tuple(range(engine.offer(wish(model, images=offer.max_images)).images_per_call)),
        quality=Tier.HIGH,
        mask=area(),
        negative_prompt="blur",
    )
    images = await made(engine, wanted)
    assert [image.index for image in images] == list(range(len(wanted.seeds)))
    (edit,) = upstream.edits
    assert len(edit.images) == offer.max_images
    assert ("seed" in edit.values) == offer.seed
    assert ("negative_prompt" in edit.values) == offer.negative_prompt
    assert (edit.mask is not None) == offer.mask


@pytest.mark.parametrize("model", [FILL, INPAINT, GPT])
async def test_mask_is_white_where_the_edit_goes(engine: Fal, upstream: FalUpstream, model: str) -> None:
    """White on black, soft in between; where alpha may be what counts, it says the same."""
    await made(engine, call(model=model, mask=area()))
    mask = upstream.edits[0].mask
    assert mask is not None
    luma = np.asarray(mask.convert("RGB").convert("L"))
    assert (luma[30, 40], luma[5, 5], luma[19, 40]) == (255, 0, 100)
    if model == GPT:
        alpha = np.asarray(mask)[..., 3]
        assert (alpha[30, 40], alpha[5, 5], alpha[19, 40]) == (0, 255, 155)


async def test_several_images_keep_their_order(engine: Fal, upstream: FalUpstream) -> None:
    """Data addresses, typed by what they are."""
    images = (picture(), picture((50, 40), "jpeg", seed=1), picture((30, 30), "webp", seed=2))
    await made(engine, call(model=PLUS, images=images))
    assert [image.format for image in upstream.edits[0].images] == ["PNG", "JPEG", "WEBP"]
    heads = [url.partition(";")[0] for url in upstream.seen[0].json["image_urls"]]
    assert heads == ["data:image/png", "data:image/jpeg", "data:image/webp"]


async def test_several_results_from_one_job(engine: Fal, upstream: FalUpstream) -> None:
    """num_images is native; fewer are passed on as they came, and more are not taken."""
    upstream.endings.extend([Ending(size=(64, 48)), Ending(images=1), Ending(images=4, size=(64, 48))])
    images = await made(engine, call(model=PLUS, seeds=(1, 2, 3)))
    assert [image.index for image in images] == [0, 1, 2]
    assert len({bytes(image.picture.data) for image in images}) == 3
    assert len(await made(engine, call(model=PLUS, seeds=(1, 2, 3)))) == 1
    assert len(await made(engine, call(model=PLUS, seeds=(1, 2)))) == 2


async def test_quality_where_it_is_native(engine: Fal, upstream: FalUpstream) -> None:
    """Its words on the endpoints that have them."""
    for tier in Tier:
        await made(engine, call(model=GPT, quality=tier))
    assert [edit.values["quality"] for edit in upstream.edits] == ["low", "medium", "high"]


def test_offer(engine: Fal) -> None:
    """The rows, in the words of planning."""
    assert engine.offer(wish(SEEDREAM, images=10)).images_per_call == 5
    assert engine.offer(wish(SEEDREAM)).images_per_call == 6
    fill = engine.offer(wish(FILL))
    assert (fill.mask, fill.sizes, fill.fits, fill.keeps_size, fill.max_images) == (True, None, None, True, 1)
    assert len(engine.offer(wish(BANANA)).sizes or ()) == 56
    assert engine.offer(wish(GPT)).hints == {"quality"}
    for model in ENDPOINTS:
        offer = engine.offer(wish(model))
        assert (offer.partials, offer.detached, offer.transparent) == (0, True, False)


@pytest.mark.parametrize(
    ("model", "mask", "code"),
    [
        (FILL, MaskKind.NONE, Code.MASK_REQUIRED),
        (INPAINT, MaskKind.NONE, Code.MASK_REQUIRED),
        ("fal-ai/nothing", MaskKind.ALPHA, Code.INVALID_MODEL),
    ],
)
def test_offers_that_are_refused(engine: Fal, model: str, mask: MaskKind, code: Code) -> None:
    """Before anything is charged."""
    with pytest.raises(RetouchError) as caught:
        engine.offer(wish(model, mask))
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({}, "set FAL_KEY"),
        ({"FAL_KEY": "a:b"}, None),
        ({"FAL_KEY_ID": "a", "FAL_KEY_SECRET": "b"}, None),
        ({"FAL_KEY_ID": "a"}, "set FAL_KEY"),
    ],
)
def test_what_is_missing(environ: dict[str, str], missing: str | None) -> None:
    """The operator is told which variable to set."""
    assert Fal({}, Client(), environ).missing() == missing


@pytest.mark.parametrize("settings", [{"poll_seconds": "soon"}, {"inline_mb": -1}, {"api_key": "with space"}])
def test_bad_settings_stop_the_start(settings: dict[str, object]) -> None:
    """Named, and without the key."""
    with pytest.raises(ValueError, match=r"poll_seconds|inline_mb|FAL_KEY"):
        Fal(settings, Client(), {})
