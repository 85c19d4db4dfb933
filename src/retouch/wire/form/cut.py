"""JSON whose long strings are cut out before it is parsed.

Every JSON parser holds the GIL and copies what it reads: 100 ms for a body of 40 MB. Finding the quotes of its few
long strings takes 2 ms and leaves the strings where they are; what remains is so small that parsing it strictly,
duplicate keys included, costs nothing, and that `[[],[],...]` cannot grow to many times its size.
"""

import json
import secrets
from collections.abc import Iterator

import orjson

from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.units import MB, in_words
from retouch.wire.form.fields import shown

#: Strings longer than this are cut out; what is left must fit `_REST`. Bytes.
_LONG = 16 * 1024
_REST = 2 * MB
#: Far more quotes than 16 pictures and every field need, few enough to look at in a fraction of a second.
_QUOTES = 100_000
_BLOCK = 256 * 1024
_BACKSLASH = b"\\"


class LongString:
    """A string still in the body, as JSON wrote it: the bytes between its quotes."""

    __slots__ = ("_body", "_end", "_start")

    def __init__(self, body: bytearray, start: int, end: int) -> None:
        self._body = body
        self._start = start
        self._end = end

    def __len__(self) -> int:
        return self._end - self._start

    def raw(self) -> memoryview | bytearray | bytes:
        """Its bytes: a view where nothing is escaped, which is how base64 comes from nearly everyone.

        Call it in a thread where the string is long. Raises ValueError for broken escapes.
        """
        if self._body.find(_BACKSLASH, self._start, self._end) < 0:
            return memoryview(self._body)[self._start : self._end]
        plain = self._unescaped()
        return self.text().encode("utf-8") if plain is None else plain

    def text(self) -> str:
        """Its characters. Raises ValueError where JSON is strict: control characters, bad UTF-8 or escapes."""
        text: str = orjson.loads(b'"' + self._body[self._start : self._end] + b'"')
        return text

    def _unescaped(self) -> bytearray | None:
        """Its bytes if all that is escaped is PHP's slashes and line ends; in blocks, so that other threads run."""
        plain = bytearray()
        at = self._start
        while at < self._end:
            stop = min(at + _BLOCK, self._end)
            if stop < self._end and self._body[stop - 1] == _BACKSLASH[0]:
                stop += 1
            block = self._body[at:stop].replace(b"\\/", b"/").replace(b"\\n", b"\n").replace(b"\\r", b"\r")
            if _BACKSLASH in block:
                return None
            plain += block
            at = stop
        return plain


def parse_object(body: bytearray) -> dict[str, object]:
    """The JSON object in `body`, its keys in body order and its long strings as `LongString`s.

    Takes bytes at memory speed, but call it in a thread above a few megabytes. Raises RetouchError(INVALID_REQUEST)
    for anything but one object: bad UTF-8, lone surrogates, NaN, depth over 1024, a key given twice.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        del body[:3]
    mark = secrets.token_hex(8)
    rest, cuts = _cut(body, mark)
    try:
        orjson.loads(rest)  # the strict one
        found = json.loads(rest, object_pairs_hook=lambda pairs: _object(pairs, mark, cuts))  # the one that sees twins
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, orjson.JSONDecodeError) and not cuts else ""
        raise _refused(f"The body is not valid JSON{where}.") from None
    if not isinstance(found, dict):
        raise _refused("The JSON body must be an object.")
    return found


def _refused(message: str) -> RetouchError:
    return RetouchError(Code.INVALID_REQUEST, message, param="body")


def _object(pairs: list[tuple[str, object]], mark: str, cuts: list[LongString]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key.startswith(mark):
            raise _refused("The name of a field in the body is too long.")
        if key in found:
            raise invalid(shown(key), f"`{shown(key)}` was sent more than once.")
        whole = [_whole(item, mark, cuts) for item in value] if isinstance(value, list) else _whole(value, mark, cuts)
        found[key] = whole
    return found


def _whole(value: object, mark: str, cuts: list[LongString]) -> object:
    if isinstance(value, str) and value.startswith(mark):
        return cuts[int(value[len(mark) :])]
    return value


def _cut(body: bytearray, mark: str) -> tuple[bytes, list[LongString]]:
    """The body with each long string replaced by `mark` and its number, and those strings."""
    if len(body) <= _LONG:
        return bytes(body), []
    cuts: list[LongString] = []
    kept: list[tuple[int, int]] = []
    done = 0
    for start, end in _strings(body):
        if end - start > _LONG:
            kept.append((done, start - 1))
            cuts.append(LongString(body, start, end))
            done = end + 1
    kept.append((done, len(body)))
    if sum(end - start for start, end in kept) > _REST:
        raise _refused(f"The JSON body holds more than {in_words(_REST)} beside its pictures.")
    rest = bytearray()
    for number, (start, end) in enumerate(kept):
        rest += body[start:end]
        if number < len(cuts):
            rest += f'"{mark}{number}"'.encode("ascii")
    return bytes(rest), cuts


def _strings(body: bytearray) -> Iterator[tuple[int, int]]:
    """Where each string starts and ends between its quotes; a string without an end is left to the parser."""
    start = -1
    at = 0
    for _ in range(_QUOTES):
        quote = body.find(b'"', at)
        if quote < 0:
            return
        at = quote + 1
        if start < 0:
            start = at
        elif not _escaped(body, start, quote):
            yield start, quote
            start = -1
    raise _refused("The JSON body holds too many strings.")


def _escaped(body: bytearray, start: int, quote: int) -> bool:
    """Whether an odd number of backslashes stands before a quote. The window doubles, so that runs cost no more."""
    window = 16
    while True:
        before = body[max(start, quote - window) : quote]
        run = len(before) - len(before.rstrip(_BACKSLASH))
        if run < window:
            return run % 2 == 1
        window *= 2
