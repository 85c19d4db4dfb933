"""Laying a picture on white."""

import numpy as np

from retouch.pixels.arrays import Pixels

_ROWS = 256


def flatten(pixels: Pixels) -> Pixels:
    """RGBA over opaque white, (h, w, 3); RGB is returned as it is."""
    if pixels.shape[2] == 3:
        return pixels
    out = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, pixels.shape[0], _ROWS):  # in bands, so that the wider numbers stay in the cache
        band = pixels[top : top + _ROWS]
        alpha = band[:, :, 3:].astype(np.uint16)
        out[top : top + _ROWS] = (band[:, :, :3] * alpha + (255 - alpha) * 255 + 127) // 255
    return out
