"""Find the subject in front of a plain background, or say that there is no such thing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.engines.cpu.backdrop import Backdrop, Pixels, Plane, border, fit, lab
from retouch.engines.cpu.matte import matte

#: The subject is found at this size; only its edge is looked at in full resolution.
WORKING = 384
#: The gate: what a picture with a plain background looks like. Refusing is cheap, a wrong cut-out is not.
LEAST_INLIERS, MOST_RESIDUAL = 0.90, 4.0
LEAST_AREA, MOST_AREA = 0.03, 0.85
MOST_TOUCHING, LEAST_LARGEST, LEAST_CONTRAST = 0.02, 0.85, 2.0
#: GrabCut may move an edge; where it disagrees more than this (IoU) it has lost the subject.
LEAST_AGREEMENT = 0.75


def foreground(image: Pixels) -> Pixels | None:
    """Alpha of the subject, uint8 (h, w), 255 = subject, soft at its edge; None where no plain background is found.

    `image` is uint8 (h, w, 3) RGB. Equal pictures give equal bytes.
    """
    height, width = image.shape[:2]
    scale = min(1.0, WORKING / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if min(size) < 16:
        return None
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    colours = lab(small)
    backdrop = fit(colours, border(*colours.shape[:2]))
    if not _is_plain(backdrop):
        return None
    rough = _subject(_distance(colours, backdrop), backdrop.reach)
    around = cv2.dilate(rough, np.ones((5, 5), np.uint8)) == 0
    if not around.any():
        return None
    # The border alone says little about the middle of a vignette; what is left over there says more.
    backdrop = fit(colours, np.asarray(around, bool))
    distance = _distance(colours, backdrop)
    rough = _subject(distance, backdrop.reach)
    if not _is_subject(rough, distance):
        return None
    cut = _cut(small, rough, distance, backdrop.reach)
    if not _is_subject(cut, distance):
        return None
    return matte(image, cut, backdrop)


def _distance(colours: Plane, backdrop: Backdrop) -> Plane:
    """How far each pixel is from the background's colour, Lab."""
    return np.asarray(np.linalg.norm(colours - backdrop.colour(*colours.shape[:2]), axis=2), np.float32)


def _is_plain(backdrop: Backdrop) -> bool:
    return backdrop.inliers >= LEAST_INLIERS and backdrop.residual <= MOST_RESIDUAL


def _is_subject(mask: Pixels, distance: Plane) -> bool:
    """Whether the mask looks like one thing inside the picture, standing out from what is round it."""
    area = float((mask > 0).mean())
    if not LEAST_AREA <= area <= MOST_AREA:
        return False
    touching = float((mask[border(*mask.shape)] > 0).mean())
    sizes = cv2.connectedComponentsWithStats(mask)[2][1:, cv2.CC_STAT_AREA]
    if touching > MOST_TOUCHING or float(sizes.max() / sizes.sum()) < LEAST_LARGEST:
        return False
    return _contrast(mask, distance) >= LEAST_CONTRAST


def _contrast(mask: Pixels, distance: Plane) -> float:
    """How much further from the background the band inside the edge is than the band outside it."""
    reach = np.ones((7, 7), np.uint8)
    inside = (mask > 0) & (cv2.erode(mask, reach) == 0)
    outside = (cv2.dilate(mask, reach) > 0) & (mask == 0)
    if not inside.any() or not outside.any():
        return 0.0
    return float(np.median(distance[inside]) / (np.median(distance[outside]) + 1))


def _subject(distance: Plane, reach: float) -> Pixels:
    """What differs from the background, without specks: 0 or 255."""
    far = np.asarray(np.where(distance > reach, 255, 0), np.uint8)
    far = np.asarray(cv2.morphologyEx(far, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(far)
    if count < 2:
        return far
    least = max(12, int(0.02 * stats[1:, cv2.CC_STAT_AREA].max()))
    kept = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]
    return _fill_holes(np.where(np.isin(labels, kept), 255, 0).astype(np.uint8), distance, reach)


def _fill_holes(mask: Pixels, distance: Plane, reach: float) -> Pixels:
    """Fill enclosed gaps that are small or unlike the background; a cup's handle stays open."""
    filled = mask.copy()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(255 - mask, connectivity=4)
    touching = set(np.unique(labels[border(*mask.shape)]).tolist())
    for i in range(1, count):
        if i in touching:
            continue
        gap = labels == i
        if stats[i, cv2.CC_STAT_AREA] < 12 or float(np.median(distance[gap])) > 0.75 * reach:
            filled[gap] = 255
    return filled


def _cut(small: Pixels, rough: Pixels, distance: Plane, reach: float) -> Pixels:
    """The rough mask with its edge moved to where GrabCut sees it."""
    core = cv2.erode(rough, np.ones((7, 7), np.uint8)) > 0
    near = cv2.dilate(rough, np.ones((9, 9), np.uint8)) > 0
    labels = np.where(rough > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[core] = cv2.GC_FGD
    labels[~near | (distance < reach / 3) & (rough == 0)] = cv2.GC_BGD
    if not core.any():
        return rough
    # GrabCut clusters colours from a random start of OpenCV's own generator.
    cv2.setRNGSeed(1)
    cv2.grabCut(small, labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found: NDArray[np.bool_] = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    both, either = int((found & (rough > 0)).sum()), int((found | (rough > 0)).sum())
    cut = np.where(found, 255, 0).astype(np.uint8) if both >= LEAST_AGREEMENT * either else rough
    return _fill_holes(cut, distance, reach)
