"""The background: transparent, of one colour, or out of focus."""

from dataclasses import replace

import cv2
import numpy as np

from retouch.engines.cpu.operations.canvas import Canvas, Pixels, area_of
from retouch.engines.cpu.operations.curves import longer
from retouch.engines.cpu.steps import BackgroundBlur, BackgroundColour, BackgroundRemove


def remove(canvas: Canvas, step: BackgroundRemove) -> Canvas:
    """Make the background transparent; edges keep their own colours, cleaned of the backdrop's."""
    area = _background(canvas, step)
    own = np.full(area.shape, 255, np.uint8) if canvas.alpha is None else canvas.alpha
    alpha = np.minimum(own, 255 - area)
    return replace(canvas, rgb=_decontaminated(canvas.rgb, area), alpha=alpha)


def colour(canvas: Canvas, step: BackgroundColour) -> Canvas:
    """Lay the subject on one colour; the result is opaque there."""
    area = _background(canvas, step)
    clean = _decontaminated(canvas.rgb, area).astype(np.float32)
    own = canvas.alpha
    cover = area.astype(np.float32) / 255
    # Composite twice, not once: what was transparent shows the colour too, when the area is the whole background.
    shown = (1 - cover) if own is None or canvas.mask is not None else np.minimum(1 - cover, own / 255.0)
    paint = np.array(step.colour, np.float32)
    rgb = np.rint(clean * shown[..., None] + paint * (1 - shown[..., None])).astype(np.uint8)
    alpha = None if own is None else (np.maximum(own, area) if canvas.mask is not None else None)
    return replace(canvas, rgb=rgb, alpha=alpha)


def blur(canvas: Canvas, step: BackgroundBlur) -> Canvas:
    """Blur the background alone: its own pixels are averaged, so that the subject's colours do not bleed out."""
    area = _background(canvas, step)
    sigma = longer(canvas.rgb) * (0.006 + 0.020 * step.strength)
    weight = np.maximum(area, 1)
    soft = _weighted_blur(canvas.rgb, weight, sigma)
    share = area[..., None].astype(np.float32) / 255
    mixed = np.empty_like(canvas.rgb)
    for top in range(0, mixed.shape[0], 256):
        part = slice(top, top + 256)
        mixed[part] = np.rint(canvas.rgb[part] * (1 - share[part]) + soft[part] * share[part])
    return canvas.painted(mixed)


def _background(canvas: Canvas, step: BackgroundRemove | BackgroundColour | BackgroundBlur) -> Pixels:
    area = area_of(canvas, step)
    return np.full(canvas.rgb.shape[:2], 255, np.uint8) if area is None else area


def _weighted_blur(image: Pixels, weight: Pixels, sigma: float) -> Pixels:
    """Blur of image x weight over blur of weight, at a size where that is cheap."""
    height, width = image.shape[:2]
    shrink = max(1, int(sigma / 4))
    size = max(1, width // shrink), max(1, height // shrink)
    small = image.astype(np.float32) * (weight[..., None].astype(np.float32) / 255) if shrink == 1 else None
    if small is None:
        weighted = (image.astype(np.uint16) * weight[..., None] // 255).astype(np.uint8)
        small = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    top = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    bottom = cv2.GaussianBlur(share, (0, 0), sigma / shrink)
    soft = np.clip(top / np.maximum(bottom[..., None], 1e-3), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _decontaminated(image: Pixels, area: Pixels) -> Pixels:
    """Colours of half-covered pixels replaced by those of the subject nearby, so that no rim of backdrop stays."""
    mixed = (area > 8) & (area < 250)
    if not mixed.any():
        return image
    solid = np.where(area <= 8, 255, 0).astype(np.uint8)
    if not solid.any():
        return image
    sigma = max(1.5, longer(image) / 500)
    nearby = _weighted_blur(image, np.maximum(solid, 1), sigma)
    out = image.copy()
    out[mixed] = nearby[mixed]
    return out
