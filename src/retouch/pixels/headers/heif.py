"""AVIF and HEIC: a container whose boxes the codec libraries read; both apply rotation themselves."""

import pi_heif
import pyvips

from retouch.pixels.headers.header import BrokenError, Header


def read_avif(data: memoryview) -> Header:
    """Opened but not decoded."""
    try:
        image = pyvips.Image.heifload_buffer(data)
    except pyvips.Error as error:
        raise BrokenError("is broken or of a kind that is not supported") from error
    return Header(image.width, image.height, has_alpha=bool(image.hasalpha()))


def read_heic(data: memoryview) -> Header:
    """Opened but not decoded."""
    try:
        image = pi_heif.open_heif(bytes(data))
    except Exception as error:  # the binding raises whatever the C library meets
        raise BrokenError("is broken or of a kind that is not supported") from error
    width, height = image.size
    return Header(width, height, has_alpha=bool(image.has_alpha))
