"""Parity: the official SDK and our engine say the same to the provider."""

import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import openai
import pytest
from PIL import Image

from retouch.domain.edit import Background, Tier
from retouch.domain.picture import Format, Size
from retouch.engines.openai_images import OpenAIImages
from retouch.engines.upstream import Client
from retouch.pixels import from_raw
from upstreams.calls import area, call, collect, picture
from upstreams.drawing import draw, look
from upstreams.openai_images import OpenAIUpstream
from upstreams.server import Part, Seen


@pytest.fixture
async def upstream() -> AsyncIterator[OpenAIUpstream]:
    """The stand-in."""
    async with OpenAIUpstream() as upstream:
        yield upstream


def meaning(seen: Seen) -> tuple[object, ...]:
    """What a request comes to, whatever its boundary, its filenames and the packing of its mask."""
    return (
        seen.method,
        seen.path,
        {name: seen.headers.get(name) for name in ("authorization", "accept")},
        seen.headers["content-type"].partition(";")[0],
        seen.texts(),
        [_file(part) for part in seen.parts if part.filename is not None],
        [part.filename is None for part in seen.parts],
    )


def _file(part: Part) -> tuple[object, ...]:
    pixels = np.asarray(look(part.data))[..., 3].tobytes() if part.name == "mask" else part.data
    return part.name, part.media_type, pixels


def alpha_png() -> bytes:
    """The area of `calls.area` as an OpenAI caller draws it."""
    pixels = np.zeros((64, 96, 4), np.uint8)
    pixels[..., 3] = 255 - from_raw(area())
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


PNG = ("image.png", draw((96, 64)), "image/png")
JPEG = ("image.jpeg", draw((50, 40), "jpeg", seed=1), "image/jpeg")
MASK = ("mask.png", alpha_png(), "image/png")
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({"image": PNG}, {}),
    "mask": ({"image": PNG, "mask": MASK}, {"mask": area()}),
    "several": ({"image": [PNG, JPEG]}, {"images": (picture(), picture((50, 40), "jpeg", seed=1))}),
    "n": ({"image": PNG, "n": 3}, {"seeds": (1, 2, 3)}),
    "parameters": (
        {
            "image": PNG,
            "quality": "low",
            "background": "transparent",
            "output_format": "webp",
            "output_compression": 55,
            "input_fidelity": "high",
            "safety_identifier": "user-1",
        },
        {
            "quality": Tier.LOW,
            "background": Background.TRANSPARENT,
            "output_format": Format.WEBP,
            "output_compression": 55,
            "input_fidelity": "high",
            "user": "user-1",
        },
    ),
    "stream": ({"image": PNG, "stream": True, "partial_images": 2}, {"partial_images": 2}),
}


@pytest.mark.parametrize("name", SAME)
async def test_the_sdk_and_the_engine_say_the_same(upstream: OpenAIUpstream, client: Client, name: str) -> None:
    """For the same edit: the same path, key, fields, values, files, types and order."""
    theirs, ours = SAME[name]
    prompt, size = "a hat – “red”\r\n--x", Size(1024, 1024)
    async with openai.AsyncOpenAI(base_url=upstream.base_url, api_key=upstream.key, max_retries=0) as sdk:
        # Our engine always says size and output_format: the documents disagree on the first's default.
        said = {"size": str(size), "output_format": "png", **theirs}
        answer = await sdk.images.edit(prompt=prompt, model="gpt-image-1.5", **said)
        if "stream" in theirs:
            assert [event.type async for event in answer][-1] == "image_edit.completed"
    engine = OpenAIImages({"base_url": upstream.base_url}, client, {"OPENAI_API_KEY": upstream.key})
    await collect(engine, call(prompt=prompt, size=size, **ours))
    sdks, engines = upstream.seen
    assert meaning(sdks) == meaning(engines)
