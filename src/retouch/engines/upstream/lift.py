"""Taking base64 pictures out of a JSON body before it is parsed: megabytes are not made into Python strings."""

from dataclasses import dataclass
from typing import Any

import orjson

from retouch.domain.picture import Buffer

_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Lifted:
    """A parsed body in which each lifted string has become its number, and the strings' bytes by number."""

    value: Any
    texts: tuple[Buffer, ...]

    def text(self, number: object) -> Buffer | None:
        """What stood where `value` now holds `number`; None where nothing was lifted there (an absent field)."""
        return self.texts[number] if isinstance(number, int) and 0 <= number < len(self.texts) else None


def lift(body: Buffer, key: str = "b64_json") -> Lifted:
    """Parse JSON, with every string under `key` taken out as bytes that have not been decoded.

    Finding them needs no parser: inside a JSON string the key's own quotes would be escaped. Raises ValueError
    where the rest is no JSON.
    """
    data = memoryview(body).cast("B")
    raw = body if isinstance(body, bytes | bytearray) else bytes(data)
    name = f'"{key}"'.encode()
    skeleton, texts, at = list[Buffer](), list[Buffer](), 0
    while (found := raw.find(name, at)) >= 0:
        behind = found + len(name)
        start = _string_start(raw, behind)
        if start is None or raw[found - 1 : found] == b"\\":
            skeleton.append(data[at:behind])
            at = behind
            continue
        end = _string_end(raw, start)
        skeleton += [data[at : start - 1], str(len(texts)).encode()]
        texts.append(_text(raw, start, end))
        at = end + 1
    skeleton.append(data[at:])
    return Lifted(orjson.loads(b"".join(skeleton)), tuple(texts))


def _string_start(raw: bytes | bytearray, at: int) -> int | None:
    """Behind the opening quote of the value that follows a key, or None where the value is no string."""
    seen = b""
    for byte in raw[at : at + 64]:
        at += 1
        if byte in _SPACE:
            continue
        seen += bytes((byte,))
        if seen == b':"':
            return at
        if seen != b":":
            return None
    return None


def _string_end(raw: bytes | bytearray, start: int) -> int:
    """Where the closing quote is: one with an even number of backslashes before it."""
    end = raw.find(b'"', start)
    while end >= 0:
        escapes = 0
        while raw[end - escapes - 1 : end - escapes] == b"\\":
            escapes += 1
        if escapes % 2 == 0:
            return end
        end = raw.find(b'"', end + 1)
    raise ValueError("a string without an end")


def _text(raw: bytes | bytearray, start: int, end: int) -> Buffer:
    """The string as it is; read as JSON where it has escapes, such as the slashes of some servers' base64."""
    if raw.find(b"\\", start, end) < 0:
        return memoryview(raw)[start:end]
    return str(orjson.loads(raw[start - 1 : end + 1])).encode()
