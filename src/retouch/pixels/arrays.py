"""Decoded pictures are plain numpy arrays; these names say which kind a function means."""

import numpy as np
import numpy.typing as npt

#: uint8, (height, width, 3) RGB or (height, width, 4) RGBA with straight alpha, sRGB, upright. Treat as read-only:
#: a view may share memory with encoded bytes or with the array it was made from.
Pixels = npt.NDArray[np.uint8]

#: uint8, (height, width), one channel.
Grey = npt.NDArray[np.uint8]

#: uint8 or uint16 samples as a codec hands them over.
Samples = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def alpha_of(pixels: Pixels) -> Grey | None:
    """The alpha channel as a view, (height, width), or None where the picture has none."""
    return pixels[:, :, 3] if pixels.shape[2] == 4 else None


def is_opaque(pixels: Pixels) -> bool:
    """True where no pixel is even partly transparent."""
    alpha = alpha_of(pixels)
    return alpha is None or int(alpha.min()) == 255


def alpha_like(pixels: Pixels, other: Pixels) -> Pixels:
    """The picture with an alpha channel, opaque where it had none, if the other has one; else the same array."""
    if pixels.shape[2] == 4 or other.shape[2] == 3:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
