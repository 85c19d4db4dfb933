"""Soft edges: how much of a pixel is subject, and what colour that part has."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.engines.cpu.backdrop import Backdrop, Pixels, Plane, lab

#: Lab distance between subject and background below which colour says nothing about the edge.
TELLING = 6.0


def matte(image: Pixels, cut: Pixels, backdrop: Backdrop) -> Pixels:
    """Alpha, uint8 (h, w), from a small mask `cut` (0 or 255) of the uint8 RGB picture in front of `backdrop`.

    Away from the edge the mask decides. In a band round it each pixel is a mix of the backdrop's colour, which is
    known, and the colour of the subject near by.
    """
    height, width = image.shape[:2]
    step = max(height / cut.shape[0], width / cut.shape[1])
    soft = np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    coarse = np.asarray(np.where(soft > 127, 255, 0), np.uint8)
    # Less deep inside than outside: a subject's own pale spots near its edge are not transparency.
    inside, outside = _core(coarse, 1 + 0.7 * step), _core(255 - coarse, 2 + step)
    mixed = _mix(image, inside, backdrop, 2 + round(4 * step), (soft / 255).astype(np.float32))
    alpha = np.where(inside, 1.0, np.where(outside, 0.0, mixed))
    return np.asarray(np.rint(alpha * 255), np.uint8)


def decontaminate(image: Pixels, alpha: Pixels) -> Pixels:
    """Take the old background out of the edge's colours, so that a cut-out has no fringe elsewhere.

    `image` is uint8 (h, w, 3) RGB, `alpha` uint8 (h, w). Pixels that are wholly subject or wholly background keep
    their colour. Colours at the edge come from the subject near by as far as the pixel itself is background.
    """
    edge = (alpha > 0) & (alpha < 255)
    if not edge.any() or not (alpha == 255).any():
        return image.copy()
    share = (alpha.astype(np.float32) / 255)[..., None]
    reach = _edge_width(alpha)
    subject = _spread(image.astype(np.float32), alpha == 255, reach)
    behind = _spread(image.astype(np.float32), alpha == 0, reach) if (alpha == 0).any() else subject
    unmixed = np.clip((image - (1 - share) * behind) / np.maximum(share, 0.1), 0, 255)
    # Unmixing divides by alpha and so multiplies noise: trust it only where most of the pixel is subject.
    colour = share * unmixed + (1 - share) * subject
    return np.asarray(np.where(edge[..., None], np.rint(np.clip(colour, 0, 255)), image), np.uint8)


def _core(mask: Pixels, reach: float) -> NDArray[np.bool_]:
    """The pixels of a mask at least `reach` from its edge; a thin part keeps its middle line."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    ridge = cv2.dilate(depth, np.ones((3, 3), np.uint8)) <= depth
    return np.asarray((depth > reach) | (ridge & (depth > 1.5)), bool)


def _mix(image: Pixels, inside: NDArray[np.bool_], backdrop: Backdrop, reach: int, fallback: Plane) -> Plane:
    """Share of the subject in each pixel, 0..1, by colour; `fallback` where subject and background look alike."""
    colours = lab(image)
    behind = backdrop.colour(*image.shape[:2])
    axis = _spread(colours, inside, reach) - behind
    length = (axis**2).sum(axis=2)
    share = ((colours - behind) * axis).sum(axis=2) / np.maximum(length, 1e-6)
    # A little of the range at both ends is noise, not transparency.
    share = np.clip((share - 0.08) / 0.84, 0, 1)
    trust = np.clip(np.sqrt(length) / TELLING - 1, 0, 1)
    return np.asarray(trust * share + (1 - trust) * fallback, np.float32)


def _spread(values: Plane, known: NDArray[np.bool_], reach: int) -> Plane:
    """Mean of the known values near each pixel; where none is near, of those further away."""
    total, count = np.zeros_like(values), np.zeros(values.shape[:2], np.float32)
    weight = known.astype(np.float32)
    for grown in (1, 4, 16):
        side = 2 * reach * grown + 1
        here = cv2.blur(weight, (side, side))
        mean = cv2.blur(values * weight[..., None], (side, side))
        open_ = count < 1e-3
        total[open_], count[open_] = mean[open_], here[open_]
    return np.asarray(total / np.maximum(count, 1e-6)[..., None], np.float32)


def _edge_width(alpha: Pixels) -> int:
    """Half the width of the soft edge, pixels, at its widest, within reason."""
    edge = np.asarray(np.where((alpha > 0) & (alpha < 255), 255, 0), np.uint8)
    return int(np.clip(np.ceil(cv2.distanceTransform(np.pad(edge, 1), cv2.DIST_L2, 3).max()), 2, 12)) * 2
