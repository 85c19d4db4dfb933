"""Sizes as fal's endpoints are asked for them."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from retouch.domain.engine import MaskKind, Wish
from retouch.domain.picture import Size
from retouch.engines.fal import Fal
from retouch.engines.fal.endpoints import ENDPOINTS
from retouch.engines.fal.sizes import FreeSize
from retouch.engines.upstream import Client
from upstreams.calls import area, call, made
from upstreams.fal import FalUpstream
from upstreams.fal_endings import Ending

SEEDREAM = "fal-ai/bytedance/seedream/v4/edit"
QWEN = "fal-ai/qwen-image-edit"
BANANA = "fal-ai/nano-banana-2/edit"
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


@pytest.mark.parametrize("model", [model for model in ENDPOINTS if ENDPOINTS[model].sizing])
async def test_what_is_offered_is_drawn(engine: Fal, upstream: FalUpstream, model: str) -> None:
    """A native size is asked for as it is."""
    offer = engine.offer(wish(model))
    for size in offer.sizes or (Size(1920, 1080), Size(300, 1000), Size(10_000, 9_000)):
        native = offer.fits(size) if offer.fits else size
        upstream.endings.append(Ending(size=(64, 48)))
        await made(engine, call(model=model, size=native, mask=area()))
        values = upstream.edits[-1].values
        if offer.fits:
            assert values["image_size"] == {"width": native.width, "height": native.height}
            assert offer.fits(native) == native
        else:
            width, height = map(int, values["aspect_ratio"].split(":"))
            assert native.width / native.height == pytest.approx(width / height, rel=0.05)


@pytest.mark.parametrize(
    ("model", "wanted", "native"),
    [
        (SEEDREAM, (300, 200), (1176, 784)),
        (SEEDREAM, (2048, 2048), (2048, 2048)),
        (SEEDREAM, (9000, 9000), (4096, 4096)),
        ("fal-ai/bytedance/seedream/v4.5/edit", (1024, 1024), (1920, 1920)),
        (QWEN, (300, 200), (640, 432)),
        (QWEN, (1001, 777), (1008, 784)),
        (GPT, (1920, 1080), (1920, 1088)),
        (BANANA, (1920, 1080), (2752, 1536)),
        (BANANA, (640, 427), (1264, 848)),
    ],
)
def test_nearest_sizes(model: str, wanted: tuple[int, int], native: tuple[int, int]) -> None:
    """Covers what is wanted wherever the endpoint lets it."""
    sizing = ENDPOINTS[model].sizing
    assert sizing is not None
    assert sizing.fits(Size(*wanted)) == Size(*native)


def test_every_size_is_brought_under_the_rules() -> None:
    """No size whatever gives one that an endpoint refuses."""
    rules = {row.sizing for row in ENDPOINTS.values() if isinstance(row.sizing, FreeSize)}
    assert len(rules) == 4
    for width, height in np.random.default_rng(3).integers(1, 9000, (5000, 2)).tolist():
        for rule in rules:
            size = rule.fits(Size(width, height))
            assert size.width % rule.step == 0 == size.height % rule.step
            assert size.longest <= rule.longest
            assert rule.area[0] <= size.area <= rule.area[1]
