"""A plain background, modelled from the picture's border."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

#: Width of the border that is taken for background, as a part of the shorter side.
RIM = 0.025
#: Lab distances below this are noise, JPEG blocks and the surface's own misfit, not an object.
NEAR = 7.0


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Background colour as a quadratic surface over the picture, one column of `terms` (6, 3) per Lab channel.

    `inliers` is the share of the fitted pixels that the surface explains, `residual` their median Lab distance to it,
    `reach` the Lab distance within which a pixel still counts as background.
    """

    terms: Plane
    inliers: float
    residual: float
    reach: float

    def colour(self, height: int, width: int) -> Plane:
        """The background alone: float32 Lab (height, width, 3), L 0..100."""
        return np.asarray((_basis(height, width) @ self.terms).reshape(height, width, 3), np.float32)


def lab(image: Pixels) -> Plane:
    """uint8 RGB (h, w, 3) to float32 Lab, L 0..100, a and b around 0."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)


def border(height: int, width: int) -> NDArray[np.bool_]:
    """The rim of the picture: bool (height, width)."""
    deep = max(1, round(RIM * min(height, width)))
    rim = np.ones((height, width), bool)
    rim[deep : height - deep, deep : width - deep] = False
    return rim


def fit(colours: Plane, where: NDArray[np.bool_]) -> Backdrop:
    """Fit the surface to the pixels `where` of a Lab picture (h, w, 3), robustly: an object may cover some."""
    height, width = colours.shape[:2]
    basis, seen = _basis(height, width)[where.ravel()].astype(np.float64), colours[where].astype(np.float64)
    # Start from the median colour: one side that is all object must not tilt the first fit.
    away = np.linalg.norm(seen - np.median(seen, axis=0), axis=1)
    terms = np.zeros((6, 3))
    for _ in range(12):
        scale = max(1.0, 1.5 * float(np.median(away)))
        weight = (1 / (1 + (away / scale) ** 2))[:, None]
        terms = np.linalg.lstsq(basis * weight, seen * weight, rcond=None)[0]
        away = np.linalg.norm(seen - basis @ terms, axis=1)
    residual = float(np.median(away))
    reach = max(NEAR, 3.5 * residual)
    return Backdrop(terms.astype(np.float32), float((away < reach).mean()), residual, reach)


def _basis(height: int, width: int) -> Plane:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6).astype(np.float32)
