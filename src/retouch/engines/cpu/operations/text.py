"""Words on the picture: wrapped and shrunk to fit, outlined to be readable."""

from dataclasses import replace

import cv2
import numpy as np

from retouch.engines.cpu.operations.canvas import Canvas, blend, box_of
from retouch.engines.cpu.operations.curves import Pixels, luma
from retouch.engines.cpu.operations.lettering import Lettering, check_glyphs
from retouch.engines.cpu.steps import Colour, Text

_SMALLEST = 7


def text(canvas: Canvas, step: Text) -> Canvas:
    """Write within the marked area's box, or the whole picture."""
    check_glyphs(step.words)
    left, top, right, bottom = box_of(canvas.mask, canvas.size)
    margin = max(2, round(min(right - left, bottom - top) * 0.045))
    lettering, lines = _fitted(step, right - left - 2 * margin, bottom - top - 2 * margin, min(canvas.size))
    block = lettering.draw(lines, step.position[0])
    width, height = lettering.extent(lines)
    x = _placed(step.position[0], left + margin, right - margin, width) - lettering.size
    y = _placed(step.position[1], top + margin, bottom - margin, height) - lettering.size
    ink_share = _laid_out(block, (x, y), canvas.size)
    edge_share = _laid_out(_thickened(block, max(1.0, lettering.size * 0.05)), (x, y), canvas.size)
    ink = step.colour or _readable(canvas.rgb, edge_share)
    edge: Colour = (0, 0, 0) if 2 * ink[0] + 5 * ink[1] + ink[2] > 8 * 110 else (255, 255, 255)
    return _written(_written(canvas, edge_share, edge, step.opacity), ink_share, ink, step.opacity)


def _placed(third: int, low: int, high: int, size: int) -> int:
    """Where a block of this size starts in the first, middle or last third of low..high."""
    return (low, (low + high - size) // 2, high - size)[third]


def _fitted(step: Text, width: int, height: int, short: int) -> tuple[Lettering, list[str]]:
    """The largest lettering up to the wanted size, and its lines, that fit."""
    size = float(step.pixels or max(14, round(short * 0.085 * step.scale)))
    while True:
        lettering = Lettering(round(size), step.bold)
        lines = lettering.wrapped(step.words, width)
        across, down = lettering.extent(lines)
        if (across <= width and down <= height) or size <= _SMALLEST:
            return lettering, lines
        size = max(_SMALLEST, min(size - 1, size * 0.9))


def _thickened(block: Pixels, radius: float) -> Pixels:
    """The block grown by about so many pixels, its rim smooth."""
    reach = int(np.ceil(radius))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(block, disc), (0, 0), 0.6 + radius / 8), np.uint8)


def _laid_out(block: Pixels, at: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """The block on an empty sheet of the picture's size, cut where it leaves it."""
    sheet = np.zeros((size[1], size[0]), np.uint8)
    x, y = at
    left, top = max(0, x), max(0, y)
    right, bottom = min(size[0], x + block.shape[1]), min(size[1], y + block.shape[0])
    if right > left and bottom > top:
        sheet[top:bottom, left:right] = block[top - y : bottom - y, left - x : right - x]
    return sheet


def _readable(image: Pixels, share: Pixels) -> Colour:
    """White on dark, near-black on light."""
    left, top, right, bottom = box_of(share, (image.shape[1], image.shape[0]))
    return (20, 20, 20) if luma(image[top:bottom, left:right]).mean() > 170 else (255, 255, 255)


def _written(canvas: Canvas, cover: Pixels, ink: Colour, opacity: float) -> Canvas:
    """One colour over the picture where cover (h, w) says, within the mask."""
    share = cover if canvas.mask is None else np.minimum(cover, canvas.mask)
    if opacity < 1:
        share = np.asarray(np.rint(share * opacity), np.uint8)
    flat = np.empty_like(canvas.rgb)
    flat[:] = ink
    if canvas.alpha is None:
        return canvas.painted(blend(canvas.rgb, flat, share))
    over, own = share.astype(np.float32) / 255, canvas.alpha.astype(np.float32) / 255
    alpha = over + own * (1 - over)
    weight = (over / np.maximum(alpha, 1e-6))[..., None]
    rgb = np.rint(canvas.rgb * (1 - weight) + flat * weight).astype(np.uint8)
    return replace(canvas, rgb=rgb, alpha=np.rint(alpha * 255).astype(np.uint8))
