"""Small formulas that several operations share: light, curves and bands."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

#: Rows worked on at once where floats are needed, so that a 40-megapixel picture costs no gigabyte.
BAND = 256
#: How much each channel's light counts for the eye (Rec. 709).
LIGHT = np.array([0.2126, 0.7152, 0.0722])
_RAMP = np.arange(256, dtype=np.float64) / 255


def to_light(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB 0..1 to linear light."""
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4)


def from_light(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light to sRGB 0..1."""
    light = np.maximum(value, 0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def shoulder(value: NDArray[np.float64], peak: float, knee: float = 0.75) -> NDArray[np.float64]:
    """Bend what would clip: the line above `knee` runs smoothly to 1 at `peak`, so highlights keep their detail."""
    if peak <= 1:
        return value
    room = 1 - knee
    over = np.maximum(value - knee, 0) / (peak - knee)
    slope = (peak - knee) / room
    bent = knee + room * (1 - (1 - np.minimum(over, 1)) ** slope)
    return np.where(value > knee, bent, value)


def curve(function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Pixels:
    """A 256-entry table of a function of 0..1."""
    return np.asarray(np.clip(np.rint(function(_RAMP) * 255), 0, 255), np.uint8)


def lit(gain: float, knee: float = 0.75) -> Pixels:
    """The table for light times `gain`."""
    peak = float(from_light(np.array([gain]))[0])
    return curve(lambda value: shoulder(from_light(to_light(value) * gain), peak, knee))


def apply(image: Pixels, *tables: Pixels) -> Pixels:
    """One table for all channels, or one each."""
    table = tables[0] if len(tables) == 1 else np.stack(tables, axis=-1)[None]
    return np.asarray(cv2.LUT(image, table), np.uint8)


def in_bands(image: Pixels, change: Callable[[Floats], Floats]) -> Pixels:
    """A function of 0..1 RGB floats, applied a band of rows at a time (so it must look at one pixel only)."""
    out = np.empty_like(image)
    for top in range(0, image.shape[0], BAND):
        band = np.asarray(image[top : top + BAND] / np.float32(255), np.float32)
        out[top : top + BAND] = to_bytes(change(band))
    return out


def in_lab(image: Pixels, change: Callable[[Floats], Floats]) -> Pixels:
    """Like in_bands for CIE Lab floats: L 0..100, a and b about -110..110."""

    def through(band: Floats) -> Floats:
        lab = np.asarray(cv2.cvtColor(band, cv2.COLOR_RGB2Lab), np.float32)
        return np.asarray(cv2.cvtColor(change(lab), cv2.COLOR_Lab2RGB), np.float32)

    return in_bands(image, through)


def to_bytes(image: Floats) -> Pixels:
    """0..1 floats to bytes."""
    return np.asarray(np.clip(np.rint(image * 255), 0, 255), np.uint8)


def luma(image: Pixels) -> Pixels:
    """Brightness as the eye weighs it (Rec. 709), (h, w) uint8."""
    weights = np.array([[0.2126, 0.7152, 0.0722]], np.float32)
    return np.asarray(cv2.transform(image, weights), np.uint8).reshape(image.shape[:2])


def longer(image: Pixels) -> int:
    """The longer side, pixels."""
    return int(max(image.shape[:2]))


def blurred(image: Pixels, sigma: float) -> Pixels:
    """A Gaussian blur; a wide one is made at a smaller size, where it looks the same and costs little."""
    if sigma <= 0.3:
        return image
    shrink = max(1, int(sigma / 6))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.uint8)
    height, width = image.shape[:2]
    size = max(1, width // shrink), max(1, height // shrink)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
