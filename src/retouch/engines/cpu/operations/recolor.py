"""Another colour for cloth, paint or hair, its folds and lights kept."""

import cv2
import numpy as np

from retouch.engines.cpu.operations.canvas import Canvas, area_of, blend
from retouch.engines.cpu.operations.curves import Floats, Pixels, in_lab
from retouch.engines.cpu.steps import Colour, Recolour


def recolour(canvas: Canvas, step: Recolour) -> Canvas:
    """Shift the area's colour to the wanted one in Lab; (h, w, 3) kept outside the area."""
    area = area_of(canvas, step)
    return canvas.painted(blend(canvas.rgb, _dyed(canvas.rgb, step.colour, area), area))


def _dyed(image: Pixels, colour: Colour, area: Pixels | None) -> Pixels:
    lightness, spread = _tones(image, area)
    paint = np.array([[colour]], np.float32) / 255
    goal = cv2.cvtColor(paint, cv2.COLOR_RGB2Lab)[0, 0]
    # Cloth of a named colour is seen in shade and light alike: its middle tone moves most of the way to the
    # colour's own, and its folds keep their contrast, compressed where they would clip at black or white.
    move = 0.45 if 25 < goal[0] < 75 and lightness > 22 else 0.8
    middle = lightness + move * (float(goal[0]) - lightness)
    room = min(middle, 100 - middle)
    keep = float(np.clip(room / max(1.35 * spread, 4), 0.35, 1.0))
    grey = float(np.hypot(goal[1], goal[2])) < 8

    def change(lab: Floats) -> Floats:
        old = lab[..., 0].copy()
        light = np.asarray(middle + (old - lightness) * keep, np.float32)
        light = np.asarray(np.where(light < 4, 4 * np.exp((light - 4) / 4), light), np.float32)
        light = np.asarray(np.where(light > 94, 94 + 6 * np.tanh((light - 94) / 6), light), np.float32)
        lab[..., 0] = light
        # A colour fades towards black and white; what was a highlight stays nearly white.
        depth = np.clip(light / max(float(goal[0]), 15), 0.25, 1.1) * np.clip((104 - light) / 22, 0, 1)
        texture = 0.0 if grey else 0.08
        for channel in (1, 2):
            lab[..., channel] = goal[channel] * depth + texture * lab[..., channel]
        return lab

    return in_lab(image, change)


def _tones(image: Pixels, area: Pixels | None) -> tuple[float, float]:
    """The area's middle lightness and its spread (10th to 90th percentile, halved), Lab L."""
    pixels = image.reshape(-1, 3) if area is None else image[area > 127]
    if len(pixels) == 0:
        pixels = image.reshape(-1, 3)
    sample = pixels[:: max(1, len(pixels) // 100_000)].astype(np.float32)[None] / 255
    light = cv2.cvtColor(sample, cv2.COLOR_RGB2Lab)[0, :, 0]
    low, middle, high = (float(v) for v in np.percentile(light, (5, 50, 95)))
    return middle, (high - low) / 2
