"""Pictures on their way to fal: inside the request, or uploaded first."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from retouch.domain.errors import Accepted, Code
from retouch.domain.picture import Picture, Size
from retouch.engines.fal import Fal
from retouch.engines.fal.endpoints import ENDPOINTS
from retouch.engines.upstream import Client
from upstreams.calls import area, call, failure, made, picture
from upstreams.fal import TOKEN, FalUpstream
from upstreams.fal_endings import Ending
from upstreams.faults import Fault, answers, cut, drops

PLUS = "fal-ai/qwen-image-edit-plus"
INPAINT = "fal-ai/qwen-image-edit/inpaint"


@pytest.fixture
async def upstream(no_task_left: None) -> AsyncIterator[FalUpstream]:
    """The stand-in."""
    async with FalUpstream() as upstream:
        yield upstream


@pytest.fixture
def engine(upstream: FalUpstream, client: Client) -> Fal:
    """The engine, pointed at it, uploading every picture."""
    return Fal({**upstream.settings, "inline_mb": 0}, client, {"FAL_KEY": upstream.key})


async def test_uploads(engine: Fal, upstream: FalUpstream) -> None:
    """Raw bytes with their type and an end to their life, under a token that is fetched once."""
    images = (picture(), picture((50, 40), "jpeg", seed=1))
    await made(engine, call(model=PLUS, images=images))
    await made(engine, call(model=PLUS, images=images))
    assert upstream.steps().count("token") == 1
    assert sorted(upstream.uploads.values()) == sorted(bytes(image.data) for image in images * 2)
    assert [image.format for image in upstream.edits[0].images] == ["PNG", "JPEG"]
    first = next(headers for headers in upstream.upload_headers if headers["content-type"] == "image/jpeg")
    assert first["authorization"] == f"Bearer {TOKEN}"
    assert first["x-fal-file-name"] == "image.jpeg"
    assert first["x-fal-object-lifecycle"] == '{"expiration_duration_seconds":3600}'


async def test_small_ones_travel_inside(upstream: FalUpstream, client: Client) -> None:
    """As long as they fit together; the mask comes last."""
    image = picture()
    room = (len(bytes(image.data)) * 2 + 10) / 1_000_000
    engine = Fal({**upstream.settings, "inline_mb": room}, client, {"FAL_KEY": upstream.key})
    await made(engine, call(model=PLUS, images=(image, image, image)))
    urls = upstream.seen[2].json["image_urls"]
    assert [url.partition(":")[0] for url in urls] == ["data", "data", "http"]


async def test_masks_are_uploaded_too(engine: Fal, upstream: FalUpstream) -> None:
    """By the same way."""
    await made(engine, call(model=INPAINT, mask=area()))
    assert len(upstream.uploads) == 2
    assert upstream.edits[0].mask is not None


@pytest.mark.parametrize("step", ["token", "upload"])
@pytest.mark.parametrize(
    "fault", [answers(401, {"detail": "no"}), answers(500), answers(200, b"x"), answers(200, {}), drops(), cut(3)]
)
async def test_an_upload_that_fails_is_no_edit(engine: Fal, upstream: FalUpstream, step: str, fault: Fault) -> None:
    """However far it came, nothing was submitted: another try is safe."""
    upstream.at(step, fault)
    failed = await failure(engine, call(model=PLUS))
    assert (failed.code, failed.accepted, failed.elsewhere) == (Code.UPSTREAM_ERROR, Accepted.NO, True)
    assert "submit" not in upstream.steps()


@pytest.mark.parametrize(
    "token",
    [
        {"token": "t", "token_type": "Bearer", "base_url": "https://evil.test", "expires_at": "2030-01-01T00:00:00Z"},
        {"token": "t", "token_type": "Bearer", "base_url": "https://v3.fal.media", "expires_at": "soon"},
    ],
)
async def test_storage_tokens_that_are_not_believed(engine: Fal, upstream: FalUpstream, token: object) -> None:
    """Pictures go to fal's own storage alone."""
    upstream.at("token", answers(200, token))
    failed = await failure(engine, call(model=PLUS))
    assert failed.accepted is Accepted.NO
    assert upstream.steps() == ["token"]


async def test_an_old_token_is_renewed(engine: Fal, upstream: FalUpstream) -> None:
    """Before it ends, and without a zone it is UTC."""
    old = {"token": TOKEN, "token_type": "Bearer", "base_url": upstream.root, "expires_at": "2020-01-01T00:00:00"}
    upstream.at("token", answers(200, old))
    await made(engine, call(model=PLUS))
    await made(engine, call(model=PLUS))
    await made(engine, call(model=PLUS))
    assert upstream.steps().count("token") == 2


async def test_leaving_stops_uploads(engine: Fal, upstream: FalUpstream) -> None:
    """All of them."""
    held = asyncio.Event()
    upstream.at("upload", Fault(hold=held), Fault(hold=held))
    running = asyncio.create_task(made(engine, call(model=PLUS, images=(picture(), picture(seed=1)))))
    while upstream.steps().count("upload") < 2:
        upstream.arrived.clear()
        await upstream.arrived.wait()
    running.cancel()
    await asyncio.wait({running})
    await upstream.left.wait()
    assert "submit" not in upstream.steps()


async def test_a_data_address_is_made_while_it_is_sent(upstream: FalUpstream, client: Client) -> None:
    """Building a request for 40 MB of pictures takes next to no memory."""
    engine = Fal({**upstream.settings, "inline_mb": 100}, client, {"FAL_KEY": upstream.key})
    large = Picture(bytes(20_000_000), "png", Size(9, 9))
    wanted = call(model=PLUS, images=(large, large))
    tracemalloc.start()
    try:
        body = await engine._body(wanted, ENDPOINTS[PLUS])
        assert sum(len(piece) for piece in body.pieces()) == body.length > 53_000_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


async def test_a_large_picture_comes_back_whole(engine: Fal, upstream: FalUpstream) -> None:
    """Several megabytes of noise, out and back."""
    import numpy as np

    from support.images import encoded

    noise = encoded(np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), np.uint8))
    upstream.endings.append(Ending(size=(1500, 1500)))
    (image,) = await made(engine, call(model=PLUS, images=(Picture(noise, "png", Size(1500, 1500)),)))
    assert image.picture.size == Size(1500, 1500)
    assert list(upstream.uploads.values()) == [noise]
