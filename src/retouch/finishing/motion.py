"""How far a model moved the picture: an affine motion, found on the kept pixels alone.

Gauss-Newton on brightness, coarse to fine, on a fixed number of sampled pixels, so that its cost hardly grows with
the picture. Unlike plain ECC it discounts pixels that the model changed, and it expects no motion: where the kept
pixels do not tell (a clear sky, one straight horizon), the motion stays nothing in that direction.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from retouch.domain.picture import Size
from retouch.pixels import Grey

_CAP = 64.0
#: Levels by which flat areas may differ and still agree: there is nothing in them to differ from.
_FLOOR = 6.0

Floats = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]

#: Longest edges at which the motion is refined; a level that hardly differs from the one before is left out.
_LEVELS = (80, 160, 640, 2048)
_POINTS = 40_000
_ROUNDS = 15
#: Distance from the area, as a share of the longer edge, at which a pixel counts half.
_NEAR = 0.07
#: Every so-manieth pixel tells the usual difference well enough.
_SKIP = 8
#: Neighbouring pixels repeat each other: so many of them say as much as one independent pixel.
_REPEATS = 50
#: How far models move a picture, as a share of its edge (one standard deviation).
_USUAL = 0.015


@dataclass(frozen=True, slots=True)
class Motion:
    """Where each source pixel lies in the answer.

    `shares`, (2, 3): the displacement in x and y as a share of the width and of the height: at the centre, and by
    how much it grows from the centre to the right and to the lower edge.
    """

    shares: Exact

    @classmethod
    def none(cls) -> Self:
        """Every pixel where it was."""
        return cls(np.zeros((2, 3)))

    def reach(self, size: Size) -> float:
        """The largest displacement of any pixel of a picture of this size, in pixels."""
        return float(max(np.abs(self.shares[0]).sum() * size.width, np.abs(self.shares[1]).sum() * size.height))

    @property
    def still(self) -> bool:
        """True where nothing moves."""
        return not self.shares.any()

    def matrix(self, size: Size) -> Exact:
        """The (2, 3) matrix from source to answer, in pixels of a picture of this size."""
        edges = np.array([size.width, size.height], np.float64)
        centre, half = (edges - 1) / 2, edges / 2
        slopes = self.shares[:, 1:] * edges[:, None] / half
        moved = self.shares[:, 0] * edges - slopes @ centre
        return np.column_stack([np.eye(2) + slopes, moved])


@dataclass(frozen=True, slots=True)
class _View:
    """Source and answer as brightness, (h, w) float32 0 to 255, and the kept pixels to compare them on."""

    source: Floats
    answer: Floats
    kept: npt.NDArray[np.bool_]


def _view(source: Grey, answer: Grey, kept: Grey, longest: int, *, blur: float = 1.0) -> _View:
    """Both pictures at (about) this longest edge; kept (0 or 255) only where all of a pixel's sources are kept."""
    height, width = source.shape
    ratio = min(1.0, longest / max(height, width))
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (source, answer, kept)]
    ours, theirs = (cv2.GaussianBlur(plane.astype(np.float32), (0, 0), blur) for plane in small[:2])
    return _View(np.asarray(ours, np.float32), np.asarray(theirs, np.float32), np.asarray(small[2]) == 255)


def estimate(source: Grey, answer: Grey, kept: Grey) -> Motion:
    """The motion from source to answer, both (h, w), seen on the pixels where `kept`, (h, w), is 255."""
    motion, before = Motion.none(), 0
    longest = max(source.shape)
    for level in _LEVELS:
        edge = min(level, longest)
        if edge < before * 1.3:
            break
        seen = _view(source, answer, kept, edge, blur=1.5 if level < 640 else 1.0)
        motion, before = _refine(motion, seen), edge
    return motion


