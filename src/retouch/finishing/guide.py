"""The second picture for models that take several: the source with the area to edit marked.

Marked on the picture itself rather than as a black-and-white mask: models that read pictures but have no mask input
take a mask for one more picture to blend in, while a colour laid over known things says "this, here" in the way that
people mark photos, and survives scaling. Magenta is the colour that photos hold least of; the tint lets through what
is under it, and the outline shows where it ends.
"""

import cv2
import numpy as np

from retouch.pixels import Grey, Pixels, flatten, is_opaque

_MAGENTA = (255, 0, 255)
_TINT = 0.5

GUIDE_SENTENCE = (
    "The last image is a copy of the first in which the area to change is marked in magenta: change only that area "
    "of the first image, keep everything else exactly as it is, and draw no magenta in the result."
)


def guide(source: Pixels, weights: Grey) -> Pixels:
    """The source, (h, w, 3 or 4), with the area tinted and outlined in magenta: opaque, (h, w, 3).

    `weights`, (h, w): 255 = edit, 0 = keep; a soft edge fades the tint, and the outline runs at its middle.
    """
    plain = source[:, :, :3] if is_opaque(source) else flatten(source)
    height, width = weights.shape
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, 256):  # in bands: floats take four times the room
        band = slice(top, top + 256)
        share = weights[band, :, None] * np.float32(_TINT / 255)
        out[band] = np.rint(plain[band] + share * (np.array(_MAGENTA, np.float32) - plain[band])).astype(np.uint8)
    inside = (weights >= 128).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(out, outlines, -1, _MAGENTA, max(1, round(max(height, width) / 320)))
    return out
