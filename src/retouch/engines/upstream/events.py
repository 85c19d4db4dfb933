"""Server-sent events, read as they arrive."""

from collections.abc import Iterator

_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")


class Events:
    """Turns the pieces of an event stream into the data of its events.

    Comments, `id:` and `retry:` are skipped; so are an event without data and a final `[DONE]`. `limit` bounds one
    event, bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0

    def feed(self, piece: bytes) -> Iterator[tuple[str, bytes]]:
        """The events that this piece completes, as (event name or "", data). Raises ValueError above the limit."""
        self._buffer += piece
        while (end := self._end()) is not None:
            block = bytes(self._buffer[: end[0]])
            del self._buffer[: end[1]]
            self._scanned = 0
            yield from _event(block)
        if len(self._buffer) > self._limit:
            raise ValueError("an event is too large")

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """An event that the stream ended without closing by a blank line; it may be cut off."""
        yield from _event(bytes(self._buffer))
        self._buffer.clear()

    def _end(self) -> tuple[int, int] | None:
        found = [(at, at + len(end)) for end in _ENDS if (at := self._buffer.find(end, self._scanned)) >= 0]
        if not found:
            # The end may be split over two pieces.
            self._scanned = max(0, len(self._buffer) - 3)
        return min(found, default=None)


def _event(block: bytes) -> Iterator[tuple[str, bytes]]:
    name, data = "", list[bytes]()
    for line in block.splitlines():
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode(errors="replace")
        elif field == b"data" and value:
            data.append(value)
    if data and data != [b"[DONE]"]:
        yield name, data[0] if len(data) == 1 else b"\n".join(data)
