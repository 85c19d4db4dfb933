"""WebP: a RIFF file of lossy, lossless or extended kind."""

import struct
from collections.abc import Iterator

from retouch.pixels.headers import exif
from retouch.pixels.headers.header import MOST_PARTS, BrokenError, Header

_ANIMATED, _XMP, _EXIF, _ALPHA, _ICC = 0x02, 0x04, 0x08, 0x10, 0x20


def read_webp(data: memoryview) -> Header:
    """Read the first chunk, and where it promises EXIF, the chunk that holds it."""
    if len(data) < 30:
        raise BrokenError("is cut off")
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data) + 1:
        raise BrokenError("is cut off")
    kind = bytes(data[12:16])
    if kind == b"VP8X":
        return _extended(data)
    if kind == b"VP8L":
        return _lossless(data[20:])
    if kind == b"VP8 ":
        return _lossy(data[20:])
    raise BrokenError("has an unknown first chunk")


def _lossy(frame: memoryview) -> Header:
    if bytes(frame[3:6]) != b"\x9d\x01\x2a":
        raise BrokenError("has a broken first frame")
    width, height = struct.unpack_from("<HH", frame, 6)
    return Header(width & 0x3FFF, height & 0x3FFF, plain=True)


def _lossless(frame: memoryview) -> Header:
    if frame[0] != 0x2F:
        raise BrokenError("has a broken first frame")
    (bits,) = struct.unpack_from("<I", frame, 1)
    return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, has_alpha=bool(bits >> 28 & 1), plain=True)


def _extended(data: memoryview) -> Header:
    flags = data[20]
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    turn = _orientation(data) if flags & _EXIF else 1
    plain = turn == 1 and not flags & (_ICC | _ANIMATED | _XMP | _EXIF)
    return Header(width, height, turn, bool(flags & (_ALPHA | _ANIMATED)), plain)


def _orientation(data: memoryview) -> int:
    for name, chunk in chunks(data):
        if name == b"EXIF":
            return exif.orientation(chunk[8:])
    return 1


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Each chunk's name and whole bytes (header to padding)."""
    at = 12
    for _ in range(MOST_PARTS):
        if at + 8 > len(data):
            return
        (length,) = struct.unpack_from("<I", data, at + 4)
        whole = 8 + length + length % 2
        yield bytes(data[at : at + 4]), data[at : at + whole]
        at += whole
    raise BrokenError("holds too many frames")
