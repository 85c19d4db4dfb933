"""Bringing a picture, and its mask by the same geometry, to a frame of another aspect."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np

from retouch.domain.edit import Fit
from retouch.domain.picture import Size
from retouch.pixels.arrays import Grey, Pixels
from retouch.pixels.scale import scale, scale_mask

Pad = Literal["white", "transparent"]

#: Source pixels kept around the part that cover shows, so that the kernel sees its neighbours (Lanczos has 3 lobes).
_LOBES = 3


@dataclass(frozen=True, slots=True)
class Geometry:
    """The source's box to take, the size to scale it to, and where that lies against the frame.

    `left` and `top` are negative where the frame cuts (cover), positive where it pads (contain).
    """

    box: tuple[int, int, int, int]
    scaled: Size
    left: int
    top: int


def geometry(source: Size, target: Size, fit: Fit) -> Geometry:
    """How `fit` brings a picture of size `source` to `target`; the same for pixels and masks."""
    whole = (0, 0, source.width, source.height)
    if fit is Fit.STRETCH or source == target:
        return Geometry(whole, target, 0, 0)
    ratios = target.width / source.width, target.height / source.height
    ratio = max(ratios) if fit is Fit.COVER else min(ratios)
    if fit is Fit.CONTAIN:
        scaled = Size(*(max(1, round(edge * ratio)) for edge in (source.width, source.height)))
        return Geometry(whole, scaled, (target.width - scaled.width) // 2, (target.height - scaled.height) // 2)
    x0, x1, width, left = _span(source.width, target.width, ratio)
    y0, y1, height, top = _span(source.height, target.height, ratio)
    return Geometry((x0, y0, x1, y1), Size(width, height), left, top)


def _span(source: int, target: int, ratio: float) -> tuple[int, int, int, int]:
    """Along one edge of cover: first and last source pixel, their scaled length, and the offset (0 or negative).

    Only what will be seen is scaled, or a strip of 1x40,000 pixels would be scaled to gigabytes.
    """
    if round(source * ratio) <= target:
        return 0, source, target, 0
    margin = ceil(_LOBES * max(1.0, 1 / ratio))
    visible = target / ratio
    first = max(0, int((source - visible) / 2) - margin)
    last = source - first
    scaled = max(target, round((last - first) * ratio))
    return first, last, scaled, -((scaled - target) // 2)


def frame(pixels: Pixels, size: Size, fit: Fit, *, pad: Pad) -> Pixels:
    """Bring (h, w, 3 or 4) to exactly `size`.

    cover scales and cuts the centre, contain scales and pads (white, or fully transparent with an alpha channel
    added), stretch scales alone. The same array where the size is already right.
    """
    if pixels.shape[:2] == (size.height, size.width):
        return pixels
    plan = geometry(Size(pixels.shape[1], pixels.shape[0]), size, fit)
    x0, y0, x1, y1 = plan.box
    scaled = scale(pixels[y0:y1, x0:x1], plan.scaled)
    if plan.scaled == size:
        return scaled
    if fit is Fit.COVER:
        return np.ascontiguousarray(scaled[-plan.top :, -plan.left :][: size.height, : size.width])
    return _padded(scaled, size, plan, pad)


def frame_mask(grey: Grey, size: Size, fit: Fit) -> Grey:
    """Bring a mask (h, w) to exactly `size` as `frame` does its picture.

    Padding is 0, "keep": contain promises padding, so an edit under a mask leaves it as it is.
    """
    if grey.shape == (size.height, size.width):
        return grey
    plan = geometry(Size(grey.shape[1], grey.shape[0]), size, fit)
    x0, y0, x1, y1 = plan.box
    scaled = scale_mask(grey[y0:y1, x0:x1], plan.scaled)
    if plan.scaled == size:
        return scaled
    if fit is Fit.COVER:
        return np.ascontiguousarray(scaled[-plan.top :, -plan.left :][: size.height, : size.width])
    out = np.zeros((size.height, size.width), np.uint8)
    out[plan.top : plan.top + scaled.shape[0], plan.left : plan.left + scaled.shape[1]] = scaled
    return out


def _padded(scaled: Pixels, size: Size, plan: Geometry, pad: Pad) -> Pixels:
    height, width, channels = scaled.shape
    inside = slice(plan.top, plan.top + height), slice(plan.left, plan.left + width)
    out = np.full((size.height, size.width, 4 if pad == "transparent" else channels), 255, np.uint8)
    out[inside][:, :, :channels] = scaled
    if pad == "transparent":
        alpha = np.zeros((size.height, size.width), np.uint8)
        alpha[inside] = scaled[:, :, 3] if channels == 4 else 255
        out[:, :, 3] = alpha
    return out
