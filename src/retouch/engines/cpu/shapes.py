"""The steps that change a picture's shape: turn, mirror, crop, scale, frame. Standard library only."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from retouch.engines.cpu.steps import Colour, Span, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate(Step):
    """Turn clockwise by so many degrees; other than quarter turns are cut to the largest upright rectangle."""

    name: ClassVar[str] = "rotate"
    reshapes: ClassVar[bool] = True
    degrees: float

    @property
    def quarters(self) -> int | None:
        """Clockwise quarter turns (0 to 3), or None for a free angle."""
        return None if self.degrees % 90 else int(self.degrees % 360 // 90)

    def size_after(self, size: Span) -> Span:
        if self.quarters is not None:
            return size if self.quarters % 2 == 0 else (size[1], size[0])
        return inscribed(size, math.radians(self.degrees))

    @property
    def note(self) -> str | None:
        return None if self.quarters is not None else "the corners that a free rotation leaves empty are cropped away"


def inscribed(size: Span, angle: float) -> Span:
    """The largest upright rectangle inside a rectangle turned by `angle` radians, whole pixels."""
    width, height = size
    sin, cos = abs(math.sin(angle)), abs(math.cos(angle))
    long, short = max(size), min(size)
    if short <= 2 * sin * cos * long or abs(sin - cos) < 1e-10:
        half = short / 2
        across, down = (half / sin, half / cos) if width >= height else (half / cos, half / sin)
    else:
        double = cos * cos - sin * sin
        across, down = (width * cos - height * sin) / double, (height * cos - width * sin) / double
    return max(1, math.floor(across)), max(1, math.floor(down))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip(Step):
    """Mirror left to right, or top to bottom."""

    name: ClassVar[str] = "flip"
    # The size stays, yet finishing must not put unmirrored pixels back: it is a change of shape.
    reshapes: ClassVar[bool] = True
    axis: Literal["horizontal", "vertical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CropRatio(Step):
    """The largest centred rectangle of an aspect."""

    name: ClassVar[str] = "crop_ratio"
    reshapes: ClassVar[bool] = True
    across: float
    down: float

    def size_after(self, size: Span) -> Span:
        width, height = size
        if width * self.down > height * self.across:
            return max(1, round(height * self.across / self.down)), height
        return width, max(1, round(width * self.down / self.across))


@dataclass(frozen=True, slots=True, kw_only=True)
class CropPixels(Step):
    """A centred rectangle of so many pixels, no larger than the image."""

    name: ClassVar[str] = "crop"
    reshapes: ClassVar[bool] = True
    width: int
    height: int

    def size_after(self, size: Span) -> Span:
        return min(size[0], self.width), min(size[1], self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim(Step):
    """Cut away a share (or pixels) of each side."""

    name: ClassVar[str] = "crop"
    reshapes: ClassVar[bool] = True
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    unit: Literal["share", "px"] = "share"

    def margins(self, size: Span) -> tuple[int, int, int, int]:
        """Left, right, top, bottom in pixels for a source of this width and height."""
        across, down = (1, 1) if self.unit == "px" else size
        return (
            round(self.left * across),
            round(self.right * across),
            round(self.top * down),
            round(self.bottom * down),
        )

    def size_after(self, size: Span) -> Span:
        left, right, top, bottom = self.margins(size)
        return max(1, size[0] - left - right), max(1, size[1] - top - bottom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Step):
    """Enlarge or reduce by a factor."""

    name: ClassVar[str] = "upscale"
    reshapes: ClassVar[bool] = True
    factor: float

    @property
    def label(self) -> str:
        return "upscale" if self.factor > 1 else "downscale"

    def size_after(self, size: Span) -> Span:
        return max(1, round(size[0] * self.factor)), max(1, round(size[1] * self.factor))

    @property
    def note(self) -> str | None:
        return "enlarged by Lanczos resampling, which adds no detail" if self.factor > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame(Step):
    """A border of one colour around the image; `share` of the shorter side, unless `pixels` is given."""

    name: ClassVar[str] = "border"
    reshapes: ClassVar[bool] = True
    colour: Colour
    share: float = 0.05
    pixels: int | None = None

    def margin(self, size: Span) -> int:
        """The border's width in pixels for a source of this width and height."""
        return self.pixels if self.pixels is not None else max(1, round(self.share * min(size)))

    def size_after(self, size: Span) -> Span:
        margin = self.margin(size)
        return size[0] + 2 * margin, size[1] + 2 * margin
