"""Whether two requests ask for the same edit, however they were sent."""

import hashlib
from dataclasses import fields

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.picture import Size

#: How the caller came to the other fields, not what was asked for.
_LEFT_OUT = frozenset({"sent"})


def fingerprint(route: str, request: EditRequest) -> str:
    """64 hex digits that are equal exactly when `route` and every field of the edit are (design.md, Retries).

    Taken after parsing and after defaults, so boundary, part and file names, the order of fields, the body form and
    whether a default was spelled out do not count; the order of pictures does. A picture's own bytes count, so one
    sent as base64 equals the same file, but one given by address equals only the same address, whatever it holds.
    Words that mean the same tier (`high`, `hd`) stay different.

    Reads every picture once, about 1 ms per MB: call it in a thread (hashing releases the GIL).
    """
    whole = hashlib.sha256()
    _add(whole, "route", "text", route.encode("utf-8"))
    for field in fields(request):
        if field.name in _LEFT_OUT:
            continue
        value = getattr(request, field.name)
        for position, item in enumerate(value if isinstance(value, tuple) else (value,)):
            name = f"{field.name}[{position}]" if isinstance(value, tuple) else field.name
            kind, data = _plain(item)
            _add(whole, name, kind, data)
    return whole.hexdigest()


def _plain(value: object) -> tuple[str, bytes | bytearray | memoryview]:
    """The type of a value and its bytes."""
    match value:
        case None:
            return "absent", b""
        case bool() | int():
            return type(value).__name__, str(value).encode("ascii")
        case str():
            return "text", value.encode("utf-8")
        case Size():
            return "size", str(value).encode("ascii")
        case ImageInput(data=data) if data is not None:
            return "picture", data
        case ImageInput(url=url):
            return "address", (url or "").encode("utf-8")
    raise TypeError(f"no fingerprint for {type(value).__name__}")


def _add(whole: "hashlib._Hash", name: str, kind: str, data: bytes | bytearray | memoryview) -> None:
    """One field: names and types are ours and hold no NUL, and digests have one length, so no two lists collide."""
    whole.update(f"{name}\0{kind}\0".encode("ascii"))
    whole.update(hashlib.sha256(data).digest())
