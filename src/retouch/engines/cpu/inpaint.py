"""Fill holes in a picture with what surrounds them."""

import cv2
import numpy as np
import patchmatch

from retouch.engines.cpu.grain import regrain
from retouch.engines.cpu.holes import (
    Pixels,
    Window,
    border_depths,
    check_hole,
    check_outpaint,
    grow,
    windows,
)
from retouch.engines.cpu.shade import even_out

__all__ = ["border_depths", "check_outpaint", "grow", "inpaint"]

#: Radius of the compared patches (7 x 7 pixels): larger ones smear and take longer.
PATCH = 3
#: Holes at most two pixels wide hold no texture to search for; diffusion is as good, and immediate.
THIN = 1.5
#: Below this a picture has no patch to copy.
SMALLEST = 4 * PATCH


def inpaint(image: Pixels, hole: Pixels, *, seed: int, longest: int = 1024) -> Pixels:
    """Return `image` with the hole synthesised from its surroundings; pixels outside the hole are untouched.

    `image` is uint8 (h, w, 3) RGB, `hole` uint8 (h, w) where every nonzero pixel is synthesised (blending a soft edge
    is the caller's). Each cluster of holes is solved with at most `longest` pixels on its window's longer edge; small
    values give quick previews. Equal arguments give equal bytes. Raises RetouchError (INVALID_MASK) if 95 % or more
    of the picture is hole.
    """
    check_hole(hole)
    filled = image.copy()
    if not hole.any():
        return filled
    unknown = np.asarray(np.where(hole > 0, 255, 0), np.uint8)
    for window in windows(hole, longest):
        view = filled[window.rows, window.columns]
        others = np.asarray(unknown[window.rows, window.columns] & ~window.hole, np.uint8)
        solved = _solve(np.ascontiguousarray(view), window, others, seed=seed, longest=longest)
        view[window.hole > 0] = solved[window.hole > 0]
        unknown[window.rows, window.columns][window.hole > 0] = 0
    return filled


def _solve(view: Pixels, window: Window, others: Pixels, *, seed: int, longest: int) -> Pixels:
    """The window with its hole filled; pixels of `others` are holes of later windows, never a source."""
    if min(window.hole.shape) < SMALLEST or _is_thin(window.hole):
        return _diffuse(view, window.hole | others)
    if window.longest <= longest:
        return _match(view, window.hole, others, seed)
    small, small_hole, small_others = _shrink(view, window.hole, others, longest)
    if min(small_hole.shape) < SMALLEST or (small_hole | small_others).all():
        return _diffuse(view, window.hole | others)
    return regrain(view, window.hole | others, _match(small, small_hole, small_others, seed), seed=seed)


def _is_thin(hole: Pixels) -> bool:
    padded = np.pad(hole, 1)
    return float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) <= THIN


def _diffuse(view: Pixels, hole: Pixels) -> Pixels:
    return np.asarray(cv2.inpaint(view, hole, 3, cv2.INPAINT_TELEA), np.uint8)


def _match(view: Pixels, hole: Pixels, others: Pixels, seed: int) -> Pixels:
    # The library keeps its seed from call to call, so it is set before each.
    patchmatch.set_random_seed(seed)
    forbidden = others if others.any() else None
    solved = np.asarray(patchmatch.inpaint(view, hole, global_mask=forbidden, patch_size=PATCH), np.uint8)
    # Beyond the picture's border there is no far rim to interpolate to, and patches guess better than shading does.
    return solved if any(border_depths(hole)) else even_out(solved, hole, hole | others)


def _shrink(view: Pixels, hole: Pixels, others: Pixels, longest: int) -> tuple[Pixels, Pixels, Pixels]:
    """View and masks at `longest`, averaging only pixels that are known: what lies in the hole must not leak out."""
    height, width = hole.shape
    size = tuple(max(1, round(n * longest / max(height, width))) for n in (width, height))
    known = ((hole | others) == 0).astype(np.float32)
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(view.astype(np.float32) * known[..., None], size, interpolation=cv2.INTER_AREA)
    mean = np.clip(np.rint(total / np.maximum(share, 1e-6)[..., None]), 0, 255).astype(np.uint8)
    theirs = cv2.resize(others, size, interpolation=cv2.INTER_AREA)
    open_ = share < 0.5
    return (
        np.ascontiguousarray(mean),
        np.where(open_ & (theirs < 128), 255, 0).astype(np.uint8),
        np.where(open_ & (theirs >= 128), 255, 0).astype(np.uint8),
    )
