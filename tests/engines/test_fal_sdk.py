"""Parity: fal-client and our engine say the same to fal.

The SDK's hosts are constants of its module (its environment variables change two of them, and know https alone), so
the tests replace those; everything that the SDK does with them is its own code.
"""

from collections.abc import AsyncIterator
from typing import Any

import fal_client
import numpy as np
import pytest
from fal_client import client as sdk_module

from retouch.domain.edit import Tier
from retouch.domain.picture import Size
from retouch.engines.fal import Fal
from retouch.engines.upstream import Client
from retouch.pixels import from_raw
from support.images import encoded
from upstreams.calls import area, call, made, picture
from upstreams.drawing import draw
from upstreams.fal import FalUpstream
from upstreams.server import Seen


@pytest.fixture
async def upstream() -> AsyncIterator[FalUpstream]:
    """The stand-in."""
    async with FalUpstream() as upstream:
        yield upstream


@pytest.fixture
async def sdk(upstream: FalUpstream, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[fal_client.AsyncClient]:
    """The official client, pointed at it."""
    monkeypatch.setattr(sdk_module, "QUEUE_URL_FORMAT", f"{upstream.root}/")
    monkeypatch.setattr(sdk_module, "REST_URL", upstream.root)
    monkeypatch.setattr(sdk_module, "CDN_URL", upstream.root)
    client = fal_client.AsyncClient(key=upstream.key)
    yield client
    http = await client._client
    await http.aclose()


def meaning(seen: Seen) -> tuple[object, ...]:
    """What a request comes to, without what says who sends it and how long it waits."""
    names = ("authorization", "content-type", "x-fal-file-name", "x-fal-object-lifecycle")
    return seen.method, seen.path, {name: seen.headers.get(name) for name in names}, seen.json


def url(size: tuple[int, int] = (96, 64), kind: str = "png", *, seed: int = 0) -> str:
    """A picture as the SDK puts it into an input."""
    return fal_client.encode(draw(size, kind, seed=seed), f"image/{kind}")


PNG, JPEG = picture(), picture((50, 40), "jpeg", seed=1)
WHITE = np.repeat(from_raw(area())[..., np.newaxis], 3, axis=2)
PLUS = "fal-ai/qwen-image-edit-plus"
#: By name: endpoint, what the SDK's user writes, and our call. Fields at a default that fal documents are spelt out.
SAME: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "plain": (
        "fal-ai/qwen-image-edit",
        {
            "image_url": url(),
            "image_size": {"width": 1024, "height": 768},
            "num_images": 1,
            "output_format": "png",
            "seed": 7,
        },
        {"size": Size(1024, 768)},
    ),
    "several": (
        PLUS,
        {
            "image_urls": [url(), url((50, 40), "jpeg", seed=1)],
            "image_size": {"width": 1024, "height": 768},
            "num_images": 3,
            "output_format": "png",
            "negative_prompt": "blur",
            "seed": 1,
        },
        {"size": Size(1024, 768), "images": (PNG, JPEG), "seeds": (1, 2, 3), "negative_prompt": "blur"},
    ),
    "seedream": (
        "fal-ai/bytedance/seedream/v4/edit",
        {"image_urls": [url()], "image_size": {"width": 1280, "height": 960}, "num_images": 1, "seed": 7},
        {"size": Size(1280, 960)},
    ),
    "ratio": (
        "fal-ai/nano-banana-pro/edit",
        {
            "image_urls": [url()],
            "aspect_ratio": "16:9",
            "resolution": "2K",
            "num_images": 1,
            "output_format": "png",
            "limit_generations": True,
        },
        {"size": Size(2752, 1536)},
    ),
    "quality": (
        "openai/gpt-image-2.5/sunburst/edit",
        {
            "image_urls": [url()],
            "image_size": {"width": 1024, "height": 1024},
            "num_images": 2,
            "quality": "low",
            "output_format": "png",
        },
        {"size": Size(1024, 1024), "seeds": (1, 2), "quality": Tier.LOW},
    ),
    "mask": (
        "fal-ai/flux-pro/v1/fill",
        {
            "image_url": url(),
            "mask_url": fal_client.encode(encoded(WHITE), "image/png"),
            "num_images": 1,
            "output_format": "png",
            "seed": 7,
        },
        {"mask": area()},
    ),
}


@pytest.mark.parametrize("name", SAME)
async def test_parity(name: str, upstream: FalUpstream, client: Client, sdk: fal_client.AsyncClient) -> None:
    """Submit, polls and result: the same requests, the same input, the same pictures."""
    endpoint, arguments, ours = SAME[name]
    wanted = call(model=endpoint, **ours)
    handle = await sdk.submit(endpoint, {"prompt": wanted.prompt, **arguments})
    output = await handle.get(interval=0.001)
    theirs = list(upstream.seen)
    images = await made(Fal(upstream.settings, client, {"FAL_KEY": upstream.key}), wanted)
    own = upstream.seen[len(theirs) :]
    assert [_comparable(seen) for seen in own[: len(theirs)]] == [_comparable(seen) for seen in theirs]
    assert len(images) == len(output["images"]) == len(wanted.seeds)
    own_mask, their_mask = (edit.mask for edit in reversed(upstream.edits))
    assert (own_mask is None) == (their_mask is None)
    if own_mask is not None and their_mask is not None:
        assert (own_mask.mode, own_mask.tobytes()) == (their_mask.mode, their_mask.tobytes())


def _comparable(seen: Seen) -> tuple[object, ...]:
    """Job numbers count up, and two encoders pack one mask differently: its pixels are compared apart."""
    method, path, headers, json = meaning(seen)
    masked = {**json, "mask_url": ...} if isinstance(json, dict) and "mask_url" in json else json
    return method, str(path).replace("job-1", "job-0"), headers, masked


async def test_cancel_parity(upstream: FalUpstream, client: Client, sdk: fal_client.AsyncClient) -> None:
    """The same request stops a job."""
    upstream.stuck = True
    arguments = {"prompt": "p", "image_urls": [url()]}
    handle = await sdk.submit(PLUS, arguments)
    await handle.cancel()
    (theirs,) = upstream.seen[1:]
    engine = Fal(upstream.settings, client, {"FAL_KEY": upstream.key})

    async def leave(*_: object) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await made(engine, call(model=PLUS, submitted=leave))
    own = upstream.seen[-1]
    assert (own.method, own.path.replace("job-1", "job-0")) == (theirs.method, theirs.path)
    assert own.headers["authorization"] == theirs.headers["authorization"]


async def test_upload_parity(upstream: FalUpstream, client: Client, sdk: fal_client.AsyncClient) -> None:
    """The same two requests hand in a picture, with the same bytes."""
    lifecycle = fal_client.StorageSettings(expires_in=3600)
    address = await sdk.upload(bytes(PNG.data), "image/png", "image.png", lifecycle=lifecycle)
    theirs = [meaning(seen) for seen in upstream.seen]
    settings = {**upstream.settings, "inline_mb": 0}
    await made(Fal(settings, client, {"FAL_KEY": upstream.key}), call(model=PLUS))
    own = [meaning(seen) for seen in upstream.seen[len(theirs) : 2 * len(theirs)]]
    assert [_loose(request) for request in own] == [_loose(request) for request in theirs]
    first, second = upstream.uploads.values()
    assert first == second
    assert address.startswith(upstream.root)


def _loose(request: tuple[object, ...]) -> tuple[object, ...]:
    """JSON inside a header means the same with and without spaces."""
    method, path, headers, json = request
    assert isinstance(headers, dict)
    return method, path, {name: value and value.replace(" ", "") for name, value in headers.items()}, json
