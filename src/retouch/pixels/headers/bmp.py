"""BMP: one of Windows' fixed headers."""

import struct

from retouch.pixels.headers.header import BrokenError, Header


def read_bmp(data: memoryview) -> Header:
    """Read the fixed header; a negative height means rows from the top."""
    if len(data) < 26:
        raise BrokenError("is cut off")
    (size,) = struct.unpack_from("<I", data, 14)
    if size == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return Header(width, height)
    if len(data) < 34:
        raise BrokenError("is cut off")
    width, height, _, depth = struct.unpack_from("<iiHH", data, 18)
    if width < 0:
        raise BrokenError("has a negative width")
    return Header(width, abs(height), has_alpha=depth in (16, 32))
