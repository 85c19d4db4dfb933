"""Server-sent events, read as they arrive."""

from collections.abc import Iterator

_DATA = b"data: "


class Events:
    """Turns the pieces of an event stream into the data of its events.

    Comments, `id:` and `retry:` are skipped; so are an event without data and a final `[DONE]`. Lines end with LF or
    CRLF. `limit` bounds one event, bytes. Megabytes in one line are searched and copied once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._line: list[bytes] = []
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[tuple[str, bytes]]:
        """The events that this piece completes, as (event name or "", data). Raises ValueError above the limit."""
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            self._keep(piece[start:end])
            start = end + 1
            if self._end_line():
                yield from self._event()
        self._keep(piece[start:])

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """An event that the stream ended without closing by a blank line; it may be cut off."""
        self._end_line()
        yield from self._event()

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            raise ValueError("an event is too large")
        if part:
            self._line.append(part)

    def _end_line(self) -> bool:
        """Take the line that is kept; true where it is blank, which ends an event."""
        parts, self._line = self._line, []
        if parts and parts[0].startswith(_DATA):  # without its prefix from the start: one copy less of a picture
            parts[0] = parts[0][len(_DATA) :]
            self._data.append(b"".join(parts).removesuffix(b"\r"))
            return False
        line = b"".join(parts).removesuffix(b"\r")
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode(errors="replace")
        elif field == b"data":
            self._data.append(value)
        return not line

    def _event(self) -> Iterator[tuple[str, bytes]]:
        name, data = self._name, [line for line in self._data if line]
        self._name, self._data, self._size = "", [], 0
        if data and data != [b"[DONE]"]:
            yield name, data[0] if len(data) == 1 else b"\n".join(data)
