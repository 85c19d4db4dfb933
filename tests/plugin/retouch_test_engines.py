"""Engines for tests and benchmarks, found by Retouch as any installed package's are: by entry point.

`repaint` stands in for a generative model: it knows no masks, keeps no size but its own, and repaints every pixel:
with noise, or, shown a picture in which an area is marked, with noise there and elsewhere with the picture, a little
off in place and colour. A test orders its behaviour in the prompt: `hold FILE` waits until FILE is there, `fail CODE`
raises, `hold-after-first FILE` waits for all images but the first, `hold-first FILE` for the first alone, `fails-once
FILE` makes FILE and raises unless it is there, `short` makes no image, `lingers FILE` waits for FILE once its images
are made, `ignores the mark` paints noise everywhere.

`null` hands back the same two megabytes at once, for measuring the server alone.
"""

import asyncio
import os
import struct
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from retouch.domain.engine import EngineCall, EngineEvent, Made, Offer, Partial, Usage, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import RAW, Format, Picture, Size
from retouch.pixels import load, scale, to_raw

SIZES = (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536))


class Repaint:
    """Noise, from the seed, in a model's own sizes; it runs on when its client leaves, as a provider does."""

    name = "repaint"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._log = settings.get("log")

    def missing(self) -> str | None:
        return None

    def offer(self, wish: Wish) -> Offer:
        return Offer(
            sizes=SIZES if wish.model == "fixed-sizes" else None,
            images_per_call=1,
            seed=True,
            partials=3,
            max_images=16,
            hints=frozenset({"quality", "user"}),
            detached=wish.model != "stops",
            input_formats=frozenset({RAW, "png", "jpeg", "webp"}),
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        if self._log:
            with Path(self._log).open("a") as log:
                log.write(f"call {call.seeds} {len(call.images)}\n")
        words = call.prompt.split()
        await _obey(words)
        for index, seed in enumerate(call.seeds):
            for step in range(call.partial_images):
                yield Partial(index, step, _painted(call, seed + 1000 * (step + 1)))
            if words[0] == "breaks":
                raise RetouchError(Code.UPSTREAM_ERROR, "The test engine broke in the middle")
            if words[0] != "short":
                yield Made(index, _painted(call, seed), revised_prompt=call.prompt)
        if words[0] == "lingers":
            await _sign(Path(words[1]))
        yield Usage(input_text=10, input_image=len(call.images) * 100, output_image=196 * len(call.seeds))

    async def close(self) -> None:
        pass


async def _obey(words: list[str]) -> None:
    """What is ordered before anything is painted."""
    if words[0] == "hold-after-first":
        first = Path(words[1] + ".first")
        words = ["hold", words[1]] if first.exists() else ["paint"]
        first.touch()
    if words[0] == "hold-first":
        first = Path(words[1] + ".first")
        words = ["paint"] if first.exists() else ["hold", words[1]]
        first.touch()
    if words[0] == "hold":
        await _sign(Path(words[1]))
    if words[0] == "fail":
        raise RetouchError(Code(words[1]), "The test engine was told to fail")
    if words[0] == "fails-once" and not Path(words[1]).exists():
        Path(words[1]).touch()
        raise RetouchError(Code.UPSTREAM_ERROR, "The test engine failed this once")
    if words[0] == "crash":
        raise ZeroDivisionError("a secret detail")


async def _sign(file: Path) -> None:
    """Wait for a file that another process makes."""
    while not file.exists():
        await asyncio.sleep(0.01)


class Null:
    """Two megabytes of a provider's finished answer, at once."""

    name = "null"

    def __init__(self, settings: Mapping[str, Any]) -> None:
        megabytes = float(settings.get("megabytes", 1.5))
        self._noise = os.urandom(int(megabytes * 1_000_000))

    def missing(self) -> str | None:
        return None

    def offer(self, wish: Wish) -> Offer:
        return Offer(
            max_images=16, formats=frozenset({Format.PNG}), input_formats=frozenset({"png", "jpeg", "webp"}), seed=True
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        size = call.images[0].size
        # A PNG's chunks, and in them pixels that only an engine that nobody decodes may return.
        head = struct.pack(">II5B", size.width, size.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", self._noise), (b"IEND", b""))
        parts = (struct.pack(">I", len(data)) + name + data + bytes(4) for name, data in chunks)
        png = b"".join((b"\x89PNG\r\n\x1a\n", *parts))
        yield Made(0, Picture(png, "png", size))

    async def close(self) -> None:
        pass


def _painted(call: EngineCall, seed: int) -> Picture:
    """Noise; where the last image is the first with an area marked, the first with noise there."""
    size = call.size or call.images[0].size
    noise = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)
    if "marked in magenta" not in call.prompt or call.prompt.startswith("ignores the mark"):
        return to_raw(noise)
    first, marked = (scale(load(call.images[n], param="image")[:, :, :3], size) for n in (0, -1))
    area = cv2.dilate((cv2.absdiff(first, marked).max(axis=2) > 2).astype(np.uint8), np.ones((5, 5), np.uint8))
    copied = np.where(area[:, :, None] > 0, noise, first)
    moved = cv2.warpAffine(copied, np.array([[1, 0, 2.5], [0, 1, -1.5]], np.float32), (size.width, size.height), None,
        cv2.INTER_LINEAR, cv2.BORDER_REFLECT)  # fmt: skip
    return to_raw(np.clip(np.rint(moved * (1.04, 0.97, 1.0) + (3, -2, 5)), 0, 255).astype(np.uint8))
