"""GIF: the canvas, and whether its first frame leaves any of it clear."""

import struct

from retouch.pixels.headers.header import MOST_PARTS, BrokenError, Header


def read_gif(data: memoryview) -> Header:
    """Read as far as the first frame; a comment too long to walk counts as "may hold alpha"."""
    if len(data) < 13:
        raise BrokenError("is cut off")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    return Header(width, height, has_alpha=_first_frame_is_clear(data, at, width, height))


def _first_frame_is_clear(data: memoryview, at: int, width: int, height: int) -> bool:
    clear = False
    for _ in range(MOST_PARTS):
        if at + 10 > len(data):
            raise BrokenError("holds no picture")
        if data[at] == 0x2C:
            return clear or struct.unpack_from("<HHHH", data, at + 1) != (0, 0, width, height)
        if data[at] != 0x21:
            raise BrokenError("has a broken header")
        if data[at + 1] == 0xF9:
            clear = bool(data[at + 3] & 1)
        at = _after_blocks(data, at + 2)
    raise BrokenError("holds too many blocks")


def _after_blocks(data: memoryview, at: int) -> int:
    for _ in range(MOST_PARTS):
        if at >= len(data):
            raise BrokenError("is cut off")
        if data[at] == 0:
            return at + 1
        at += 1 + data[at]
    raise BrokenError("holds too many blocks")
