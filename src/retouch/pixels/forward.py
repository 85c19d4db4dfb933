"""Handing a file on without decoding it: possible where its pixels already are what they mean."""

from dataclasses import replace

from retouch.domain.picture import Picture
from retouch.pixels.headers import READERS, BrokenError
from retouch.pixels.strip import strip

_FORWARDED = ("png", "jpeg", "webp")


def forwardable(picture: Picture) -> Picture | None:
    """The picture without metadata, its compressed pixels untouched; None where only decoding does it justice.

    That is: PNG, JPEG and still WebP files that are upright, without a colour profile, and not CMYK.
    """
    data = memoryview(picture.data).cast("B")
    try:
        if picture.format not in _FORWARDED or not READERS[picture.format](data).plain:
            return None
        stripped = strip(picture.data, picture.format, keep_profile=False)
    except BrokenError:
        return None
    return picture if len(stripped) == len(data) else replace(picture, data=stripped, base64=None)


def is_whole(picture: Picture) -> bool:
    """False where a PNG, JPEG or WebP visibly lacks its end."""
    try:
        strip(picture.data, picture.format, keep_profile=True)
    except BrokenError:
        return False
    return True
