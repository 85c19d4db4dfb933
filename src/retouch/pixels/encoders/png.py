"""PNG: one filter for the whole picture, chosen on a sample, and igzip at its fastest level.

About thirty times cheaper than the usual encoders at level 6, at nearly their size.
"""

import struct

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from retouch.pixels.arrays import Pixels

_NONE, _SUB, _UP = 0, 1, 2
_SAMPLED_BANDS, _BAND = 8, 8
_LEVEL = 1

Rows = npt.NDArray[np.uint8]


def encode_png(pixels: Pixels, _compression: int) -> bytes:
    """Lossless, 8 bits a channel, RGB or RGBA."""
    height, width, channels = pixels.shape
    rows = np.ascontiguousarray(pixels).reshape(height, width * channels)
    packed = isal_zlib.compress(_filtered(rows, channels, _best_filter(rows, channels)), _LEVEL)
    head = struct.pack(">IIBBBBB", width, height, 8, 6 if channels == 4 else 2, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", *_chunk(b"IHDR", head), *_chunk(b"IDAT", packed), *_chunk(b"IEND", b"")])


def _filtered(rows: Rows, channels: int, kind: int) -> Rows:
    """Each row behind its filter's number: the bytes that are compressed."""
    height, length = rows.shape
    out = np.empty((height, length + 1), np.uint8)
    out[:, 0] = kind
    body = out[:, 1:]
    if kind == _SUB:
        body[:, :channels] = rows[:, :channels]
        np.subtract(rows[:, channels:], rows[:, :-channels], out=body[:, channels:])
    elif kind == _UP:
        body[:1] = rows[:1]
        np.subtract(rows[1:], rows[:-1], out=body[1:])
    else:
        body[:] = rows
    return out


def _best_filter(rows: Rows, channels: int) -> int:
    """The filter whose output packs smallest on a few bands of rows: photos want Sub, drawings often None."""
    height = rows.shape[0]
    if height <= _SAMPLED_BANDS * _BAND:
        sample = [rows]
    else:
        starts = np.linspace(0, height - _BAND, _SAMPLED_BANDS).astype(int)
        sample = [rows[start : start + _BAND] for start in starts]

    def cost(kind: int) -> int:
        return sum(len(isal_zlib.compress(_filtered(band, channels, kind), _LEVEL)) for band in sample)

    return min((_SUB, _UP, _NONE), key=cost)


def _chunk(name: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(name))
    return struct.pack(">I", len(data)) + name, data, struct.pack(">I", checksum)
