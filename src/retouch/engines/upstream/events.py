"""Server-sent events, read as they arrive."""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from retouch.domain.picture import Buffer

_DATA = b"data:"
#: Behind it a stream of OpenAI's other APIs is over; it is no event.
_DONE = b"[DONE]"


class Data(Protocol):
    """What takes the data of one event, piece by piece."""

    def add(self, piece: Buffer, /) -> None:
        """What comes next."""
        ...


Taken = TypeVar("Taken", bound=Data)


class Events(Generic[Taken]):
    """Turns the pieces of an event stream into its events; `new` makes what takes the data of one.

    Comments, `id:` and `retry:` are skipped; so are an event without data and a final `[DONE]`. Lines end with LF or
    CRLF. `limit` bounds one event, bytes. Megabytes in one line are handed on as they come.
    """

    def __init__(self, limit: int, new: Callable[[], Taken]) -> None:
        self._limit = limit
        self._new = new
        self._size = 0
        self._name = ""
        #: The line so far, unless it is known to be data.
        self._line = bytearray()
        self._in_data = False
        #: A carriage return that belongs to the line's end, if that is what follows.
        self._held = False
        self._data: Taken | None = None
        self._start = b""
        #: Another line of data has begun: a line feed comes between it and what there is.
        self._between = False

    def feed(self, piece: bytes) -> Iterator[tuple[str, Taken]]:
        """The events that this piece completes, as (event name or "", data). Raises ValueError above the limit."""
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            self._take(piece[start:end])
            start = end + 1
            if self._end_line():
                yield from self._event()
        self._take(piece[start:])  # where that is all of it, as with most of a picture's, it is no copy

    def rest(self) -> Iterator[tuple[str, Taken]]:
        """An event that the stream ended without closing by a blank line; it may be cut off."""
        self._end_line()
        yield from self._event()

    def _take(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise ValueError("an event is too large")
        if not part:
            return
        if self._held:
            self._held = False
            self._say(b"\r")
        if part[-1] == ord("\r"):
            self._held, part = True, part[:-1]
        self._say(part)

    def _say(self, part: bytes) -> None:
        if not self._in_data:
            # One more than the field's name and colon: a space there is no part of the value.
            missing = max(0, len(_DATA) + 1 - len(self._line))
            self._line += part[:missing]
            part = part[missing:]
            if len(self._line) <= len(_DATA) or not self._line.startswith(_DATA):
                self._line += part
                return
            self._begin_data()
        self._add(part)

    def _begin_data(self) -> None:
        """The line is one of data; what there is of it is the beginning."""
        value = bytes(self._line[len(_DATA) :]).removeprefix(b" ")
        self._line.clear()
        self._in_data, self._between = True, bool(self._start)
        self._add(value)

    def _add(self, part: bytes) -> None:
        if not part:
            return
        self._data = self._new() if self._data is None else self._data
        if self._between:
            self._between = False
            self._data.add(b"\n")
        self._data.add(part)
        if len(self._start) <= len(_DONE):
            self._start += part[: len(_DONE) + 1 - len(self._start)]

    def _end_line(self) -> bool:
        """True where the line is blank, which ends an event."""
        self._held = False
        if not self._in_data and self._line.startswith(_DATA):
            self._begin_data()  # a line of data too short to have been told
        if self._in_data:
            self._in_data = False
            return False
        line = bytes(self._line)
        self._line.clear()
        field, _, value = line.partition(b":")
        if field == b"event":
            self._name = value.removeprefix(b" ").decode(errors="replace")
        return not line

    def _event(self) -> Iterator[tuple[str, Taken]]:
        name, data, start = self._name, self._data, self._start
        self._name, self._data, self._start, self._size = "", None, b"", 0
        if data is not None and start != _DONE:
            yield name, data
