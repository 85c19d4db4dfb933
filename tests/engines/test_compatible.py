"""Each kind of self-hosted server, against a stand-in that refuses what it does not read."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import pytest

from retouch.domain.edit import Background, Tier
from retouch.domain.engine import Engine, Made, MaskKind, Partial, Wish
from retouch.domain.picture import Format, Size
from retouch.engines.compatible import KINDS, build
from retouch.engines.upstream import Client
from upstreams.calls import area, call, collect, made, picture
from upstreams.compatible import CompatibleUpstream
from upstreams.compatible_specs import seed_in
from upstreams.drawing import look
from upstreams.faults import draws

Start = Callable[..., Any]
FULL = {
    "quality": Tier.HIGH,
    "background": Background.OPAQUE,
    "output_format": Format.JPEG,
    "output_compression": 60,
    "input_fidelity": "high",
    "negative_prompt": "no hats",
    "user": "user-1",
    "seeds": (4_000_000_000, 4_000_000_001),
}
PROMPT = "a red hat, “so” nice"
SENT: dict[str, dict[str, str]] = {
    "vllm-omni": {
        "n": "2", "size": "96x64", "output_format": "jpeg", "output_compression": "60", "seed": "1852516352",
        "negative_prompt": "no hats", "response_format": "b64_json",
    },
    "sglang": {
        "size": "96x64", "output_format": "jpeg", "output_compression": "60", "seed": "1852516352",
        "negative_prompt": "no hats", "response_format": "b64_json",
    },
    "sd-cpp": {"n": "2", "size": "96x64", "output_format": "jpeg", "output_compression": "60"},
    "xinference": {"size": "96x64", "response_format": "b64_json"},
    "aquiles": {"size": "96x64", "response_format": "b64_json", "input_fidelity": "high"},
    "retouch": {
        "n": "2", "size": "96x64", "output_format": "jpeg", "output_compression": "60", "quality": "high",
        "background": "opaque", "input_fidelity": "high", "negative_prompt": "no hats",
        "safety_identifier": "user-1", "response_format": "b64_json",
    },
    "plain": {"size": "96x64"},
}  # fmt: skip


@pytest.fixture
async def start(client: Client, no_task_left: None) -> AsyncIterator[Start]:
    """Starts a stand-in of a kind, and gives it with an engine that is pointed at it."""
    async with AsyncExitStack() as stack:

        async def begin(kind: str, **table: Any) -> tuple[CompatibleUpstream, Engine]:
            upstream = await stack.enter_async_context(CompatibleUpstream(kind=kind))
            settings = {"kind": kind, "base_url": upstream.base_url, "api_key": upstream.key, **table}
            return upstream, build({"gpu": settings}, client)[1]

        yield begin


def wish(**changes: Any) -> Wish:
    """A wish for one picture of 96x64."""
    return Wish(**{"model": "m", "prompt": PROMPT, "images": (Size(96, 64),), **changes})


@pytest.mark.parametrize("kind", KINDS)
async def test_one_image(start: Start, kind: str) -> None:
    """The size that is asked for is always said, whatever the server's default."""
    upstream, engine = await start(kind)
    (image,) = await made(engine, call(size=Size(640, 480)))
    assert image.picture.size == Size(640, 480)
    assert image.revised_prompt is None
    assert upstream.seen[0].headers["authorization"] == f"Bearer {upstream.key}"


@pytest.mark.parametrize("kind", KINDS)
async def test_several_images(start: Start, kind: str) -> None:
    """As many as the kind reads, in order, under the names that it reads."""
    upstream, engine = await start(kind)
    images = tuple(picture((40 + index, 30), "jpeg" if index else "png", seed=index) for index in range(3))
    (image,) = await made(engine, call(images=images))
    assert image.picture.size == Size(40, 30)
    files = upstream.seen[0].files("image[]")
    assert [file.data for file in files] == [image.data for image in images if kind != "localai"]


@pytest.mark.parametrize("kind", SENT)
async def test_every_parameter(start: Start, kind: str) -> None:
    """What the kind reads is sent as it spells it; nothing else is."""
    upstream, engine = await start(kind)
    images = await made(engine, call(**FULL))
    texts = upstream.seen[0].texts()
    assert texts.pop("model") == "gpt-image-1.5"
    assert texts.pop("prompt").partition(" <sd")[0] == PROMPT
    assert texts == SENT[kind]
    assert len(images) == int(texts.get("n", "1"))
    wanted = Format.JPEG if "output_format" in texts else Format.PNG
    assert {image.picture.format for image in images} == {wanted.value}


