"""JPEG: the segments in front of the first scan."""

from collections.abc import Iterator
from typing import NamedTuple

from retouch.pixels.headers import exif
from retouch.pixels.headers.header import MOST_PARTS, BrokenError, Header

_FRAMES = (0xC0, 0xC1, 0xC2)
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_MOST_PADDING = 4096
START_OF_SCAN, END = 0xDA, 0xD9


class Segment(NamedTuple):
    """A marker, the bytes from `start` to `end` that belong to it, and what they carry."""

    marker: int
    start: int
    end: int
    payload: memoryview


def segments(data: memoryview) -> Iterator[Segment]:
    """Each segment up to and with the first start of scan."""
    at = 2
    for _ in range(MOST_PARTS):
        start = at
        while at + 1 < len(data) and data[at] == 0xFF and data[at + 1] == 0xFF and at - start < _MOST_PADDING:
            at += 1
        if at + 4 > len(data):
            raise BrokenError("is cut off")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or marker in (0x00, 0xFF, END) or length < 2:
            raise BrokenError("has a broken header")
        if at + 2 + length > len(data):
            raise BrokenError("is cut off")
        yield Segment(marker, start, at + 2 + length, data[at + 4 : at + 2 + length])
        if marker == START_OF_SCAN:
            return
        at += 2 + length
    raise BrokenError("holds too many segments")


def read_jpeg(data: memoryview) -> Header:
    """Read as far as the first scan."""
    frame: tuple[int, int] | None = None
    turn: int | None = None
    plain = True
    for marker, _, _, payload in segments(data):
        if marker in _FRAMES and frame is None:
            frame = _frame(payload)
            plain = plain and payload[5] != 4
        elif marker in _OTHER_FRAMES:
            raise BrokenError("uses a kind of JPEG compression that is not supported")
        elif marker == 0xE1 and turn is None and bytes(payload[:6]) == b"Exif\x00\x00":
            turn = exif.orientation(payload)
        elif marker == 0xE2 and bytes(payload[:12]) == b"ICC_PROFILE\x00":
            plain = False
    if frame is None:
        raise BrokenError("holds no picture")
    return Header(*frame, turn or 1, has_alpha=False, plain=plain and (turn or 1) == 1)


def _frame(payload: memoryview) -> tuple[int, int]:
    if len(payload) < 6:
        raise BrokenError("has a broken header")
    if payload[0] != 8:
        raise BrokenError(f"has {payload[0]} bits a channel, only 8 are supported")
    if payload[5] not in (1, 3, 4) or len(payload) < 6 + 3 * payload[5]:
        raise BrokenError("has an impossible number of channels")
    return int.from_bytes(payload[3:5], "big"), int.from_bytes(payload[1:3], "big")
