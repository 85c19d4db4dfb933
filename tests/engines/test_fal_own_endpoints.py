"""Endpoints of fal that an operator describes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from retouch.domain.edit import Tier
from retouch.domain.engine import MaskKind, Wish
from retouch.domain.picture import Size
from retouch.engines.fal import Fal
from retouch.engines.upstream import Client
from upstreams import fal_checks
from upstreams.calls import area, call, made, picture
from upstreams.fal import FalUpstream
from upstreams.fal_checks import COMMON, between, one, sized, text, whole

NAME = "fal-ai/house-model/v1.5/edit"
ROW: dict[str, Any] = {
    "single": True,
    "results": 2,
    "mask": "white",
    "seed": True,
    "negative_prompt": True,
    "quality": {"low": "draft", "high": "best"},
    "always": {"output_format": "png", "steps": 12},
    "size": {"area": [262_144, 4_194_304], "longest": 2048, "step": 16},
}
TYPES = COMMON | {
    "image_url": text,
    "mask_url": text,
    "negative_prompt": text,
    "quality": one("draft", "best"),
    "output_format": one("png"),
    "steps": whole,
    "num_images": between(1, 2),
    "image_size": sized(lambda width, height: width % 16 == 0 == height % 16),
}


@pytest.fixture
async def upstream(no_task_left: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FalUpstream]:
    """fal with one endpoint more than we know."""
    monkeypatch.setitem(fal_checks.ENDPOINTS, NAME, TYPES)
    async with FalUpstream() as upstream:
        yield upstream


def engine(upstream: FalUpstream, client: Client, **endpoints: object) -> Fal:
    return Fal({**upstream.settings, "endpoints": endpoints}, client, {"FAL_KEY": upstream.key})


async def test_an_endpoint_that_was_described_is_asked_as_described(upstream: FalUpstream, client: Client) -> None:
    fal = engine(upstream, client, **{NAME: ROW})
    offer = fal.offer(Wish(model=NAME, prompt="p", images=(Size(96, 64),), mask=MaskKind.ALPHA))
    assert (offer.mask, offer.seed, offer.negative_prompt, offer.images_per_call) == (True, True, True, 2)
    assert offer.max_images == 1
    wanted = call(
        model=NAME, images=(picture(),), mask=area(), seeds=(7, 8), quality=Tier.LOW, negative_prompt="n", size=None
    )
    assert len(await made(fal, wanted)) == 2
    (edit,) = upstream.edits
    assert edit.mask is not None
    values = {name: value for name, value in edit.values.items() if not name.endswith("_url")}
    assert values == {
        "prompt": wanted.prompt,
        "num_images": 2,
        "seed": 7,
        "negative_prompt": "n",
        "quality": "draft",
        "output_format": "png",
        "steps": 12,
        "image_size": {"width": 640, "height": 432},
    }


async def test_ratios_and_tiers(upstream: FalUpstream, client: Client) -> None:
    row = {"images": 3, "ratios": {"1:1": [512, 512], "2:1": [704, 352]}, "tiers": {"1K": 1, "2K": 2}}
    fal = engine(upstream, client, **{NAME: row})
    offer = fal.offer(Wish(model=NAME, prompt="p", images=(Size(96, 64),)))
    assert offer.sizes == (Size(512, 512), Size(704, 352), Size(1024, 1024), Size(1408, 704))
    assert (offer.max_images, offer.mask) == (3, False)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"image": 3}, ".image: "),
        ({"images": 0}, ".images: "),
        ({"images": 2, "single": True}, "single = true reads one image"),
        ({"mask": "black"}, ".mask: "),
        ({"needs_mask": True}, "needs_mask = true needs mask"),
        ({"size": {"area": [10, 1], "longest": 9}}, "area is [least, most]"),
        ({"size": {"area": [1, 10]}}, ".size.longest: "),
        ({"ratios": {"wide": [1, 1]}}, ".ratios.wide"),
        ({"ratios": {"1:1": [1, 1]}, "size": {"area": [1, 9], "longest": 9}}, "size or ratios, not both"),
        ({"tiers": {"1K": 1}}, "tiers belong to ratios"),
        ({"always": {"sync_mode": True}}, "sync_mode cannot be sent"),
        ({"quality": {"best": "x"}}, ".quality.best"),
    ],
)
async def test_a_row_that_is_wrong_names_the_setting(client: Client, row: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"^engines\.fal\.endpoints\.") as caught:
        Fal({"endpoints": {NAME: row}}, client, {})
    assert str(caught.value).startswith(f"engines.fal.endpoints.{NAME}")
    assert words in str(caught.value)
