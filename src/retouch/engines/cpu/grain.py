"""Put the fine detail back into a fill that was solved at a smaller size."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: A tile is compared as SIDE x SIDE pixels of the half-size solution, and laid down every STEP of them.
SIDE, STEP = 4, 3
#: Tiles of known detail to choose from. More find better matches and cost more time.
SOURCES = 4096


def regrain(window: Pixels, hole: Pixels, small: Pixels, *, seed: int) -> Pixels:
    """Enlarge the solution `small` to the window's size and add the detail of look-alike places outside the hole.

    `window` is uint8 (h, w, 3), `hole` uint8 (h, w) nonzero inside, `small` uint8 (h', w', 3) the window solved at a
    smaller scale. Returns uint8 (h, w, 3); only the pixels inside the hole are meant to be used.
    """
    height, width = hole.shape
    smooth = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    detail = window.astype(np.float32) - smooth
    size = max(1, small.shape[1] // 2), max(1, small.shape[0] // 2)
    half = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = (height / half.shape[0], width / half.shape[1])
    wanted, sources = _places(hole, half.shape[:2], scale, seed)
    if len(wanted) == 0 or len(sources) == 0:
        return np.asarray(np.clip(np.rint(smooth), 0, 255), np.uint8)
    chosen = sources[_nearest(_tiles(half, wanted), _tiles(half, sources))]
    fine = _lay(detail, wanted, chosen, scale)
    return np.asarray(np.clip(np.rint(smooth + fine), 0, 255), np.uint8)


Places = NDArray[np.int64]


def _places(hole: Pixels, shape: tuple[int, int], scale: tuple[float, float], seed: int) -> tuple[Places, Places]:
    """Top left corners (y, x) of the tiles to lay, and of the tiles that are known in full."""
    height, width = shape
    if min(height, width) < SIDE:
        return np.empty((0, 2), np.int64), np.empty((0, 2), np.int64)
    reach = int(np.ceil(max(scale))) * 2 + 1
    # Detail next to the hole still holds what the hole held; a tile may not reach into it.
    tainted = cv2.resize(
        cv2.dilate(hole, np.ones((reach, reach), np.uint8)), (width, height), interpolation=cv2.INTER_AREA
    )
    touches = (
        cv2.boxFilter(
            (tainted > 0).astype(np.float32),
            -1,
            (SIDE, SIDE),
            anchor=(0, 0),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )[: height - SIDE + 1, : width - SIDE + 1]
        > 0.5
    )
    grid = np.zeros_like(touches)
    ys = np.unique(np.r_[np.arange(0, touches.shape[0], STEP), touches.shape[0] - 1])
    xs = np.unique(np.r_[np.arange(0, touches.shape[1], STEP), touches.shape[1] - 1])
    grid[np.ix_(ys, xs)] = True
    known = np.argwhere(~touches)
    if len(known) > SOURCES:
        known = known[np.sort(np.random.default_rng(seed & 0xFFFFFFFF).choice(len(known), SOURCES, replace=False))]
    return np.argwhere(touches & grid), known


def _tiles(half: Pixels, places: Places) -> Plane:
    offsets = np.arange(SIDE)
    ys = places[:, 0, None, None] + offsets[None, :, None]
    xs = places[:, 1, None, None] + offsets[None, None, :]
    return np.asarray(half[ys, xs].reshape(len(places), -1), np.float32)


def _nearest(wanted: Plane, sources: Plane) -> Places:
    """Index of the closest source for each wanted tile.

    The values are whole numbers and the sums stay below 2**24, so float32 is exact and the choice does not depend on
    the order in which a BLAS adds.
    """
    norms = (sources**2).sum(axis=1)
    chunks = [
        np.argmin(norms - 2 * (part @ sources.T), axis=1) for part in np.array_split(wanted, len(wanted) // 512 + 1)
    ]
    return np.concatenate(chunks)


def _lay(detail: Plane, wanted: Places, chosen: Places, scale: tuple[float, float]) -> Plane:
    """Lay the chosen tiles of detail down at the wanted places, feathered where they overlap."""
    height, width = detail.shape[:2]
    tall, wide = (min(n, round(SIDE * s)) for n, s in zip((height, width), scale, strict=True))
    weight = np.outer(_ramp(tall), _ramp(wide)).astype(np.float32)[..., None]
    total, weights = np.zeros_like(detail), np.full((height, width, 1), 1e-6, np.float32)
    limit = np.array([height - tall, width - wide])
    to = np.minimum(np.rint(wanted * scale).astype(int), limit)
    source = np.minimum(np.rint(chosen * scale).astype(int), limit)
    for (y, x), (v, u) in zip(to.tolist(), source.tolist(), strict=True):
        total[y : y + tall, x : x + wide] += weight * detail[v : v + tall, u : u + wide]
        weights[y : y + tall, x : x + wide] += weight
    return total / weights


def _ramp(length: int) -> Plane:
    """1 in the middle, falling off over the quarter that overlaps with the next tile."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    return np.minimum(1.0, distance / max(1.0, length / 4)).astype(np.float32)
