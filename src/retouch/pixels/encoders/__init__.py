"""Encoding: one file per format."""

from collections.abc import Callable

from retouch.domain.errors import invalid
from retouch.domain.picture import Format
from retouch.pixels.arrays import Pixels
from retouch.pixels.encoders.jpeg import encode_jpeg
from retouch.pixels.encoders.png import encode_png
from retouch.pixels.encoders.webp import encode_webp

_ENCODERS: dict[Format, Callable[[Pixels, int], bytes]] = {
    Format.PNG: encode_png,
    Format.JPEG: encode_jpeg,
    Format.WEBP: encode_webp,
}
_LONGEST = {Format.JPEG: 65_500, Format.WEBP: 16_383}


def encode(pixels: Pixels, format: Format, compression: int = 100) -> bytes:  # noqa: A002 - the API's own word
    """Encode (h, w, 3) RGB or (h, w, 4) RGBA, uint8, both edges at least 1, without metadata.

    `compression` 0 to 100 is the quality of JPEG and WebP (WebP at 100 is lossless, colours under clear pixels
    included) and means nothing to PNG, which is always lossless. JPEG lays transparent pixels on white. Raises
    INVALID_REQUEST where the format cannot hold the size.
    """
    height, width = pixels.shape[:2]
    longest = _LONGEST.get(format)
    if longest is not None and max(width, height) > longest:
        raise invalid(
            "output_format",
            f"A {format.value} image has at most {longest:,} pixels an edge; this one is {width}x{height}.",
        )
    return _ENCODERS[format](pixels, compression)


__all__ = ["encode"]
