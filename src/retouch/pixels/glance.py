"""A PNG looked through while it comes, piece by piece: one that is only handed on need not be put together for that."""

from collections.abc import Iterable
from dataclasses import replace

import pybase64

from retouch.domain.errors import RetouchError, invalid_image
from retouch.domain.picture import Picture, Size
from retouch.pixels.headers import BrokenError, Header
from retouch.pixels.headers.header import MOST_PARTS
from retouch.pixels.headers.png import start
from retouch.pixels.inspect import Bounds, check_size
from retouch.pixels.sniff import sniff

#: The signature and the first chunk; a chunk's length and name.
_START, _FRONT = 33, 8


def glance(pieces: Iterable[bytes], bounds: Bounds) -> Picture | None:
    """The picture of a file in pieces, without its bytes (`data` is empty), if it is an upright PNG that is whole.

    None where it is anything else: then it has to be put together and inspected. What reading the pieces raises passes.
    """
    walk = _Walk()
    for piece in pieces:
        if not walk.goes_on(piece):
            return None
    try:
        width, height, kind = start(memoryview(walk.head))
        check_size(Header(width, height), "png", "image", bounds)
    except (BrokenError, RetouchError):
        return None
    return Picture(b"", "png", Size(width, height), kind in (4, 6) or walk.keyed) if walk.is_whole else None


def opened(picture: Picture) -> Picture:
    """The picture with its bytes, also where they were only looked through. Raises INVALID_IMAGE."""
    if not picture.is_glanced:
        return picture
    try:
        return replace(picture, data=pybase64.b64decode(b"".join(picture.base64 or ()), validate=True))
    except ValueError:
        raise invalid_image("image", "`image` cannot be read: its base64 is broken.") from None


class _Walk:
    """From one chunk of a PNG to the next. `keyed` once one before the pixels has said that a colour is transparent."""

    def __init__(self) -> None:
        self.head = b""
        self.keyed = False
        self._pixels = self._ended = False
        self._chunks = 0
        self._seen = 0
        #: Where the next chunk begins; and what has come of its length and name.
        self._next = 8
        self._front = b""

    @property
    def is_whole(self) -> bool:
        """Whether pixels have come, and the end."""
        return self._pixels and self._ended and self._next <= self._seen

    def goes_on(self, piece: bytes) -> bool:
        """Walk on through the next piece; False where this is no PNG, or one that asks to be turned."""
        if len(self.head) < _START:
            self.head += piece[: _START - len(self.head)]
            if len(self.head) >= _FRONT and sniff(self.head) != "png":
                return False
        begin, self._seen = self._seen, self._seen + len(piece)
        while not self._ended and self._next < self._seen:
            at = self._next + len(self._front) - begin
            self._front += piece[at : at + _FRONT - len(self._front)]
            if len(self._front) < _FRONT:
                break
            if not self._chunk(self._front[4:], int.from_bytes(self._front[:4], "big")):
                return False
            self._front = b""
        return True

    def _chunk(self, name: bytes, length: int) -> bool:
        self._chunks += 1
        self._next += 12 + length
        self._pixels = self._pixels or name == b"IDAT"
        self._ended = name == b"IEND"
        self.keyed = self.keyed or (name == b"tRNS" and not self._pixels)
        return name != b"eXIf" and self._chunks <= MOST_PARTS
