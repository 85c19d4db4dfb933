"""Another colour for cloth, paint or hair, its folds and lights kept."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.engines.cpu.operations.canvas import Canvas, area_of, blend
from retouch.engines.cpu.operations.curves import LIGHT, Floats, Pixels, from_light, in_lab, to_light
from retouch.engines.cpu.steps import Colour, Recolour

#: Entries of a colour's ramp from black over itself to white.
_RAMP = 1024


def recolour(canvas: Canvas, step: Recolour) -> Canvas:
    """Give the area the wanted colour in all its shades; (h, w, 3) kept outside the area."""
    area = area_of(canvas, step)
    return canvas.painted(blend(canvas.rgb, _dyed(canvas.rgb, step.colour, area), area))


def _dyed(image: Pixels, colour: Colour, area: Pixels | None) -> Pixels:
    lightness, spread = _tones(image, area)
    ramp, goal = _shades(colour)
    # Cloth of a named colour is seen in shade and light alike: its middle tone moves most of the way to the
    # colour's own, and its folds keep their contrast, compressed where they would clip at black or white.
    middle = lightness + 0.75 * (goal - lightness)
    room = max(4.0, min(middle - 2, 98 - middle))
    keep = float(np.clip(room / max(1.2 * spread, 1.0), 0.35, 1.0))

    def change(lab: Floats) -> Floats:
        light = middle + (lab[..., 0] - lightness) * keep
        # Smooth ends instead of clipping, so that deep folds and gloss keep their shape.
        light = np.where(light < 8, 8 * np.exp((light - 8) / 8), light)
        light = np.where(light > 92, 92 + 8 * np.tanh((light - 92) / 8), light)
        at = np.clip(np.rint(light * ((_RAMP - 1) / 100)), 0, _RAMP - 1).astype(np.int32)
        return np.asarray(ramp[at], np.float32)

    return in_lab(image, change)


def _shades(colour: Colour) -> tuple[Floats, float]:
    """Lab colours (_RAMP, 3) of the paint in every lightness 0..100, and the paint's own lightness.

    Darker shades are less of its light, lighter ones are mixed with white light: shifting a and b alone would turn
    a lighter blue violet.
    """
    light = to_light(np.array(colour, np.float64) / 255)
    own = float(light @ LIGHT)
    wanted = _luminance(np.linspace(0, 100, _RAMP))
    if own < 1e-4:
        mixed = np.repeat(wanted[:, None], 3, axis=1)
    else:
        darker = light[None] * np.minimum(wanted / own, 1)[:, None]
        white = np.clip((wanted - own) / max(1 - own, 1e-6), 0, 1)[:, None]
        mixed = np.where(wanted[:, None] <= own, darker, light[None] + (1 - light[None]) * white)
    rgb = np.asarray(from_light(mixed)[None], np.float32)
    lab = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)[0], np.float32)
    paint = np.array([[colour]], np.float32) / 255
    return lab, float(cv2.cvtColor(paint, cv2.COLOR_RGB2Lab)[0, 0, 0])


def _luminance(lightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L 0..100 to luminance 0..1."""
    root = (lightness + 16) / 116
    return np.where(lightness > 8, root**3, lightness / 903.3)


def _tones(image: Pixels, area: Pixels | None) -> tuple[float, float]:
    """The area's middle lightness and half the range its lightnesses span, Lab L."""
    pixels = image.reshape(-1, 3) if area is None else image[area > 127]
    if len(pixels) == 0:
        pixels = image.reshape(-1, 3)
    sample = pixels[:: max(1, len(pixels) // 100_000)].astype(np.float32)[None] / 255
    light = cv2.cvtColor(sample, cv2.COLOR_RGB2Lab)[0, :, 0]
    low, middle, high = (float(v) for v in np.percentile(light, (5, 50, 95)))
    return middle, (high - low) / 2
