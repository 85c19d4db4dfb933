"""TIFF: the first directory."""

from typing import Literal

from retouch.pixels.headers import exif
from retouch.pixels.headers.header import BrokenError, Header

_WIDTH, _HEIGHT, _PHOTOMETRIC, _ORIENTATION, _CHANNELS, _EXTRA = 256, 257, 262, 274, 277, 338
_CMYK = 5


def read_tiff(data: memoryview) -> Header:
    """Read the first directory; later pages are ignored."""
    tags = exif.first_directory(data)
    if tags is None or _WIDTH not in tags or _HEIGHT not in tags:
        raise BrokenError("has a broken first directory")
    usual = 4 if tags.get(_PHOTOMETRIC) == _CMYK else 3
    has_alpha = _EXTRA in tags or tags.get(_CHANNELS, 1) in (2, usual + 1)
    return Header(tags[_WIDTH], tags[_HEIGHT], exif.checked(tags.get(_ORIENTATION)), has_alpha)


def next_directory(data: memoryview) -> int | None:
    """Where the first directory says where the next one is, or None where that lies past the end."""
    order: Literal["little", "big"] = "little" if data[0] == ord("I") else "big"
    first = int.from_bytes(data[4:8], order)
    at = first + 2 + 12 * int.from_bytes(data[first : first + 2], order)
    return at if at + 4 <= len(data) else None
