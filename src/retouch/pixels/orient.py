"""EXIF orientation: the eight ways a camera may have been held."""

import numpy as np

from retouch.pixels.arrays import Pixels


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror so that orientation 1 to 8 becomes 1; orientation 1 is the same array."""
    if orientation == 1:
        return pixels
    turned = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
