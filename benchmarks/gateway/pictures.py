"""What is sent and what comes back: one megabyte of multipart up, two megabytes of JSON down."""

from functools import cache

import cv2
import numpy as np

from retouch.domain.picture import Format
from retouch.pixels import Pixels, encode

EDGE = 1024
#: Sensor noise, levels, by which a PNG of EDGE x EDGE comes to about 1.0 and 1.5 MB.
UP, DOWN = 0.45, 1.5


def photo(seed: int, grain: float) -> Pixels:
    """Smooth shapes at three scales, with grain."""
    rng = np.random.default_rng(seed)
    out = np.full((EDGE, EDGE, 3), 128, np.float32)
    for cells, depth in ((4, 60), (11, 30), (37, 14)):
        layer = rng.normal(0, depth, (cells, cells, 3)).astype(np.float32)
        out += cv2.resize(layer, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC)
    out += rng.normal(0, grain, out.shape).astype(np.float32)
    return np.clip(out, 0, 255).astype(np.uint8)


@cache
def sent(number: int) -> bytes:
    """An input image."""
    return encode(photo(100 + number, UP), Format.PNG)


@cache
def answered() -> bytes:
    """What the provider draws."""
    return encode(photo(7, DOWN), Format.PNG)


@cache
def mask() -> bytes:
    """A mask: an ellipse in the middle is transparent, which is where the edit goes."""
    pixels = np.zeros((EDGE, EDGE, 4), np.uint8)
    inside = np.zeros((EDGE, EDGE), np.uint8)
    cv2.ellipse(inside, (EDGE // 2, EDGE // 2), (EDGE // 4, EDGE // 4), 0, 0, 360, (255,), -1)
    pixels[..., 3] = 255 - inside
    return encode(pixels, Format.PNG)
