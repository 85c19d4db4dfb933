"""Local effects: blur, pixelate, cover, grain."""

import cv2
import numpy as np

from retouch.engines.cpu.operations.canvas import Canvas, area_of, blend, box_of
from retouch.engines.cpu.operations.curves import Pixels, blurred, longer, luma
from retouch.engines.cpu.steps import Blur, Grain, Paint, Pixelate


def blur(canvas: Canvas, step: Blur) -> Canvas:
    """A Gaussian blur of the area. One that hides something is as wide as the thing, and wide enough."""
    area = area_of(canvas, step)
    sigma = longer(canvas.rgb) * 0.016 * step.strength
    if step.hiding and area is not None:
        sigma = max(sigma, _extent(canvas, area) * (0.06 + 0.10 * step.strength))
    return canvas.painted(blend(canvas.rgb, blurred(canvas.rgb, sigma), area))


def _extent(canvas: Canvas, area: Pixels | None) -> int:
    left, top, right, bottom = box_of(area, canvas.size)
    return min(right - left, bottom - top)


def pixelate(canvas: Canvas, step: Pixelate) -> Canvas:
    """Blocks laid over the area's own box, six to fourteen across, so that what it shows cannot be read."""
    area = area_of(canvas, step)
    left, top, right, bottom = box_of(area, canvas.size)
    if area is None:
        side = max(4, round(longer(canvas.rgb) * (0.008 + 0.02 * step.strength)))
    else:
        across = 16 - 12 * step.strength
        side = max(4, round(longer(canvas.rgb) / 160), round(max(right - left, bottom - top) / across))
    view = canvas.rgb[top:bottom, left:right]
    out = canvas.rgb.copy()
    out[top:bottom, left:right] = _blocks(view, side)
    return canvas.painted(blend(canvas.rgb, out, area))


def _blocks(view: Pixels, side: int) -> Pixels:
    """The mean of every side x side square, the last ones of a row completed by reflection."""
    height, width = view.shape[:2]
    rows, columns = -(-height // side), -(-width // side)
    padded = cv2.copyMakeBorder(view, 0, rows * side - height, 0, columns * side - width, cv2.BORDER_REPLICATE)
    small = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (columns * side, rows * side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(large[:height, :width], np.uint8)


def paint(canvas: Canvas, step: Paint) -> Canvas:
    """One flat colour; what it covers is gone, also under a translucent picture."""
    area = area_of(canvas, step)
    flat = np.empty_like(canvas.rgb)
    flat[:] = step.colour
    return canvas.painted(blend(canvas.rgb, flat, area))


def grain(canvas: Canvas, step: Grain) -> Canvas:
    """Film grain from the seed: strongest in the mid-tones, a little soft, the same in every channel."""
    draw = np.random.default_rng(canvas.seed)
    height, width = canvas.rgb.shape[:2]
    sigma = max(0.45, longer(canvas.rgb) / 2600)
    light = luma(canvas.rgb)
    out = np.empty_like(canvas.rgb)
    noise = draw.standard_normal((height, width), dtype=np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
    noise *= (3 + 16 * step.strength) / max(float(noise.std()), 1e-6)
    for top in range(0, height, 256):
        part = slice(top, top + 256)
        weight = 1.1 - 0.75 * np.abs(light[part].astype(np.float32) / 127.5 - 1) ** 1.5
        speckled = canvas.rgb[part] + (noise[part] * weight)[..., None]
        out[part] = np.clip(np.rint(speckled), 0, 255)
    return canvas.painted(blend(canvas.rgb, out, area_of(canvas, step)))
