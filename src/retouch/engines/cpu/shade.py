"""Give a filled hole in a smooth area the shading of what lies round it.

Copied patches of sky carry the shade of where they came from. Where the surroundings are smooth, the slow changes of
colour are better interpolated across the hole, and only the fine detail taken from the patches.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: The shading is interpolated on a grid with so many cells along the longer edge of the hole and its rim.
CELLS = 48
#: Mean deviation (levels) from the shading up to which a cell is smooth, and from which on it is texture.
SMOOTH, TEXTURED = 2.0, 5.0
#: Enough for a hole that fills most of the grid: the slowest wave fades to less than a hundredth.
SWEEPS = 800


def even_out(solved: Pixels, hole: Pixels, unknown: Pixels) -> Pixels:
    """Return `solved` with the shading inside the hole drawn towards that of its rim, as far as the rim is smooth.

    `solved` is uint8 (h, w, 3), `hole` uint8 (h, w) nonzero where it was filled, `unknown` uint8 (h, w) nonzero
    wherever the picture says nothing (the hole and any other hole). Pixels outside the hole keep their values.
    """
    view = _vicinity(hole)
    part, holes, known = solved[view], hole[view], (unknown[view] == 0).astype(np.float32)
    height, width = known.shape
    step = max(1.0, max(known.shape) / CELLS)
    size = max(2, round(width / step)), max(2, round(height / step))
    cells, share = _averages(part.astype(np.float32), known, size)
    fixed = share > 0.5
    if not fixed.any():
        return solved
    smooth = _spread(_smoothness(part, cells, known, share), fixed)
    change = (_spread(cells, fixed) - cells) * smooth[..., :1] ** 2
    shaded = part + cv2.resize(change, (width, height), interpolation=cv2.INTER_CUBIC)
    out = solved.copy()
    out[view][holes > 0] = np.clip(np.rint(shaded), 0, 255).astype(np.uint8)[holes > 0]
    return out


def _vicinity(hole: Pixels) -> tuple[slice, slice]:
    """The hole's box and a rim of a third of its longer side."""
    x, y, width, height = cv2.boundingRect(hole)
    rim = max(24, max(width, height) // 3)
    return slice(max(0, y - rim), y + height + rim), slice(max(0, x - rim), x + width + rim)


def _averages(part: Plane, known: Plane, size: tuple[int, int]) -> tuple[Plane, Plane]:
    """Mean colour of each cell, of its known pixels where they are the more, and their share."""
    share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(part * known[..., None], size, interpolation=cv2.INTER_AREA)
    whole = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    cells = np.where(share[..., None] > 0.5, total / np.maximum(share, 1e-3)[..., None], whole)
    return cells.astype(np.float32), np.asarray(share, np.float32)


def _smoothness(part: Pixels, cells: Plane, known: Plane, share: Plane) -> Plane:
    """1 where a cell is smooth to 0 where it is textured or has an edge next to it: (rows, columns, 1)."""
    height, width = known.shape
    slow = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    fine = np.abs(part - slow).mean(axis=2) * known
    grain = cv2.resize(fine, share.shape[::-1], interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-3)
    bend = np.abs(cells - cv2.blur(cells, (5, 5))).mean(axis=2)
    smooth = np.clip((TEXTURED - np.maximum(grain, bend)) / (TEXTURED - SMOOTH), 0, 1)
    smooth = np.where(share > 0.5, smooth, 1).astype(np.float32)
    return np.asarray(cv2.erode(smooth, np.ones((3, 3), np.uint8)), np.float32)[..., None]


def _spread(cells: Plane, fixed: NDArray[np.bool_]) -> Plane:
    """Harmonic interpolation of the fixed cells over the others (Jacobi sweeps; mirrored at the outer border)."""
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    kept = fixed[..., None]
    now = cells.copy()
    for _ in range(SWEEPS):
        mean = cv2.filter2D(now, -1, cross, borderType=cv2.BORDER_REPLICATE).reshape(now.shape)
        now = np.where(kept, cells, mean)
    return now
