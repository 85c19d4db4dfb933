"""Masks on engines that have none: what such an engine is shown, and its answer put back into the source.

It is shown the area to edit with context round it, at a size that it draws, rather than the whole picture: what it
repaints is then as large and as sharp as it can be, and what it gets wrong elsewhere is not looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from retouch.domain.edit import Fit
from retouch.domain.picture import Size
from retouch.finishing.register import register
from retouch.finishing.window import DRAWN, ENLARGED, Box, box_of, cut, paste, window
from retouch.pixels import Grey, Pixels, alpha_like, frame, scale, size_of

#: A crop this near to the aspect of what is drawn is scaled to it, and back, rather than padded.
_SAME_ASPECT = 0.01


@dataclass(frozen=True, slots=True)
class Look:
    """How an engine without masks draws: `sizes` it has, if it has a list; the one that `native` says serves a size
    best, None where any will do; `guided` if it can be shown one more picture in which the area is marked."""

    sizes: tuple[Size, ...] | None
    native: Callable[[Size], Size | None]
    guided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """What of the source an engine is shown: `box`, in the middle of a `canvas` of the aspect that is `drawn`."""

    box: Box
    canvas: Size
    drawn: Size

    @classmethod
    def on(cls, weights: Grey, look: Look) -> "Focus":
        """Where to look in a picture whose area to edit these weights, (h, w), mark (not all 0)."""
        box = window(box_of(weights), size_of(weights), native=look.sizes)
        drawn = look.native(box.size) or _enlarged(box.size)
        return cls(box=box, canvas=_canvas(box.size, drawn), drawn=drawn)

    def shown(self, crop: Pixels) -> Pixels:
        """What the engine is shown of the box, (h, w, 3 or 4): padding mirrors it, so that it draws no edge there."""
        if self.canvas != self.box.size:
            inner = self._inner
            right, bottom = self.canvas.width - inner.right, self.canvas.height - inner.bottom
            padded = cv2.copyMakeBorder(crop, inner.top, bottom, inner.left, right, cv2.BORDER_REFLECT)
            crop = np.asarray(padded, np.uint8)
        return scale(np.ascontiguousarray(crop), self.drawn)

    def put_back(self, answer: Pixels, source: Pixels, weights: Grey) -> Pixels:
        """The source with the engine's answer fitted into the box. Raises UPSTREAM_ERROR (see `register`)."""
        crop = cut(frame(answer, self.canvas, Fit.COVER, pad="white"), self._inner)
        fitted = register(np.ascontiguousarray(crop), cut(source, self.box), cut(weights, self.box))
        return paste(alpha_like(source, fitted), alpha_like(fitted, source), self.box)

    @property
    def _inner(self) -> Box:
        """The box on its canvas."""
        left, top = (self.canvas.width - self.box.width) // 2, (self.canvas.height - self.box.height) // 2
        return Box(left, top, self.box.width, self.box.height)


def _enlarged(size: Size) -> Size:
    ratio = min(max(1.0, DRAWN / size.longest), ENLARGED)
    return Size(round(size.width * ratio), round(size.height * ratio))


def _canvas(box: Size, drawn: Size) -> Size:
    """The smallest size of the drawn aspect that holds the box."""
    wanted, ours = drawn.width / drawn.height, box.width / box.height
    if abs(wanted / ours - 1) <= _SAME_ASPECT:
        return box
    if wanted > ours:
        return Size(round(box.height * wanted), box.height)
    return Size(box.width, round(box.width / wanted))
