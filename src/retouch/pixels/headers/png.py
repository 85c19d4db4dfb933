"""PNG: the chunks in front of the pixels."""

import struct
from collections.abc import Iterator

from retouch.pixels.headers import exif
from retouch.pixels.headers.header import MOST_PARTS, BrokenError, Header

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Each chunk's name and whole bytes (length to checksum), up to and with IEND."""
    at = 8
    for _ in range(MOST_PARTS):
        if at + 12 > len(data):
            raise BrokenError("is cut off")
        (length,) = struct.unpack_from(">I", data, at)
        name = bytes(data[at + 4 : at + 8])
        if at + 12 + length > len(data):
            raise BrokenError("is cut off")
        yield name, data[at : at + 12 + length]
        if name == b"IEND":
            return
        at += 12 + length
    raise BrokenError("holds too many chunks")


def read_png(data: memoryview) -> Header:
    """Read as far as the first pixel chunk, which a file with lying lengths never reaches."""
    width, height, kind = start(data)
    has_alpha, plain, turn = kind in (4, 6), True, 1
    for name, chunk in chunks(data):
        if name == b"IDAT":
            return Header(width, height, turn, has_alpha, plain and turn == 1)
        if name == b"tRNS":
            has_alpha = True
        elif name == b"iCCP":
            plain = False
        elif name == b"eXIf":
            turn = exif.orientation(chunk[8:-4])
    raise BrokenError("holds no pixels")


def start(data: memoryview) -> tuple[int, int, int]:
    """Width, height and kind of colours, from the first 33 bytes."""
    if len(data) < 33:
        raise BrokenError("is cut off")
    length, name, width, height, depth, kind, packing, filtering, interlace = struct.unpack_from(">I4sIIBBBBB", data, 8)
    if name != b"IHDR" or length != 13:
        raise BrokenError("does not begin with its header")
    if depth not in _DEPTHS.get(kind, ()) or packing or filtering or interlace > 1:
        raise BrokenError("has an impossible header")
    return width, height, kind
