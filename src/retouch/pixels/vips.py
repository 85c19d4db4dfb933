"""How libvips is used: explicitly by format, without its cache, its errors as one exception."""

import logging
from typing import Any

import numpy as np
import pyvips

from retouch.pixels.arrays import Samples

Image = pyvips.Image
VipsError = pyvips.Error
GValue = pyvips.GValue

# Each call is made on a picture that will not be seen again: remembered operations would only hold memory.
pyvips.cache_set_max(0)
# What the library has to say about hostile files is told by its errors; its warnings would fill the log.
logging.getLogger("pyvips").setLevel(logging.ERROR)

_FORMATS = {"uint8": "uchar", "uint16": "ushort"}


def from_array(samples: Samples, interpretation: str = "srgb") -> Any:
    """A libvips image over the array's own memory, (height, width) or (height, width, bands)."""
    height, width = samples.shape[:2]
    bands = samples.shape[2] if samples.ndim == 3 else 1
    memory = np.ascontiguousarray(samples).data.cast("B")
    image = Image.new_from_memory(memory, width, height, bands, _FORMATS[samples.dtype.name])
    return image.copy(interpretation=interpretation)


def to_array(image: Any) -> Any:
    """The evaluated image as (height, width, bands), of the image's own sample type."""
    array = image.numpy()
    return array.reshape(image.height, image.width, image.bands)
