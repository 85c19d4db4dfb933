"""JSON bodies that carry pictures as base64, encoded while they are sent: no copy of a picture is ever made."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pybase64

from retouch.domain.picture import Buffer
from retouch.engines.upstream.body import SLICE, Body

#: Bytes that become one slice of base64: a multiple of 3, so that only the very last group is padded.
_RAW_SLICE = SLICE // 4 * 3


class Base64:
    """Stands in a JSON value for the base64 of `data`, behind `prefix` (such as that of a `data:` address).

    No dataclass: orjson would write those out by itself.
    """

    __slots__ = ("data", "prefix")

    def __init__(self, data: Buffer, prefix: str = "") -> None:
        self.data = data
        self.prefix = prefix

    @classmethod
    def data_uri(cls, data: Buffer, media_type: str) -> "Base64":
        """A picture as a `data:` address."""
        return cls(data, f"data:{media_type};base64,")


@dataclass(frozen=True, slots=True)
class Base64Body(Body):
    """A body of which the buffers numbered in `encoded` go out as base64."""

    encoded: frozenset[int] = frozenset()

    @property
    def length(self) -> int:
        """Bytes in all, as sent."""
        sizes = (memoryview(buffer).nbytes for buffer in self.buffers)
        return sum((size + 2) // 3 * 4 if at in self.encoded else size for at, size in enumerate(sizes))

    def pieces(self) -> Iterator[memoryview]:
        """The bytes as sent, in views of at most SLICE bytes."""
        for at, buffer in enumerate(self.buffers):
            view = memoryview(buffer).cast("B")
            raw, step = at in self.encoded, _RAW_SLICE if at in self.encoded else SLICE
            for start in range(0, len(view), step):
                piece = view[start : start + step]
                yield memoryview(pybase64.b64encode(piece)) if raw else piece


def base64_json(value: object) -> Base64Body:
    """A JSON body of a value that may hold `Base64` wherever a string may stand."""
    # Found again by a mark that nobody can guess, so that no text of a caller is taken for it.
    mark, found = secrets.token_hex(16), list[Buffer]()

    def stand_in(item: object) -> str:
        if not isinstance(item, Base64):
            raise TypeError(type(item).__name__)
        found.append(item.data)
        return item.prefix + mark

    texts = orjson.dumps(value, default=stand_in).split(mark.encode())
    buffers: list[Buffer] = [texts[0]]
    for data, text in zip(found, texts[1:], strict=True):
        buffers += [data, text]
    return Base64Body("application/json", tuple(buffers), frozenset(range(1, len(buffers), 2)))
