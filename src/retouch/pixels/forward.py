"""Handing a file on without decoding it: possible where its pixels already are what they mean, minus its metadata."""

import re
from dataclasses import replace

from retouch.domain.picture import Picture
from retouch.pixels.headers import READERS, BrokenError
from retouch.pixels.headers.jpeg import END, START_OF_SCAN, segments
from retouch.pixels.headers.png import chunks

_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_JFIF, _ADOBE, _LAST_APPLICATION, _COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
#: In a scan 0xFF is data where 0x00 follows, a restart where 0xD0 to 0xD7 follow; a run of 0xFF pads.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def forwardable(picture: Picture) -> Picture | None:
    """The picture without metadata, its compressed pixels untouched; None where only decoding does it justice.

    That is: PNG, JPEG and still WebP files that are upright, without a colour profile, and not CMYK.
    """
    data = memoryview(picture.data).cast("B")
    try:
        if picture.format not in _STRIPPERS or not READERS[picture.format](data).plain:
            return None
        stripped = _STRIPPERS[picture.format](data)
    except BrokenError:
        return None
    return picture if len(stripped) == len(data) else replace(picture, data=stripped)


def _strip_png(data: memoryview) -> bytes | memoryview:
    kept = [chunk for name, chunk in chunks(data) if name in _PNG_KEPT]
    if 8 + sum(map(len, kept)) == len(data):
        return data
    return b"".join([data[:8], *kept])


def _strip_jpeg(data: memoryview) -> bytes | memoryview:
    parts: list[memoryview] = [data[:2]]
    for part in segments(data):
        application = _JFIF < part.marker <= _LAST_APPLICATION and part.marker != _ADOBE
        if part.marker == START_OF_SCAN:
            parts.append(data[part.start : _end_of_scans(data, part.end)])
        elif not application and part.marker != _COMMENT:
            parts.append(data[part.start : part.end])
    if sum(map(len, parts)) == len(data):
        return data
    return b"".join(parts)


def _end_of_scans(data: memoryview, at: int) -> int:
    """Where the picture ends; what follows may be another one (MPO) or anything at all."""
    while found := _MARKER.search(data, at):
        if data[found.end() - 1] == END:
            return found.end()
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    raise BrokenError("is cut off")


def _strip_webp(data: memoryview) -> memoryview:
    return data


_STRIPPERS = {"png": _strip_png, "jpeg": _strip_jpeg, "webp": _strip_webp}
