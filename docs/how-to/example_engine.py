"""An engine of our own: it tints a picture in one colour."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import numpy as np

from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import RAW, Picture
from retouch.pixels import load, to_raw


class Tint:
    name = "tint"  # what routes call it

    def __init__(self, settings: Mapping[str, Any]) -> None:  # the table [engines.tint]
        self._colour = np.array(settings.get("colour", [255, 120, 0]), np.uint16)

    def missing(self) -> str | None:
        return None  # or a sentence for the operator: "set TINT_API_KEY"

    def offer(self, wish: Wish) -> Offer:
        if "tint" not in wish.prompt.lower():
            raise RetouchError(Code.PROMPT_NOT_SUPPORTED, "This engine only tints.", param="prompt")
        return Offer(varied=False, input_formats=frozenset({RAW}))

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        yield Made(0, await asyncio.to_thread(self._tint, call.images[0]))

    def _tint(self, picture: Picture) -> Picture:
        pixels = load(picture, param="image").copy()
        pixels[:, :, :3] = (pixels[:, :, :3] + self._colour) // 2
        return to_raw(pixels)

    async def close(self) -> None:
        """Nothing to let go of."""
