"""How far a model moved the picture: an affine motion, found on the kept pixels alone.

Gauss-Newton on brightness, coarse to fine, on a fixed number of sampled pixels, so that its cost hardly grows with
the picture. Unlike plain ECC it discounts pixels that the model changed, and it expects no motion: where the kept
pixels do not tell (a clear sky, one straight horizon), the motion stays nothing in that direction.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from retouch.domain.picture import Size
from retouch.finishing.kept_points import Exact, Points, View, compare, view
from retouch.pixels import Grey

#: Longest edges at which the motion is refined; a level that hardly differs from the one before is left out.
_LEVELS = (80, 160, 640, 2048)
_ROUNDS = 15
#: Neighbouring pixels repeat each other: so many of them say as much as one independent pixel.
_REPEATS = 50
#: How far models move a picture, as a share of its edge (one standard deviation).
_USUAL = 0.015
#: Levels beyond which a pixel does not differ more.
_CAP = 64.0
#: Levels by which flat areas may differ and still agree: there is nothing in them to differ from.
_FLOOR = 6.0


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


def estimate(source: Grey, answer: Grey, kept: Grey) -> Motion:
    """The motion from source to answer, both (h, w), seen on the pixels where `kept`, (h, w), is 255."""
    motion, before = Motion.none(), 0
    longest = max(source.shape)
    for level in _LEVELS:
        edge = min(level, longest)
        if edge < before * 1.3:
            break
        seen = view(source, answer, kept, edge, blur=1.5 if level < 640 else 1.0)
        motion, before = _refine(motion, seen), edge
    return motion


def _refine(motion: Motion, seen: View) -> Motion:
    points = Points.of(seen)
    if points is None:
        return motion
    shares = motion.shares.copy()
    height, width = seen.source.shape
    for _ in range(_ROUNDS):
        differences, weights, scale = compare(shares, points, seen.answer)
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


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two pictures agree where they are kept; a pixel counts by its nearness to the area.

    `difference`: the mean, in levels, large ones capped. `share`, 0 to 1: how much of what the source shows the answer
    shows as well; 1 is all, and a picture of something else is below a half.
    """

    difference: float
    share: float


def agreement(motion: Motion, source: Grey, answer: Grey, kept: Grey) -> Agreement:
    """How well they agree once the motion is undone, and brightness and contrast are matched."""
    seen = view(source, answer, kept, 640, blur=1.5)
    points = Points.of(seen)
    if points is None:
        return Agreement(0.0, 1.0)
    differences, weights, _ = compare(motion.shares, points, seen.answer)
    inside = weights > 0
    if not inside.any():
        return Agreement(_CAP, 0.0)
    off, values = np.abs(differences[inside]), points.values[inside]
    near = points.nearness[inside] / points.nearness[inside].sum()
    shown = float(near @ np.abs(values - np.median(values))) + _FLOOR
    # Capped, so that a part that the model changed counts as that part and no more.
    return Agreement(float(near @ np.minimum(off, _CAP)), 1 - float(near @ np.minimum(off / shown, 1)))
