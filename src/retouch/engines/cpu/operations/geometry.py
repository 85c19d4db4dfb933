"""Turn, mirror, crop, scale, frame: the same for colours and transparency."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from retouch.engines.cpu.operations.canvas import Canvas, Pixels
from retouch.engines.cpu.shapes import CropPixels, CropRatio, Flip, Frame, Rotate, Scale, Trim

_QUARTERS = (None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)


def _each(canvas: Canvas, change: Callable[[Pixels], Pixels]) -> Canvas:
    """The same change for colours and alpha."""
    return replace(
        canvas,
        rgb=np.ascontiguousarray(change(canvas.rgb)),
        alpha=None if canvas.alpha is None else np.ascontiguousarray(change(canvas.alpha)),
    )


def _resampled(canvas: Canvas, change: Callable[[Any], Any]) -> Canvas:
    """A change that mixes neighbouring pixels; no colour hidden under transparency gets into what shows."""
    if canvas.alpha is None:
        return _each(canvas, lambda view: np.asarray(change(view), np.uint8))
    share = canvas.alpha.astype(np.float32)[..., None] / 255
    solid = change(canvas.rgb.astype(np.float32) * share)
    alpha = np.asarray(change(canvas.alpha), np.uint8)
    shown = np.clip(solid / np.maximum(alpha[..., None] / 255, 1 / 255), 0, 255)
    rgb = np.where(alpha[..., None] > 0, np.rint(shown), change(canvas.rgb)).astype(np.uint8)
    return replace(canvas, rgb=rgb, alpha=alpha)


def rotate(canvas: Canvas, step: Rotate) -> Canvas:
    """Quarter turns to the pixel; other angles by Lanczos, cut to the largest upright rectangle within."""
    if step.quarters is not None:
        code = _QUARTERS[step.quarters]
        return canvas if code is None else _each(canvas, lambda view: np.asarray(cv2.rotate(view, code), np.uint8))
    width, height = canvas.size
    across, down = step.size_after(canvas.size)
    angle = math.radians(step.degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    # From a result pixel back to its source: turn about the centres.
    cx, cy = (width - 1) / 2, (height - 1) / 2
    ox, oy = (across - 1) / 2, (down - 1) / 2
    back = np.array([[cos, sin, cx - cos * ox - sin * oy], [-sin, cos, cy + sin * ox - cos * oy]])
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return _resampled(
        canvas,
        lambda view: cv2.warpAffine(view, back, (across, down), flags=flags, borderMode=cv2.BORDER_REPLICATE),
    )


def flip(canvas: Canvas, step: Flip) -> Canvas:
    """Mirror, to the pixel."""
    code = 1 if step.axis == "horizontal" else 0
    return _each(canvas, lambda view: np.asarray(cv2.flip(view, code), np.uint8))


def crop_ratio(canvas: Canvas, step: CropRatio | CropPixels) -> Canvas:
    """The centred rectangle that the step asks for."""
    width, height = canvas.size
    across, down = step.size_after(canvas.size)
    left, top = (width - across) // 2, (height - down) // 2
    return _each(canvas, lambda view: view[top : top + down, left : left + across])


def trim(canvas: Canvas, step: Trim) -> Canvas:
    """Cut the sides, leaving at least a pixel."""
    left, _, top, _ = step.margins(canvas.size)
    across, down = step.size_after(canvas.size)
    left, top = min(left, canvas.size[0] - across), min(top, canvas.size[1] - down)
    return _each(canvas, lambda view: view[top : top + down, left : left + across])


def scale(canvas: Canvas, step: Scale) -> Canvas:
    """Enlarge by Lanczos, reduce by area."""
    size = step.size_after(canvas.size)
    method = cv2.INTER_LANCZOS4 if step.factor > 1 else cv2.INTER_AREA
    return _resampled(canvas, lambda view: cv2.resize(view, size, interpolation=method))


def frame(canvas: Canvas, step: Frame) -> Canvas:
    """A border of one colour."""
    margin = step.margin(canvas.size)
    around = (margin,) * 4
    rgb = cv2.copyMakeBorder(canvas.rgb, *around, cv2.BORDER_CONSTANT, value=step.colour)
    alpha = None
    if canvas.alpha is not None:
        alpha = np.asarray(cv2.copyMakeBorder(canvas.alpha, *around, cv2.BORDER_CONSTANT, value=255), np.uint8)
    return replace(canvas, rgb=np.asarray(rgb, np.uint8), alpha=alpha)
