"""Laying a picture on white."""

import cv2
import numpy as np

from retouch.pixels.arrays import Pixels

_ROWS = 128


def flatten(pixels: Pixels) -> Pixels:
    """RGBA over opaque white, (h, w, 3); RGB is returned as it is."""
    if pixels.shape[2] == 3:
        return pixels
    out = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, pixels.shape[0], _ROWS):  # in bands, so that the wider numbers stay in the cache
        band = pixels[top : top + _ROWS]
        alpha = cv2.merge([band[:, :, 3]] * 3)
        light = np.multiply(255 - band[:, :, :3], alpha, dtype=np.uint16)  # what the picture takes off white
        light += 128
        light += light >> 8
        np.subtract(255, light >> 8, out=out[top : top + _ROWS], casting="unsafe")
    return out
