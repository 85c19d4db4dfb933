"""Where the holes are: their borders, their neighbourhoods, and what is too much to invent.

A hole mask is uint8 (h, w); every nonzero pixel is to be synthesised.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.domain.errors import invalid_mask

Pixels = NDArray[np.uint8]

#: Share of the picture above which nothing is left to take texture from.
MOST = 0.95
#: Share of the resulting side that outpainting may invent, with room for rounding up to whole pixels.
DEEPEST = 0.255
#: Part of the longer side by which a removal mask is grown: masks drawn by hand miss the object's rim.
GROWTH = 0.006
#: Context round a hole, in units of its longer side, and at least so many pixels.
MARGIN, LEAST_MARGIN = 1.5, 96


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the picture that is solved by itself: rows and columns, and the hole inside it (0 or 255)."""

    rows: slice
    columns: slice
    hole: Pixels

    @property
    def longest(self) -> int:
        """The longer edge, pixels."""
        height, width = self.hole.shape
        return int(max(height, width))


def check_hole(hole: Pixels) -> None:
    """Refuse (INVALID_MASK) a hole that leaves too little of the picture to continue from."""
    share = float(np.count_nonzero(hole)) / hole.size
    if share >= MOST:
        raise invalid_mask(
            f"The mask covers {share:.0%} of the image; this editor fills from what surrounds the masked area, "
            f"so less than {MOST:.0%} may be masked."
        )


def grow(hole: Pixels, longer_side: int) -> Pixels:
    """The hole dilated by about 0.6 % of `longer_side` pixels (at least 1): 0 or 255, same shape."""
    reach = max(1, round(GROWTH * longer_side))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(_binary(hole), disc), np.uint8)


def border_depths(hole: Pixels) -> tuple[int, int, int, int]:
    """How many whole rows or columns are hole at the (left, top, right, bottom) borders, in pixels."""
    columns, rows = np.all(hole > 0, axis=0), np.all(hole > 0, axis=1)
    return _run(columns), _run(rows), _run(columns[::-1]), _run(rows[::-1])


def check_outpaint(size: tuple[int, int], borders: tuple[int, int, int, int]) -> None:
    """Refuse (INVALID_MASK) borders deeper than a quarter of the resulting side.

    `size` is (width, height) of the picture before it is extended, `borders` the pixels added at
    (left, top, right, bottom).
    """
    left, top, right, bottom = borders
    width, height = size[0] + left + right, size[1] + top + bottom
    for name, depth, side in zip(
        ("left", "top", "right", "bottom"), borders, (width, height, width, height), strict=True
    ):
        if depth > max(1, DEEPEST * side):
            raise invalid_mask(
                f"The {name} side would be extended by {depth} of {side} pixels ({depth / side:.0%}); "
                "this editor continues a picture by at most 25% of the resulting side."
            )


def windows(hole: Pixels, longest: int) -> list[Window]:
    """Cut the picture into windows round clusters of holes, near ones together.

    Distant holes are solved apart, which is quicker and sharper, unless their windows together would cost more
    than one window round all of them (`longest` is the edge that a window is solved at).
    """
    binary = _binary(hole)
    boxes, labels = _clusters(binary)
    apart = [_surroundings(box, binary.shape) for box in boxes]
    together = _surroundings(_union(boxes), binary.shape)
    if sum(_cost(box, longest) for box in apart) > _cost(together, longest):
        return [_window(together, binary)]
    return [_window(box, np.where(labels == i + 1, binary, 0)) for i, box in enumerate(apart)]


def _binary(hole: Pixels) -> Pixels:
    return np.asarray(np.where(hole > 0, 255, 0), np.uint8)


def _run(full: NDArray[np.bool_]) -> int:
    return int(full.size if full.all() else np.argmin(full))


#: x0, y0, x1, y1; the last two are one past the end.
Box = tuple[int, int, int, int]


def _clusters(binary: Pixels) -> tuple[list[Box], NDArray[np.int64]]:
    """Boxes round groups of holes that lie closer than a fraction of the picture, and a map of groups from 1."""
    gap = max(8, max(binary.shape) // 32)
    joined = cv2.dilate(binary, np.ones((gap | 1, gap | 1), np.uint8))
    count, near = cv2.connectedComponents(joined)
    labels = np.where(binary > 0, near, 0).astype(np.int64)
    ys, xs = np.nonzero(binary)
    points, groups = np.stack([xs, ys], 1), labels[ys, xs]
    low, high = np.full((count, 2), max(binary.shape)), np.zeros((count, 2), int)
    np.minimum.at(low, groups, points)
    np.maximum.at(high, groups, points + 1)
    boxes = [(int(x0), int(y0), int(x1), int(y1)) for (x0, y0), (x1, y1) in zip(low[1:], high[1:], strict=True)]
    return boxes, labels


def _union(boxes: list[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _surroundings(box: Box, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = box
    margin = max(LEAST_MARGIN, round(MARGIN * max(x1 - x0, y1 - y0)))
    return max(0, x0 - margin), max(0, y0 - margin), min(shape[1], x1 + margin), min(shape[0], y1 + margin)


def _window(box: Box, binary: Pixels) -> Window:
    x0, y0, x1, y1 = box
    rows, columns = slice(y0, y1), slice(x0, x1)
    return Window(rows, columns, np.ascontiguousarray(binary[rows, columns]))


def _cost(box: Box, longest: int) -> float:
    """Pixels of the window once it has been brought down to `longest`."""
    width, height = box[2] - box[0], box[3] - box[1]
    return width * height * min(1.0, longest / max(width, height)) ** 2
