"""Calls as planning makes them, and what engines make of them."""

import time
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from retouch.domain.engine import Engine, EngineCall, EngineEvent, Made, Partial, Usage
from retouch.domain.errors import UpstreamFailure
from retouch.domain.picture import Picture, Size
from retouch.pixels import to_raw
from upstreams.drawing import draw


def picture(size: tuple[int, int] = (96, 64), file_format: str = "png", *, seed: int = 0) -> Picture:
    """An input picture."""
    return Picture(draw(size, file_format, seed=seed), file_format, Size(*size))


def area(size: tuple[int, int] = (96, 64), box: tuple[int, int, int, int] = (30, 20, 60, 44)) -> Picture:
    """A mask as engines get it: raw grey, 255 inside the box (left, top, right, bottom), one soft row above it."""
    grey = np.zeros((size[1], size[0]), np.uint8)
    left, top, right, bottom = box
    grey[top:bottom, left:right] = 255
    grey[top - 1, left:right] = 100
    return to_raw(grey)


def call(**changes: Any) -> EngineCall:
    """A call with half a minute to go."""
    values: dict[str, Any] = {
        "model": "gpt-image-1.5",
        "prompt": "a red hat, “so” nice",
        "images": (picture(),),
        "seeds": (7,),
        "deadline": time.monotonic() + 30,
        **changes,
    }
    return EngineCall(**values)


async def collect(engine: Engine, wanted: EngineCall) -> list[EngineEvent]:
    """Everything that the call gives."""
    async with aclosing(engine.run(wanted)) as events:
        return [event async for event in events]


async def made(engine: Engine, wanted: EngineCall) -> list[Made]:
    """Its images."""
    return [event for event in await collect(engine, wanted) if isinstance(event, Made)]


async def failure(engine: Engine, wanted: EngineCall) -> UpstreamFailure:
    """The failure in which it ends."""
    with pytest.raises(UpstreamFailure) as caught:
        await collect(engine, wanted)
    return caught.value


def kinds(events: list[EngineEvent]) -> list[str]:
    """What came, in order."""
    names = {Partial: "partial", Made: "made", Usage: "usage"}
    return [names[type(event)] for event in events]
