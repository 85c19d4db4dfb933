"""JPEG, on white, with full colour resolution from quality 90."""

import cv2
import numpy as np

from retouch.pixels.arrays import Pixels
from retouch.pixels.flatten import flatten

_FULL_COLOUR = 90


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Quality 0 to 100 as libjpeg counts it; 4:2:0 below 90 and 4:4:4 from there."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if quality >= _FULL_COLOUR else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(flatten(pixels), cv2.COLOR_RGB2BGR), options)
    return np.asarray(data).tobytes()
