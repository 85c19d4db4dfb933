"""Base64 that comes in pieces: kept as it is, and decoded while each piece is at hand."""

from contextlib import suppress

import orjson
import pybase64

from retouch.domain.picture import Buffer

#: Bytes below which pieces are joined: each that is kept takes 200 bytes more, and is sent on by itself.
_SMALL = 4096


class Base64Text:
    """A picture's base64. Megabytes are neither joined nor gone over again: a piece that has just arrived is in the
    processor's caches, and is a long way off once the last one has come. Only what comes in crumbs is gathered first.

    What is no plain base64 (escaped slashes, a `data:` address's head) is decoded at the end instead.
    """

    def __init__(self) -> None:
        self._pieces: list[Buffer] = []
        self._decoded: list[bytes] = []
        self._crumbs = bytearray()
        #: Up to three characters that wait for the others of their group of four.
        self._over = b""
        self._ended = False
        self._plain = True

    @classmethod
    def of(cls, text: Buffer) -> "Base64Text":
        """A text that is there as a whole."""
        made = cls()
        made.add(text)
        return made

    def __bool__(self) -> bool:
        return bool(self._pieces or self._crumbs)

    @property
    def pieces(self) -> tuple[Buffer, ...]:
        """The text itself. Once `decoded` has returned it is plain base64."""
        self._sweep()
        return tuple(self._pieces)

    def add(self, piece: Buffer) -> None:
        """What comes next of it."""
        if len(piece) >= _SMALL:
            self._sweep()
            self._keep(piece)
            return
        self._crumbs += piece
        if len(self._crumbs) >= _SMALL:
            self._sweep()

    def _sweep(self) -> None:
        """Make the crumbs a piece."""
        if self._crumbs:
            crumbs, self._crumbs = bytes(self._crumbs), bytearray()
            self._keep(crumbs)

    def _keep(self, piece: Buffer) -> None:
        self._pieces.append(piece)
        if self._plain:
            try:
                self._decode(memoryview(piece))
            except ValueError:
                self._plain = False
                self._decoded.clear()

    def decoded(self) -> bytes:
        """The bytes that it stands for. Raises ValueError for what is no base64; call it once."""
        self._sweep()
        if not self._plain or self._over:
            text = _tidied(b"".join(self._pieces))
            self._pieces, self._decoded = [text], [pybase64.b64decode(text, validate=True)]
        whole, self._decoded = b"".join(self._decoded), []
        return whole

    def _decode(self, piece: memoryview) -> None:
        if self._over:
            missing = 4 - len(self._over)
            self._over += bytes(piece[:missing])
            piece = piece[missing:]
            if len(self._over) < 4:
                return
            self._groups(self._over)
        whole = len(piece) // 4 * 4
        self._over = bytes(piece[whole:])
        self._groups(piece[:whole])

    def _groups(self, groups: Buffer) -> None:
        if not groups:
            return
        if self._ended:
            raise ValueError("base64 that goes on behind its end")
        self._decoded.append(pybase64.b64decode(groups, validate=True))
        self._ended = groups[-1] == ord("=")


def _tidied(text: bytes) -> bytes:
    """Plain base64, where it is that but for JSON's escapes or the head of a `data:` address."""
    if b"\\" in text:
        with suppress(orjson.JSONDecodeError):  # then it is no base64 either
            text = str(orjson.loads(b'"' + text + b'"')).encode()
    return text.partition(b",")[2] if text.startswith(b"data:") else text
