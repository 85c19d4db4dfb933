"""Taking base64 pictures out of JSON while it arrives: megabytes are not made into Python strings, nor joined."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from retouch.domain.picture import Buffer
from retouch.engines.upstream.base64_text import Base64Text

#: A key and what lies between it and its string may be spread over two pieces; longer ones are not looked for there.
_NEAR = 128
_BACKSLASH = ord("\\")


@dataclass(frozen=True, slots=True)
class Lifted:
    """A parsed body in which each lifted string has become its number, and the strings by number."""

    value: Any
    texts: tuple[Base64Text, ...]

    def text(self, number: object) -> Base64Text | None:
        """What stood where `value` now holds `number`; None where nothing was lifted there (an absent field)."""
        return self.texts[number] if isinstance(number, int) and 0 <= number < len(self.texts) else None


class Lifting:
    """JSON in pieces of any size, with every string under `key` taken out.

    Finding them needs no parser: inside a JSON string the key's own quotes would be escaped.
    """

    def __init__(self, key: str = "b64_json") -> None:
        self._opening = re.compile(rb'(?<!\\)"' + re.escape(key.encode()) + rb'"[ \t\r\n]*:[ \t\r\n]*"')
        self._rest = bytearray()
        self._texts: list[Base64Text] = []
        #: Within a string, and behind how many backslashes, which count for a quote that follows.
        self._inside = False
        self._backslashes = 0

    def add(self, piece: Buffer) -> None:
        """What comes next. It is kept as it is, where it is part of a lifted string."""
        data, at = piece if isinstance(piece, bytes) else bytes(piece), 0
        while at < len(data):
            at = self._string(data, at) if self._inside else self._between(data, at)

    def end(self) -> Lifted:
        """What it all was. Raises ValueError where that is no JSON."""
        if self._inside:
            raise ValueError("a string without an end")
        return Lifted(orjson.loads(self._rest), tuple(self._texts))

    def _between(self, data: bytes, at: int) -> int:
        """Go on to where a string to be lifted begins."""
        begin = self._begin(data, at)
        if begin < 0:
            self._rest += memoryview(data)[at:]
            return len(data)
        self._rest += memoryview(data)[at : begin - 1]
        self._rest += str(len(self._texts)).encode()
        self._texts.append(Base64Text())
        self._inside, self._backslashes = True, 0
        return begin

    def _begin(self, data: bytes, at: int) -> int:
        # One byte more than is looked through: whether it is a backslash decides about what follows it.
        before = bytes(self._rest[-_NEAR - 1 :])
        found = self._opening.search(before + data[at : at + _NEAR], max(0, len(before) - _NEAR))
        if found and found.end() > len(before):
            return at + found.end() - len(before)
        # What begins with the piece itself was seen above, together with what stands before it.
        found = self._opening.search(data, at + 1)
        return found.end() if found else -1

    def _string(self, data: bytes, at: int) -> int:
        """Go on to behind the closing quote: one with an even number of backslashes before it."""
        end = data.find(b'"', at)
        while end >= 0 and self._escapes(data, at, end) % 2:
            end = data.find(b'"', end + 1)
        stop = len(data) if end < 0 else end
        self._texts[-1].add(memoryview(data)[at:stop])
        if end < 0:
            self._backslashes = self._escapes(data, at, stop)
            return stop
        self._inside = False
        return end + 1

    def _escapes(self, data: bytes, start: int, end: int) -> int:
        """How many backslashes stand before `end`, those at the end of the piece before included."""
        at = end
        while at > start and data[at - 1] == _BACKSLASH:
            at -= 1
        return end - at + (self._backslashes if at == start else 0)
