"""Scaling pixels and masks.

Pixels are scaled in their own sRGB values, as browsers and editors do, not in linear light: the answer then looks
like the caller's own preview, and Lanczos rings least around dark edges. Colours are weighted by alpha.
"""

import cv2
import numpy as np

from retouch.domain.picture import Size
from retouch.pixels.arrays import Grey, Pixels
from retouch.pixels.vips import from_array, to_array


def scale(pixels: Pixels, size: Size) -> Pixels:
    """Scale (h, w, 3 or 4) to exactly `size` with Lanczos (3 lobes); the same array where it has that size."""
    height, width = pixels.shape[:2]
    if (width, height) == (size.width, size.height):
        return pixels
    image = from_array(pixels)
    has_alpha = pixels.shape[2] == 4
    image = image.premultiply() if has_alpha else image
    image = image.resize(size.width / width, vscale=size.height / height, kernel="lanczos3")
    image = image.unpremultiply().rint().cast("uchar") if has_alpha else image
    out: Pixels = to_array(image)
    if out.shape[:2] != (size.height, size.width):  # a rounding of the scale factor
        out = cv2.resize(out, (size.width, size.height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    return out


def scale_mask(grey: Grey, size: Size) -> Grey:
    """Scale (h, w) to exactly `size`: by area where it shrinks, linear where it grows.

    Neither kernel overshoots, so a pixel whose whole neighbourhood is 0 stays 0, and 255 stays 255.
    """
    height, width = grey.shape
    out = _resize(grey, min(width, size.width), min(height, size.height), cv2.INTER_AREA)
    return _resize(out, size.width, size.height, cv2.INTER_LINEAR)


def _resize(grey: Grey, width: int, height: int, kernel: int) -> Grey:
    if grey.shape == (height, width):
        return grey
    return cv2.resize(grey, (width, height), interpolation=kernel).astype(np.uint8, copy=False)
