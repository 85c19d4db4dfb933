"""Brightness, contrast, warmth, saturation and their like."""

import math
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.engines.cpu.operations.curves import (
    LIGHT,
    Floats,
    Pixels,
    apply,
    blurred,
    curve,
    in_lab,
    lit,
    longer,
    luma,
    shoulder,
)
from retouch.engines.cpu.steps import Hue, Tone

#: Channel gains (red, green, blue) in stops of light for one unit of each colour balance.
_BALANCE = {
    "warmth": (0.55, 0.05, -0.75),
    "red": (0.8, -0.3, -0.3),
    "green": (-0.3, 0.6, -0.3),
    "blue": (-0.35, -0.2, 0.9),
    "yellow": (0.35, 0.25, -0.9),
    "magenta": (0.4, -0.5, 0.4),
    "cyan": (-0.8, 0.25, 0.25),
}


def brightness(image: Pixels, amount: float) -> Pixels:
    """Every tone times 1 + amount, with a shoulder instead of clipping; 0.2 raises the mean by about 20 %."""
    factor = 1 + amount
    if factor <= 1:
        return apply(image, curve(lambda v: v * factor))
    # The shoulder takes back some of the gain in the lights, which a little more gain in the darks makes up for.
    return apply(image, curve(lambda v: shoulder(_lifted(v, factor), _lifted(np.ones(1), factor)[0])))


def _lifted(value: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    return value * (factor + 0.15 * (factor - 1) * (1 - value))


def exposure(image: Pixels, stops: float) -> Pixels:
    """Light times 2 ** stops, as a longer exposure would give, with a shoulder instead of clipping."""
    return apply(image, lit(2.0**stops))


def contrast(image: Pixels, amount: float) -> Pixels:
    """An S-curve about the picture's own middle tone; below 0 towards a flat mid-grey."""
    middle = float(np.clip(luma(image).mean() / 255, 0.3, 0.7))
    if amount < 0:
        return apply(image, curve(lambda v: middle + (v - middle) * (1 + amount)))
    steep = 1 + 1.6 * amount

    def bend(value: NDArray[np.float64]) -> NDArray[np.float64]:
        below = middle * (np.maximum(value, 0) / middle) ** steep
        above = 1 - (1 - middle) * (np.maximum(1 - value, 0) / (1 - middle)) ** steep
        return np.where(value < middle, below, above)

    return apply(image, curve(bend))


def saturation(image: Pixels, amount: float, *, gently: bool = False) -> Pixels:
    """Chroma times 1 + amount. More of it spares what is colourful already, and skin."""

    def change(lab: Floats) -> Floats:
        a, b = lab[..., 1], lab[..., 2]
        if amount <= 0:
            factor: Floats | float = 1 + amount
        else:
            chroma = np.sqrt(a * a + b * b)
            weight = 1 / (1 + (chroma / (35 if gently else 70)) ** 2)
            factor = 1 + 1.25 * amount * weight * (1 - 0.55 * _skin(a, b, chroma))
        lab[..., 1:] *= factor if isinstance(factor, float) else factor[..., None]
        return lab

    return in_lab(image, change)


def _skin(a: Floats, b: Floats, chroma: Floats) -> Floats:
    """How much a colour is like skin, 0..1: orange hues (about 50 degrees) of moderate chroma."""
    hue = np.degrees(np.arctan2(b, a))
    near = np.clip(1 - np.abs(hue - 52) / 28, 0, 1) * np.clip(1 - np.abs(chroma - 28) / 26, 0, 1)
    return np.asarray(near, np.float32)


def gains(stops: tuple[float, float, float], image: Pixels, amount: float) -> Pixels:
    """Multiply each channel's light, keeping the brightness of grey: how a light source of another colour acts."""
    factors = 2.0 ** (np.array(stops) * np.clip(amount, -2, 2))
    factors /= LIGHT @ factors
    return apply(image, *(lit(float(factor), knee=0.85) for factor in factors))


def regional(image: Pixels, amount: float, *, shadows: bool = False) -> Pixels:
    """Lift or lower only the dark or only the light regions, their local contrast kept."""
    light = luma(image)
    base = _regions(light).astype(np.float32) / 255
    weight = (1 - base) ** 2 if shadows else base**2
    # Exponents of the region's tone rather than the pixel's: the detail within a region moves as one.
    exponent = np.exp2(-1.3 * amount * weight)
    target = np.power(np.maximum(base, 1 / 255), exponent)
    factor = target / np.maximum(base, 1 / 255)
    return _times(image, np.asarray(factor, np.float32))


def _times(image: Pixels, factor: Floats) -> Pixels:
    """Each pixel's channels times its factor, with a soft ceiling."""
    out = np.empty_like(image)
    for top in range(0, image.shape[0], 256):
        part = slice(top, top + 256)
        value = image[part].astype(np.float32) * factor[part, :, None]
        over = np.maximum(value - 220, 0)
        out[part] = np.rint(np.minimum(value, 220) + 35 * (1 - np.exp(-over / 35)))
    return out


def _regions(light: Pixels) -> Pixels:
    """Brightness smoothed within edges, at a size where that is cheap."""
    height, width = light.shape
    scale = min(1.0, 512 / max(height, width))
    small = cv2.resize(
        light, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    for _ in range(2):
        small = cv2.bilateralFilter(small, 0, 40, 8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def clarity(image: Pixels, amount: float) -> Pixels:
    """Local contrast in the mid-tones: the difference to a wide blur, more of it or less."""
    light = luma(image)
    wide = blurred(light, longer(image) / 45)
    value = light.astype(np.float32)
    middle = 1 - np.abs(value / 127.5 - 1) ** 2
    detail = np.tanh((value - wide) / 60) * 60
    factor = (value + 1.1 * amount * middle * detail + 4) / (value + 4)
    return _times(image, np.asarray(np.clip(factor, 0.4, 2.2), np.float32))


def whiten(image: Pixels, amount: float) -> Pixels:
    """Take the yellow out and lift a little: teeth, paper, cloth."""

    def change(lab: Floats) -> Floats:
        lab[..., 1] *= 1 - min(0.8, 0.8 * amount)
        lab[..., 2] *= 1 - min(0.9, 1.2 * amount)
        lab[..., 0] += 0.35 * amount * (100 - lab[..., 0])
        return lab

    return in_lab(image, change)


def hue(image: Pixels, step: Hue) -> Pixels:
    """Turn the hue circle in Lab, so that brightness stays."""
    cos, sin = math.cos(math.radians(step.degrees)), math.sin(math.radians(step.degrees))

    def change(lab: Floats) -> Floats:
        a, b = lab[..., 1].copy(), lab[..., 2].copy()
        lab[..., 1], lab[..., 2] = cos * a - sin * b, sin * a + cos * b
        return lab

    return in_lab(image, change)


#: Every quality that a Tone step can name; the rest are colour balances.
QUALITIES: dict[str, Callable[[Pixels, float], Pixels]] = {
    "brightness": brightness,
    "exposure": lambda image, amount: exposure(image, 2 * amount),
    "contrast": contrast,
    "saturation": saturation,
    "vibrance": lambda image, amount: saturation(image, amount, gently=True),
    "highlights": regional,
    "shadows": lambda image, amount: regional(image, amount, shadows=True),
    "clarity": clarity,
    "whiteness": whiten,
    **{name: partial(gains, stops) for name, stops in _BALANCE.items()},
}


def tone(image: Pixels, step: Tone) -> Pixels:
    """More or less of one quality; (h, w, 3) to the same."""
    return QUALITIES[step.quality](image, step.amount)
