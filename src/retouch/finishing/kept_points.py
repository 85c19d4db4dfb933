"""Comparing two pictures on a sample of the pixels that both must show: how alike, and which way they are apart."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from retouch.pixels import Grey

Floats = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]

#: Pixels drawn from a picture: more find the motion no better.
_COUNT = 40_000
#: Distance from the area, as a share of the longer edge, at which a pixel counts half.
_NEAR = 0.07
#: One pixel in so many tells the usual difference well enough.
_SKIP = 8


@dataclass(frozen=True, slots=True)
class View:
    """Source and answer as brightness, (h, w) float32 0 to 255, and the kept pixels to compare them on."""

    source: Floats
    answer: Floats
    kept: npt.NDArray[np.bool_]


def view(source: Grey, answer: Grey, kept: Grey, longest: int, *, blur: float = 1.0) -> View:
    """Both pictures at (about) this longest edge; kept (0 or 255) only where all of a pixel's sources are kept."""
    height, width = source.shape
    ratio = min(1.0, longest / max(height, width))
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (source, answer, kept)]
    ours, theirs = (cv2.GaussianBlur(plane.astype(np.float32), (0, 0), blur) for plane in small[:2])
    return View(np.asarray(ours, np.float32), np.asarray(theirs, np.float32), np.asarray(small[2]) == 255)


@dataclass(frozen=True, slots=True)
class Points:
    """Sampled pixels: where they are, what the source shows there, and what each share would change of it.

    `basis`, (n, 3): 1, and the place across and down from -1 to 1. `slopes`, (n, 6): levels per unit of each of the
    six shares of a Motion. `nearness`, (n,): how much each counts by its distance from the area, 1 on average.
    """

    x: Floats
    y: Floats
    basis: Floats
    values: Floats
    slopes: Floats
    nearness: Floats

    @classmethod
    def of(cls, seen: View) -> "Points | None":
        """Drawn from the kept pixels, always the same; None where there are too few to tell anything."""
        at = np.flatnonzero(seen.kept)
        if at.size < 64:
            return None
        if at.size > _COUNT:  # drawn, not strided: a stride may fall in step with the width
            at = at[np.random.default_rng(0).integers(0, at.size, _COUNT)]
        height, width = seen.source.shape
        y, x = (part.astype(np.float32) for part in np.divmod(at, width))
        basis = np.stack([np.ones_like(x), (2 * x - width + 1) / width, (2 * y - height + 1) / height], 1)
        across, down = (cv2.Scharr(seen.source, cv2.CV_32F, *way).ravel()[at] / 32 for way in ((1, 0), (0, 1)))
        slopes = np.hstack([across[:, None] * basis * width, down[:, None] * basis * height])
        # What is near the area counts most: no real model's motion is affine all the way across.
        away = cv2.distanceTransform(seen.kept.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3).ravel()[at]
        nearness = 1 / (1 + np.square(away / (_NEAR * max(height, width))))
        nearness = (nearness / nearness.mean()).astype(np.float32)
        return cls(x, y, basis, seen.source.ravel()[at], slopes.astype(np.float32), nearness)


def compare(shares: Exact, points: Points, answer: Floats) -> tuple[Floats, Floats, float]:
    """What of the source the moved answer does not show, how much each pixel counts, and the usual difference."""
    height, width = answer.shape
    moved = points.basis @ shares.T.astype(np.float32)
    x, y = points.x + moved[:, 0] * width, points.y + moved[:, 1] * height
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    there = _sample(answer, x, y)
    weights = inside.astype(np.float32)
    for _ in range(4):  # contrast and brightness by all pixels, then by those that agree
        differences = points.values - _toned(there, points.values, weights)
        scale = max(1.0, 1.48 * float(np.median(np.abs(differences[inside][::_SKIP])))) if inside.any() else 1.0
        weights = inside / np.square(1 + np.square(differences / (2 * scale))).astype(np.float32)
    return differences, weights.astype(np.float32), scale


def _toned(there: Floats, here: Floats, weights: Floats) -> Floats:
    """The answer's values in the source's brightness and contrast."""
    total = float(weights.sum()) + 1e-6
    mean_there, mean_here = float(weights @ there) / total, float(weights @ here) / total
    spread = there - mean_there
    prior = 4.0  # levels squared: a flat area says nothing about contrast
    gain = (float((weights * spread) @ (here - mean_here)) / total + prior) / (
        float((weights * spread) @ spread) / total + prior
    )
    return np.asarray(mean_here + min(2.0, max(0.5, gain)) * spread, np.float32)


def _sample(plane: Floats, x: Floats, y: Floats) -> Floats:
    """Values of (h, w) at n points, interpolated; (n,). Beyond the border its pixels repeat."""
    count = x.size
    rows = -(-count // 256)  # remap wants a grid, and none of its edges may pass 32,767
    across, down = (np.resize(part, rows * 256).reshape(rows, 256) for part in (x, y))
    values = cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32).ravel()[:count]
