"""Looks that need no settings: each takes and returns (h, w, 3) uint8."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch.engines.cpu.operations.canvas import Canvas, area_of, blend, box_of
from retouch.engines.cpu.operations.curves import (
    LIGHT,
    Floats,
    Pixels,
    apply,
    curve,
    in_bands,
    lit,
    luma,
    to_light,
)
from retouch.engines.cpu.operations.drawing import cartoon, color_sketch, edges, emboss, halftone, sketch
from retouch.engines.cpu.operations.painting import oil, watercolor
from retouch.engines.cpu.operations.tone import contrast
from retouch.engines.cpu.steps import ColourWash, Duotone, Posterize, Style, Vignette

#: Rows of a photographer's sepia: brightness to warm brown, applied after black and white.
_SEPIA_DARK = (0.10, 0.055, 0.02)
_SEPIA_LIGHT = (1.0, 0.95, 0.82)


def black_and_white(image: Pixels) -> Pixels:
    """Brightness with film-like weights (more red, less blue, so skin and skies read well) and a slight S-curve."""
    weights = np.array([[0.31, 0.58, 0.11]], np.float32)
    grey = np.asarray(cv2.transform(image, weights), np.uint8).reshape(image.shape[:2])
    return contrast(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8), 0.06)


def sepia(image: Pixels) -> Pixels:
    """Brown in the darks to cream in the lights, brightness kept."""
    grey = black_and_white(image)
    bends = (0.82, 0.98, 1.22)
    return apply(grey, *map(_toned, _SEPIA_DARK, _SEPIA_LIGHT, bends))


def _toned(dark: float, light: float, bend: float) -> Pixels:
    return curve(lambda v: dark * (1 - v) ** 2 + light * v**bend)


def vintage(image: Pixels) -> Pixels:
    """Faded film: lifted blacks, soft lights, warm lights over teal shadows, less colour, darker corners."""
    faded = apply(
        image,
        curve(lambda v: 0.07 + 0.90 * _soft(v)),
        curve(lambda v: 0.055 + 0.875 * _soft(v)),
        curve(lambda v: 0.12 + 0.70 * _soft(v)),
    )

    def fade(band: Floats) -> Floats:
        light = (band @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
        return np.asarray(light + 0.78 * (band - light), np.float32)

    return shade_corners(in_bands(faded, fade), Vignette(strength=0.32))


def _soft(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """A gentle S that never reaches the ends steeply."""
    return 0.65 * value + 0.35 * value * value * (3 - 2 * value)


def invert(image: Pixels) -> Pixels:
    """The negative."""
    return np.asarray(255 - image, np.uint8)


def solarize(image: Pixels) -> Pixels:
    """The Sabattier effect as a smooth curve: lights turn over, darks stay."""
    return apply(image, curve(lambda v: np.sin(np.pi * v) ** 1.15 * 0.98))


#: Every look that a Style step can name.
LOOKS: dict[str, Callable[[Pixels], Pixels]] = {
    "bw": black_and_white,
    "sepia": sepia,
    "vintage": vintage,
    "invert": invert,
    "solarize": solarize,
    "sketch": sketch,
    "color_sketch": color_sketch,
    "cartoon": cartoon,
    "oil": oil,
    "watercolor": watercolor,
    "emboss": emboss,
    "edges": edges,
    "halftone": halftone,
}


def style(image: Pixels, step: Style) -> Pixels:
    """A look at its strength: below 1 it is mixed with the picture."""
    looked = LOOKS[step.style](image)
    if step.strength >= 1:
        return looked
    # Half strength should still be seen for what it is.
    share = 0.35 + 0.65 * step.strength
    return np.asarray(cv2.addWeighted(looked, share, image, 1 - share, 0), np.uint8)


def posterize(image: Pixels, step: Posterize) -> Pixels:
    """So many levels a channel, on a slightly smoothed picture so that the steps have clean edges."""
    calm = cv2.bilateralFilter(image, 7, 30, 4)
    top = step.levels - 1
    return apply(np.asarray(calm, np.uint8), curve(lambda v: np.rint(v * top) / top))


def duotone(image: Pixels, step: Duotone) -> Pixels:
    """Brightness mapped from one colour to the other."""
    grey = contrast(np.asarray(cv2.cvtColor(luma(image), cv2.COLOR_GRAY2RGB), np.uint8), 0.15)
    return apply(grey, *(_between(low / 255, high / 255) for low, high in zip(step.dark, step.light, strict=True)))


def _between(dark: float, light: float) -> Pixels:
    return curve(lambda v: dark + (light - dark) * v)


def wash(image: Pixels, step: ColourWash) -> Pixels:
    """A tint like a photographic filter: light times the colour, with most of the lost brightness given back."""
    ink = to_light(np.array(step.colour, np.float64) / 255)
    ink = 1 - step.strength + step.strength * (0.04 + ink / max(float(ink.max()), 1e-3))
    ink = ink / max(float(ink @ LIGHT), 0.05) ** 0.6
    return apply(image, *(lit(float(factor), knee=0.6) for factor in ink))


def shade_corners(image: Pixels, step: Vignette) -> Pixels:
    """Corners darker by light, not by grey: a cosine falloff that leaves the middle alone."""
    height, width = image.shape[:2]
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.5)[:, None] * 2
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width - 0.5)[None, :] * 2
    distance = np.sqrt((x * x + y * y) / 2)
    fall = np.clip((distance - 0.35) / 0.65, 0, 1)
    shade = fall * fall * (3 - 2 * fall)
    if step.strength < 0:
        share = np.asarray(shade * -step.strength, np.float32)[..., None]
        return np.asarray(np.rint(image + (255 - image.astype(np.float32)) * share), np.uint8)
    factor = np.asarray((1 - 0.85 * step.strength * shade) ** 1.1, np.float32)[..., None]
    out = np.empty_like(image)
    for top in range(0, height, 256):
        out[top : top + 256] = np.rint(image[top : top + 256] * factor[top : top + 256])
    return out


def vignette(canvas: Canvas, step: Vignette) -> Canvas:
    """Shade the corners of the picture, or of the marked area's own box."""
    area = area_of(canvas, step)
    left, top, right, bottom = box_of(area, canvas.size)
    out = canvas.rgb.copy()
    out[top:bottom, left:right] = shade_corners(np.ascontiguousarray(out[top:bottom, left:right]), step)
    return canvas.painted(blend(canvas.rgb, out, area))
