"""Uncompressed pixels with a header (netpbm PAM, P7): how pictures travel between our own parts."""

import numpy as np

from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import RAW, Buffer, Picture, Size
from retouch.pixels.arrays import Grey, Pixels

_KINDS = {1: "GRAYSCALE", 3: "RGB", 4: "RGB_ALPHA"}
_END = b"ENDHDR\n"
_LONGEST_HEADER = 200


def to_raw(pixels: Pixels | Grey) -> Picture:
    """Pack (h, w), (h, w, 3) or (h, w, 4) uint8 into a picture of format `pam`, with one copy."""
    height, width = pixels.shape[:2]
    depth = pixels.shape[2] if pixels.ndim == 3 else 1
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL 255\nTUPLTYPE {_KINDS[depth]}\n"
    data = b"".join([head.encode(), _END, np.ascontiguousarray(pixels).data.cast("B")])
    return Picture(data, RAW, Size(width, height), has_alpha=depth == 4)


def from_raw(picture: Picture | Buffer) -> Pixels | Grey:
    """The pixels of `to_raw`, as a read-only view of its bytes: (h, w) where it holds one channel.

    Raises INTERNAL_SERVER_ERROR for anything else: such pictures never come from a caller.
    """
    data = memoryview(picture.data if isinstance(picture, Picture) else picture).toreadonly().cast("B")
    head, mark, _ = bytes(data[:_LONGEST_HEADER]).partition(_END)
    fields = dict(line.split(b" ", 1) for line in head.splitlines()[1:] if b" " in line)
    try:
        width, height, depth = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH"))
        samples = np.frombuffer(data, np.uint8, offset=len(head) + len(mark), count=width * height * depth)
    except (KeyError, ValueError) as error:
        raise RetouchError(Code.INTERNAL_SERVER_ERROR, "raw pixels with a broken header") from error
    return samples.reshape((height, width) if depth == 1 else (height, width, depth))