async def test_localai_writes_json(start: Start) -> None:
    """Generations with files: raw base64, numbers as numbers, the negative prompt behind a bar."""
    upstream, engine = await start("localai")
    await made(engine, call(**{**FULL, "images": (picture(), picture((8, 8), seed=2))}))
    body = dict(upstream.seen[0].json)
    assert (len(body.pop("ref_images")), len(body.pop("file"))) == (1, 4 * ((len(picture().data) + 2) // 3))
    assert body == {
        "prompt": f"{PROMPT}|no hats",
        "model": "gpt-image-1.5",
        "response_format": "b64_json",
        "size": "96x64",
        "seed": 1852516352,
    }


async def test_sd_cpp_has_its_seed_in_a_tag(start: Start) -> None:
    """The one way to seed it; and a format that it cannot encode is asked for as PNG."""
    upstream, engine = await start("sd-cpp")
    (image,) = await made(engine, call(seeds=(42,), output_format=Format.WEBP))
    assert seed_in(upstream.seen[0].texts()["prompt"]) == '{"seed":42}'
    assert image.picture.format == "png"
    assert engine.offer(wish()).seed


MASKED = [
    ("sd-cpp", {}, "mask", False),
    ("vllm-omni", {"mask": True}, "mask_image", False),
    ("xinference", {"mask": "true"}, "mask", False),
    ("retouch", {}, "mask", True),
    ("plain", {"mask": True}, "mask", True),
]


@pytest.mark.parametrize(("kind", "table", "field", "alpha"), MASKED, ids=[row[0] for row in MASKED])
async def test_mask(start: Start, kind: str, table: dict[str, Any], field: str, *, alpha: bool) -> None:
    """White is edit in an opaque mask, clear is edit in one with alpha; what is soft stays soft."""
    upstream, engine = await start(kind, **table)
    assert engine.offer(wish(mask=MaskKind.ALPHA)).mask
    await made(engine, call(mask=area()))
    (file,) = upstream.seen[0].files(field)
    pixels = np.asarray(look(file.data))
    values = [int(pixels[row, 40, 3 if alpha else 0]) for row in (30, 5, 19)]
    assert values == ([0, 255, 155] if alpha else [255, 0, 100])


@pytest.mark.parametrize(
    ("kind", "table"),
    [("vllm-omni", {}), ("sglang", {"mask": True}), ("aquiles", {}), ("plain", {}), ("xinference", {})],
)
async def test_a_mask_that_would_be_ignored_is_not_sent(start: Start, kind: str, table: dict[str, Any]) -> None:
    """Such servers offer no mask, so that planning emulates it."""
    upstream, engine = await start(kind, **table)
    assert not engine.offer(wish(mask=MaskKind.ALPHA)).mask
    await made(engine, call(mask=area()))
    assert upstream.seen[0].files("mask", "mask_image") == []


async def test_localai_inpaints_on_a_route_of_its_own(start: Start) -> None:
    """512x512 and always the same; its result is read from the server's own host, whatever host it names."""
    upstream, engine = await start("localai")
    offer = engine.offer(wish(mask=MaskKind.ALPHA))
    assert (offer.sizes, offer.varied, offer.mask, offer.seed) == ((Size(512, 512),), False, True, False)
    (image,) = await made(engine, call(mask=area()))
    assert image.picture.size == Size(512, 512)
    assert upstream.seen[0].path == "/v1/images/inpainting"
    assert upstream.seen[1].path.startswith("/generated-images/")
    # Inpainting reads one image: with more, and where the operator says so, the mask is emulated.
    assert not engine.offer(wish(mask=MaskKind.ALPHA, images=(Size(9, 9), Size(9, 9)))).mask
    _, told = await start("localai", mask=False)
    assert not told.offer(wish(mask=MaskKind.ALPHA)).mask


async def test_seeds_differ_from_call_to_call(start: Start) -> None:
    """SGLang's default seed is always 1024: ours is always sent."""
    upstream, engine = await start("sglang")
    assert engine.offer(wish()).images_per_call == 1
    for seed in (5, 6):
        await made(engine, call(seeds=(seed,)))
    assert [seen.texts()["seed"] for seen in upstream.seen] == ["5", "6"]


async def test_the_operator_says_that_a_seed_is_read(start: Start) -> None:
    """Another Retouch refuses seeds on models without; with `seed` it is sent and offered."""
    upstream, engine = await start("retouch", seed=True)
    assert engine.offer(wish()).seed
    await made(engine, call(seeds=(9,)))
    assert upstream.seen[0].texts()["seed"] == "9"


async def test_another_retouch_streams(start: Start) -> None:
    """Its events say which image they are of."""
    _, engine = await start("retouch")
    events = await collect(engine, call(seeds=(1, 2), partial_images=1))
    assert [(type(event), event.index) for event in events if isinstance(event, Made | Partial)] == [
        (Partial, 0),
        (Partial, 1),
        (Made, 0),
        (Made, 1),
    ]


async def test_fewer_images_and_other_sizes_are_passed_on(start: Start) -> None:
    """Counting and resizing are not the engine's."""
    upstream, engine = await start("vllm-omni")
    upstream.order(draws(images=2, size=(80, 80)))
    images = await made(engine, call(seeds=(1, 2, 3)))
    assert [image.picture.size for image in images] == [Size(80, 80)] * 2
