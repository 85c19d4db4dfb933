"""Base64 that comes in pieces, and is kept and decoded in them."""

from collections.abc import Iterable, Iterator

import orjson
import pybase64

from retouch.domain.picture import Buffer

#: Bytes below which pieces are joined: each that is kept takes 200 bytes more, and is sent on by itself.
_SMALL = 4096
_END = ord("=")


class Base64Text:
    """A picture's base64. Megabytes are never put together; only what comes in crumbs is gathered first."""

    def __init__(self) -> None:
        self._pieces: list[Buffer] = []
        self._crumbs = bytearray()

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
            self._pieces.append(piece)
            return
        self._crumbs += piece
        if len(self._crumbs) >= _SMALL:
            self._sweep()

    def decoded_pieces(self) -> Iterator[bytes]:
        """The bytes that plain base64 stands for, piece by piece. Raises ValueError where it is none."""
        self._sweep()
        return _decoded(self._pieces)

    def decoded(self) -> bytes:
        """The bytes that it stands for. Raises ValueError for what is no base64.

        Escaped slashes and the head of a `data:` address are taken away first, where there are any.
        """
        self._sweep()
        try:
            return b"".join(_decoded(self._pieces))
        except ValueError:
            text = b"".join(self._pieces)
            plain = _tidied(text)
            if plain == text:
                raise
        self._pieces = [plain]
        return b"".join(_decoded(self._pieces))

    def _sweep(self) -> None:
        """Make the crumbs a piece."""
        if self._crumbs:
            self._pieces.append(bytes(self._crumbs))
            self._crumbs.clear()


def _decoded(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    ended = False
    for groups in _groups(pieces):
        if ended:
            raise ValueError("base64 that goes on behind its end")
        yield pybase64.b64decode(groups, validate=True)
        ended = groups[-1] == _END


def _groups(pieces: Iterable[Buffer]) -> Iterator[Buffer]:
    """The text in pieces of whole groups of four characters."""
    over = b""
    for piece in pieces:
        view = memoryview(piece)
        if over:
            missing = 4 - len(over)
            over += bytes(view[:missing])
            view = view[missing:]
            if len(over) < 4:
                continue
            yield over
        whole = len(view) // 4 * 4
        over = bytes(view[whole:])
        if whole:
            yield view[:whole]
    if over:
        raise ValueError("base64 that ends within a group of four characters")


def _tidied(text: bytes) -> bytes:
    """Plain base64, where it is that but for JSON's escapes or the head of a `data:` address."""
    if b"\\" in text:
        try:
            text = str(orjson.loads(b'"' + text + b'"')).encode()
        except orjson.JSONDecodeError:
            return text
    return text.partition(b",")[2] if text.startswith(b"data:") else text