@dataclass(frozen=True, slots=True)
class _Points:
    """Sampled pixels: where they are, what the source shows there, and what each share would change of it."""

    x: Floats
    y: Floats
    basis: Floats
    values: Floats
    slopes: Floats
    nearness: Floats

    @classmethod
    def of(cls, seen: _View) -> "_Points | None":
        at = np.flatnonzero(seen.kept)
        if at.size < 64:
            return None
        if at.size > _POINTS:  # drawn, not strided: a stride may fall in step with the width
            at = at[np.random.default_rng(0).integers(0, at.size, _POINTS)]
        height, width = seen.source.shape
        y, x = (part.astype(np.float32) for part in np.divmod(at, width))
        basis = np.stack([np.ones_like(x), (2 * x - width + 1) / width, (2 * y - height + 1) / height], 1)
        across, down = (cv2.Scharr(seen.source, cv2.CV_32F, *way).ravel()[at] / 32 for way in ((1, 0), (0, 1)))
        slopes = np.hstack([across[:, None] * basis * width, down[:, None] * basis * height])
        # What is near the area counts most: no real model's motion is affine all the way across.
        away = cv2.distanceTransform(seen.kept.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3).ravel()[at]
        nearness = 1 / (1 + np.square(away / (_NEAR * max(height, width))))
        values = seen.source.ravel()[at]
        nearness = (nearness / nearness.mean()).astype(np.float32)
        return cls(x, y, basis, values, slopes.astype(np.float32), nearness)


def _refine(motion: Motion, seen: _View) -> Motion:
    points = _Points.of(seen)
    if points is None:
        return motion
    shares = motion.shares.copy()
    height, width = seen.source.shape
    for _ in range(_ROUNDS):
        differences, weights, scale = _compare(shares, points, seen.answer)
        expected = _REPEATS * (scale / _USUAL) ** 2
        weights = weights * points.nearness
        weighted = points.slopes * weights[:, None]
        curvature = (weighted.T @ points.slopes).astype(np.float64) + expected * np.eye(6)
        pull = (weighted.T @ differences).astype(np.float64) - expected * shares.ravel()
        step = np.linalg.solve(curvature, pull).reshape(2, 3)
        shares += step
        if np.abs(step).max() * max(width, height) < 0.004:
            break
    return Motion(shares)


def _compare(shares: Exact, points: _Points, answer: Floats) -> tuple[Floats, Floats, float]:
    """What of the source the moved answer does not show, how much each pixel counts, and the usual difference."""
    height, width = answer.shape
    moved = points.basis @ shares.T.astype(np.float32)
    x, y = points.x + moved[:, 0] * width, points.y + moved[:, 1] * height
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    there = _sample(answer, x, y)
    weights = inside.astype(np.float32)
    for _ in range(2):  # contrast and brightness first by all pixels, then by those that agree
        differences = points.values - _toned(there, points.values, weights)
        scale = max(1.0, 1.48 * float(np.median(np.abs(differences[inside][::_SKIP])))) if inside.any() else 1.0
        weights = inside / np.square(1 + np.square(differences / (3 * scale))).astype(np.float32)
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


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two pictures agree where they are kept.

    `difference`: the mean over the pixels, in levels, large ones capped. `share`, 0 to 1: how much of what the source
    shows the answer shows as well; 1 is all, and a picture of something else is near 0.
    """

    difference: float
    share: float


def agreement(motion: Motion, source: Grey, answer: Grey, kept: Grey) -> Agreement:
    """How well they agree once the motion is undone, and brightness and contrast are matched."""
    seen = _view(source, answer, kept, 640, blur=1.5)
    points = _Points.of(seen)
    if points is None:
        return Agreement(0.0, 1.0)
    differences, weights, _ = _compare(motion.shares, points, seen.answer)
    off = np.minimum(np.abs(differences[weights > 0]), _CAP)
    if not off.size:
        return Agreement(_CAP, 0.0)
    shown = np.abs(points.values - np.median(points.values)).mean() + _FLOOR
    return Agreement(float(off.mean()), max(0.0, 1 - float(off.mean() / shown)))


def _sample(plane: Floats, x: Floats, y: Floats) -> Floats:
    """Values of (h, w) at n points, interpolated; (n,). Beyond the border its pixels repeat."""
    count = x.size
    rows = -(-count // 256)  # remap wants a grid, and none of its edges may pass 32,767
    across, down = (np.resize(part, rows * 256).reshape(rows, 256) for part in (x, y))
    values = cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32).ravel()[:count]
