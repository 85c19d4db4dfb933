"""Readers that learn a picture's size and nature from its header, in bounded time, without decoding.

Each takes the whole file and raises `BrokenError` with the rest of a sentence that begins with the format's name.
"""

from collections.abc import Callable

from retouch.pixels.headers.bmp import read_bmp
from retouch.pixels.headers.gif import read_gif
from retouch.pixels.headers.header import BrokenError, Header
from retouch.pixels.headers.heif import read_avif, read_heic
from retouch.pixels.headers.jpeg import read_jpeg
from retouch.pixels.headers.png import read_png
from retouch.pixels.headers.tiff import read_tiff
from retouch.pixels.headers.webp import read_webp

READERS: dict[str, Callable[[memoryview], Header]] = {
    "png": read_png,
    "jpeg": read_jpeg,
    "webp": read_webp,
    "gif": read_gif,
    "tiff": read_tiff,
    "bmp": read_bmp,
    "avif": read_avif,
    "heic": read_heic,
}

__all__ = ["READERS", "BrokenError", "Header"]
