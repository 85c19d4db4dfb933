"""Transparency on models that draw none: the plain backdrop of a provider's picture is taken away by real workers."""

import time
from collections.abc import AsyncIterator

import numpy as np
import pybase64
import pytest

from retouch.domain.edit import Background, EditRequest
from retouch.domain.engine import Made, Offer
from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.domain.model import Model, Route
from retouch.domain.picture import Format, Picture, Size
from retouch.editing.making import Making
from retouch.engines.cpu.engine import CpuEngine
from retouch.engines.upstream import open_base64
from retouch.finishing import MaskReading
from retouch.pixels import encode
from retouch.routing.plan import make_plan
from support.images import decoded

SIZE = Size(96, 64)


@pytest.fixture(scope="module")
async def editor() -> AsyncIterator[CpuEngine]:
    engine = CpuEngine(1, 60)
    yield engine
    await engine.close()


def drawn() -> bytes:
    """A dark square on white."""
    pixels = np.full((SIZE.height, SIZE.width, 3), 250, np.uint8)
    pixels[20:44, 32:64] = (30, 60, 120)
    return encode(pixels, Format.PNG)


def making(editor: CpuEngine) -> Making:
    picture = Picture(drawn(), "png", SIZE)
    request = EditRequest(images=(), prompt="a square", background=Background.TRANSPARENT)
    model, reading = Model(id="m", owned_by="o", summary="s"), MaskReading.whole(SIZE)
    plan = make_plan(request, model, Route("e", "m"), Offer(), source=SIZE, mask=reading.kind, seed=1)
    return Making(request, plan, [picture], reading, cut_out=editor.cut_out, deadline=time.monotonic() + 60)


async def test_a_picture_that_came_as_base64_within_a_larger_answer(editor: CpuEngine) -> None:
    answer = b'{"b64_json":"' + pybase64.b64encode(drawn()) + b'"}'
    picture = open_base64("somebody", memoryview(answer)[13:-2])
    finished = await making(editor).finish(Made(0, picture))
    assert finished is not None
    pixels = decoded(finished.data, "RGBA")
    assert finished.background == "transparent"
    assert (pixels[0, 0, 3], pixels[32, 48, 3]) == (0, 255)


async def test_a_broken_picture_is_the_providers_fault_and_another_route_may_do_better(editor: CpuEngine) -> None:
    with pytest.raises(UpstreamFailure) as caught:
        await making(editor).finish(Made(0, Picture(drawn()[:-40], "png", SIZE)))
    assert (caught.value.code, caught.value.param) == (Code.UPSTREAM_ERROR, None)
    assert (caught.value.accepted, caught.value.elsewhere) == (Accepted.YES, True)
