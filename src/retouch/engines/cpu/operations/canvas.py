"""What an operation works on, and what it may know."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.foreground import foreground
from retouch.engines.cpu.grammar.examples import can_do
from retouch.engines.cpu.steps import Area, Step

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Source:
    """A further picture of an edit: its size, pixels, and how to get its pixels, (h, w, 3 or 4) with straight alpha.

    It is read when it is needed, so that a worker holds one of many at a time.
    """

    size: tuple[int, int]
    read: Callable[[], Pixels]

    @classmethod
    def of(cls, canvas: "Canvas") -> "Source":
        """The canvas's own picture."""
        return cls(canvas.size, lambda: canvas.pixels)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture under edit.

    rgb: (h, w, 3) uint8. alpha: (h, w) uint8, straight, or None where the picture is opaque. mask: (h, w) uint8,
    255 = edit, or None for the whole image. seed: what varied operations draw from. longest: the bound, pixels,
    of a preview, or None. others: the pictures to be put together with this one, in order.
    """

    rgb: Pixels
    alpha: Pixels | None = None
    mask: Pixels | None = None
    seed: int = 0
    longest: int | None = None
    others: tuple[Source, ...] = ()

    @property
    def pixels(self) -> Pixels:
        """Colours, and alpha where there is any: (h, w, 3 or 4)."""
        return self.rgb if self.alpha is None else np.dstack([self.rgb, self.alpha])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def painted(self, rgb: Pixels) -> "Canvas":
        """The same canvas with other colours."""
        return replace(self, rgb=rgb)


#: An operation takes the canvas and its own kind of step.
Operation = Callable[[Canvas, Any], Canvas]


def blend(below: Pixels, above: Pixels, share: Pixels | None) -> Pixels:
    """`above` where share (h, w) is 255, `below` where it is 0, in proportion between; exact at both ends."""
    if share is None:
        return above
    rows = np.flatnonzero(share.any(axis=1))
    if rows.size == 0:
        return below
    out = below.copy()
    for top in range(rows[0], rows[-1] + 1, 256):
        part = slice(top, min(top + 256, rows[-1] + 1))
        weight = share[part, :, None].astype(np.uint32)
        out[part] = (below[part] * (255 - weight) + above[part] * weight + 127) // 255
    return out


def find_background(canvas: Canvas) -> Pixels:
    """How much of each pixel is background, (h, w) uint8: the mask, the picture's own alpha, or the plain-backdrop
    model. Raises MASK_REQUIRED where none of them tells."""
    if canvas.mask is not None:
        return canvas.mask
    if canvas.alpha is not None and (canvas.alpha < 8).any():
        return np.asarray(255 - canvas.alpha, np.uint8)
    subject = foreground(canvas.rgb)
    if subject is None:
        raise RetouchError(
            Code.MASK_REQUIRED,
            "The background is too busy for the built-in editor to find by itself: mark the background with a mask.",
            param="mask",
            extras={"not_understood": [], "can_do": can_do()},
        )
    return np.asarray(255 - subject, np.uint8)


def area_of(canvas: Canvas, step: Step) -> Pixels | None:
    """Where a step acts, (h, w) uint8, or None for everywhere."""
    if step.area is Area.BACKGROUND:
        return find_background(canvas)
    if step.area is Area.SUBJECT:
        return np.asarray(255 - find_background(canvas), np.uint8) if canvas.mask is None else canvas.mask
    return canvas.mask


def colours(change: Callable[[Pixels, Any], Pixels]) -> Operation:
    """An operation that changes colours within the step's area, from a function of the whole picture's pixels."""

    def perform(canvas: Canvas, step: Step) -> Canvas:
        area = area_of(canvas, step)
        return canvas.painted(blend(canvas.rgb, change(canvas.rgb, step), area))

    return perform


def box_of(area: Pixels | None, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of an area (everything for None or an empty one), pixels."""
    if area is None or not area.any():
        return 0, 0, size[0], size[1]
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
