"""Files cut down to what makes up their first picture: no metadata, no further frames, nothing behind the end.

Decoders are handed only this, so that packed texts, EXIF parsers and endless animations are never met; and what is
left can go to an engine untouched. Compressed pixels are never changed. All raise BrokenError.
"""

import re
import struct
from collections.abc import Callable, Iterable

from retouch.domain.picture import Buffer
from retouch.pixels.headers.header import BrokenError
from retouch.pixels.headers.jpeg import END, START_OF_SCAN, segments
from retouch.pixels.headers.png import chunks as png_chunks
from retouch.pixels.headers.tiff import next_directory
from retouch.pixels.headers.webp import chunks as webp_chunks

_PNG_PARTS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_WEBP_PARTS = {b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"}
_FRAMES = {b"ANMF", b"VP8 ", b"VP8L"}
_PROFILE = 0xE2
#: Application data but JFIF (0xE0) and Adobe (0xEE), which tell how colours are stored; and comments.
_METADATA = {*range(0xE1, 0xF0), 0xFE} - {0xEE}
_MOST_SCANS = 200
#: In a scan 0xFF is data where 0x00 follows and a restart where 0xD0 to 0xD7 do; a run of 0xFF pads.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def strip(data: Buffer, kind: str, *, keep_profile: bool) -> Buffer:
    """The first picture of a file sniffed as `kind`, with its colour profile or without; `data` if nothing goes."""
    view = memoryview(data).cast("B")
    return _STRIPPERS[kind](view, keep_profile) if kind in _STRIPPERS else data


def _joined(whole: memoryview, parts: Iterable[Buffer]) -> Buffer:
    parts = list(parts)
    return whole if sum(map(len, parts)) == len(whole) else b"".join(parts)


def _strip_png(data: memoryview, keep_profile: bool) -> Buffer:
    wanted = _PNG_PARTS | {b"iCCP"} if keep_profile else _PNG_PARTS
    return _joined(data, [data[:8], *(chunk for name, chunk in png_chunks(data) if name in wanted)])


def _strip_jpeg(data: memoryview, keep_profile: bool) -> Buffer:
    parts: list[Buffer] = [data[:2]]
    for part in segments(data):
        if part.marker == START_OF_SCAN:
            parts.append(data[part.start : _end_of_scans(data, part.end)])
        elif part.marker == _PROFILE:
            parts += [data[part.start : part.end]] if keep_profile else []
        elif part.marker not in _METADATA:
            parts.append(data[part.start : part.end])
    return _joined(data, parts)


def _end_of_scans(data: memoryview, at: int) -> int:
    """Where the picture ends; what follows may be another one (MPO) or anything at all."""
    scans = 1
    while found := _MARKER.search(data, at):
        marker = data[found.end() - 1]
        if marker == END:
            return found.end()
        scans += marker == START_OF_SCAN
        if scans > _MOST_SCANS:
            raise BrokenError("holds too many scans")
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    raise BrokenError("is cut off")


def _strip_webp(data: memoryview, keep_profile: bool) -> Buffer:
    wanted = _WEBP_PARTS | {b"ICCP"} if keep_profile else _WEBP_PARTS
    parts: list[Buffer] = []
    for name, chunk in webp_chunks(data):
        if name in wanted:
            parts.append(chunk)
        if name in _FRAMES:
            break
    length = 4 + sum(map(len, parts))
    return _joined(data, [b"RIFF", struct.pack("<I", length), b"WEBP", *parts])


def _strip_tiff(data: memoryview, _keep_profile: bool) -> Buffer:
    at = next_directory(data)
    if at is None or not any(data[at : at + 4]):
        return data
    return b"".join([data[:at], bytes(4), data[at + 4 :]])


_STRIPPERS: dict[str, Callable[[memoryview, bool], Buffer]] = {
    "png": _strip_png,
    "jpeg": _strip_jpeg,
    "webp": _strip_webp,
    "tiff": _strip_tiff,
}
