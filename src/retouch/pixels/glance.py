"""A PNG that is there as base64, known by its two ends: one that is only handed on need not be decoded for that."""

from collections.abc import Sequence
from dataclasses import replace

import pybase64

from retouch.domain.errors import RetouchError, invalid_image
from retouch.domain.picture import Buffer, Picture, Size
from retouch.pixels.headers import BrokenError
from retouch.pixels.headers.png import END, read_png
from retouch.pixels.inspect import Bounds, check_size
from retouch.pixels.sniff import sniff

#: Characters of base64 that are decoded at either end, whole groups of four. Nearly every header is far shorter.
_HEAD, _TAIL = 8192, 32


def glance(pieces: Sequence[Buffer], bounds: Bounds) -> Picture | None:
    """The picture without its bytes (`data` is empty), if it is an upright PNG that begins and ends as one.

    None where it is anything else, or where that takes more than its ends: then it has to be decoded and inspected.
    """
    length = sum(map(len, pieces))
    if length % 4 or length < _HEAD or len(pieces[0]) < _HEAD or len(pieces[-1]) < _TAIL:
        return None
    try:
        head = pybase64.b64decode(memoryview(pieces[0])[:_HEAD], validate=True)
        tail = pybase64.b64decode(memoryview(pieces[-1])[-_TAIL:], validate=True)
        if sniff(head) != "png" or not tail.endswith(END):
            return None
        header = read_png(memoryview(head), whole=length // 4 * 3 - (_TAIL // 4 * 3 - len(tail)))
        check_size(header, "png", "image", bounds)
    except (ValueError, BrokenError, RetouchError):
        return None
    if header.orientation != 1:
        return None
    return Picture(b"", "png", Size(header.width, header.height), header.has_alpha, tuple(pieces))


def opened(picture: Picture) -> Picture:
    """The picture with its bytes, also where only its ends were looked at. Raises INVALID_IMAGE."""
    if not picture.is_glanced:
        return picture
    try:
        return replace(picture, data=pybase64.b64decode(b"".join(picture.base64 or ()), validate=True))
    except ValueError:
        raise invalid_image("image", "`image` cannot be read: its base64 is broken.") from None
