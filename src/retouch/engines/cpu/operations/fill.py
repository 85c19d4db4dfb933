"""Filling: removal, holes, and margins beyond the picture."""

from dataclasses import replace

import cv2
import numpy as np

from retouch.domain.errors import Code, RetouchError, invalid_mask
from retouch.engines.cpu.grammar.examples import can_do
from retouch.engines.cpu.inpaint import border_depths, check_outpaint, grow, inpaint
from retouch.engines.cpu.operations.canvas import Canvas, Pixels, blend
from retouch.engines.cpu.steps import EXTEND_LIMIT, Extend, Fill, FillTransparent, Remove

#: Inpainting is solved at no more than this; finer texture is put back afterwards.
_SOLVED = 1024


def remove(canvas: Canvas, _step: Remove) -> Canvas:
    """Fill the marked area from its surroundings. What stood at its very edge must not be copied back in, so the
    hole solved is a little larger than the area; only the area changes."""
    area = _hole(canvas)
    if canvas.mask is None:
        return _backed(canvas, area)
    return _filled(canvas, grow(area, max(canvas.size)), area)


def fill(canvas: Canvas, _step: Fill | FillTransparent) -> Canvas:
    """Fill the marked area, or the picture's own transparent pixels."""
    area = _hole(canvas)
    left, top, right, bottom = borders = border_depths(area)
    width, height = canvas.size
    if max(borders):
        check_outpaint((max(1, width - left - right), max(1, height - top - bottom)), borders)
    return _filled(canvas, area, area) if canvas.mask is not None else _backed(canvas, area)


def _backed(canvas: Canvas, hole: Pixels) -> Canvas:
    """The picture over a filling of all that shows through it; opaque."""
    solved = inpaint(canvas.rgb, hole, seed=canvas.seed, longest=min(_SOLVED, canvas.longest or _SOLVED))
    return replace(canvas, rgb=blend(canvas.rgb, solved, hole), alpha=None)


def _hole(canvas: Canvas) -> Pixels:
    """The marked area, or what is transparent. Raises INVALID_MASK where nothing is."""
    if canvas.mask is not None:
        if not canvas.mask.any():
            raise invalid_mask("The mask marks nothing to edit.")
        return canvas.mask
    if canvas.alpha is None or not (canvas.alpha < 255).any():
        raise RetouchError(
            Code.MASK_REQUIRED,
            "The image has no transparent areas to fill: mark the area with a mask.",
            param="mask",
            extras={"not_understood": [], "can_do": can_do()},
        )
    return np.asarray(255 - canvas.alpha, np.uint8)


def _filled(canvas: Canvas, hole: Pixels, area: Pixels) -> Canvas:
    # What lies under transparency is nobody's picture: it must not be copied into the hole, nor show through.
    if canvas.alpha is not None:
        hole = np.maximum(hole, np.where(canvas.alpha < 128, 255, 0).astype(np.uint8))
    solved = inpaint(canvas.rgb, hole, seed=canvas.seed, longest=min(_SOLVED, canvas.longest or _SOLVED))
    if canvas.alpha is None:
        return canvas.painted(blend(canvas.rgb, solved, area))
    weight = area.astype(np.float32) / 255
    own = canvas.alpha.astype(np.float32) / 255 * (1 - weight)
    alpha = own + weight
    share = (weight / np.maximum(alpha, 1e-6))[..., None]
    rgb = np.rint(canvas.rgb * (1 - share) + solved * share).astype(np.uint8)
    opaque = np.rint(alpha * 255).astype(np.uint8)
    return replace(canvas, rgb=rgb, alpha=None if (opaque == 255).all() else opaque)


def extend(canvas: Canvas, step: Extend) -> Canvas:
    """Enlarge the canvas and draw the new margins. Raises INVALID_REQUEST beyond EXTEND_LIMIT of a side."""
    width, height = canvas.size
    left, right, top, bottom = step.margins(canvas.size)
    if max(left, right) > EXTEND_LIMIT * width + 1 or max(top, bottom) > EXTEND_LIMIT * height + 1:
        raise RetouchError(
            Code.PROMPT_NOT_SUPPORTED,
            f"An image can be extended by at most {EXTEND_LIMIT:.0%} of its length on a side.",
            param="prompt",
            extras={"not_understood": [], "can_do": can_do()},
        )
    around = (top, bottom, left, right)
    rgb = np.asarray(cv2.copyMakeBorder(canvas.rgb, *around, cv2.BORDER_REFLECT_101), np.uint8)
    hole = np.asarray(
        cv2.copyMakeBorder(np.zeros((height, width), np.uint8), *around, cv2.BORDER_CONSTANT, value=255), np.uint8
    )
    alpha = None
    if canvas.alpha is not None:
        alpha = np.asarray(cv2.copyMakeBorder(canvas.alpha, *around, cv2.BORDER_CONSTANT, value=0), np.uint8)
    if not hole.any():
        return canvas
    return _filled(replace(canvas, rgb=rgb, alpha=alpha, mask=None), hole, hole)
