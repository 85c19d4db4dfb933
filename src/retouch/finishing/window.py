"""The part of a picture that a model should see: the area to edit, large enough, with context round it."""

from dataclasses import dataclass
from math import ceil, sqrt

import cv2

from retouch.domain.picture import Size
from retouch.pixels import Grey, Pixels

#: The least context on each side, in pixels, and as a share of the area's longer side.
_MARGIN, _MARGIN_SHARE = 64, 0.25
#: A crop that leaves out less of the picture than this is not worth its context.
_NEARLY_ALL = 0.8
#: The longer edge of what models draw where nobody says, and how far a crop is enlarged to it at most: beyond that
#: the model sees a blur.
DRAWN, ENLARGED = 1024, 4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond it."""
        return self.top + self.height


def box_of(weights: Grey) -> Box:
    """The bounding box of what is not 0 in (h, w); empty, at the corner, where all is 0."""
    left, top, width, height = (int(edge) for edge in cv2.boundingRect(weights))
    return Box(left, top, width, height)


def grown(box: Box, margin: int, size: Size) -> Box:
    """The box with so many pixels more on each side, as far as a picture of this size goes."""
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    right, bottom = min(size.width, box.right + margin), min(size.height, box.bottom + margin)
    return Box(left, top, right - left, bottom - top)


def window(area: Box, size: Size, *, native: tuple[Size, ...] | None = None, coverage_goal: float = 0.3) -> Box:
    """The crop of a picture of `size` that shows `area`, a box inside it, with context: pure.

    The area's box fills about `coverage_goal` (above 0, to 1) of the crop, less where that leaves under 64 pixels or
    a quarter of its longer side round it, or a crop so small that it would have to be enlarged more than fourfold.
    With `native` sizes the crop has the aspect of one of them, to the nearest pixel. At the picture's borders it is
    shifted rather than shrunk. The whole picture where the crop would be most of it, or where no native aspect holds
    the area with its context.
    """
    margin = max(_MARGIN, ceil(_MARGIN_SHARE * max(area.width, area.height)))
    # Both edges grow alike or not at all, so the least crop never asks for more than the picture has.
    least = Size(min(size.width, area.width + 2 * margin), min(size.height, area.height + 2 * margin))
    goal = area.width * area.height / coverage_goal
    crops = (_crop(least, goal, size, shape) for shape in (native or (None,)))
    fitting = (crop for crop in crops if crop is not None and crop.area <= _NEARLY_ALL * size.area)
    best = min(fitting, key=lambda crop: crop.area, default=size)
    return Box(
        _shifted(area.left, area.width, best.width, size.width),
        _shifted(area.top, area.height, best.height, size.height),
        best.width,
        best.height,
    )


def cut(pixels: Pixels, box: Box) -> Pixels:
    """The box of (h, w, any) or (h, w), as a view."""
    return pixels[box.top : box.bottom, box.left : box.right]


def paste(pixels: Pixels, crop: Pixels, box: Box) -> Pixels:
    """A copy of (h, w, c) with `crop`, (box.height, box.width, c), in the box."""
    out = pixels.copy()
    cut(out, box)[...] = crop
    return out


def _crop(least: Size, goal: float, size: Size, native: Size | None) -> Size | None:
    """The smallest crop of this aspect (None: the least crop's) with all that is asked; None where it cannot fit."""
    shape = native or least
    smallest = (native.longest if native else DRAWN) / ENLARGED
    unit = max(
        least.width / shape.width, least.height / shape.height, sqrt(goal / shape.area), smallest / shape.longest
    )
    if native is None:  # free: where one edge ends at the picture's, the other makes up for it
        width = min(size.width, ceil(shape.width * unit))
        height = min(size.height, max(ceil(shape.height * unit), ceil(goal / width)))
        return Size(min(size.width, max(width, ceil(goal / height))), height)
    room = min(size.width / shape.width, size.height / shape.height)
    needed = max(least.width / shape.width, least.height / shape.height)
    unit = min(unit, room)  # less context than the goal, but never less than the least
    return Size(round(shape.width * unit), round(shape.height * unit)) if needed <= room else None


def _shifted(start: int, length: int, wanted: int, whole: int) -> int:
    """Where a crop of `wanted` pixels begins to have `length` pixels from `start` in its middle, inside the whole."""
    return max(0, min(whole - wanted, start - (wanted - length) // 2))
