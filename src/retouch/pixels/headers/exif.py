"""The directory of a TIFF file, which is also what an EXIF block holds."""

import struct

_ORIENTATION = 0x0112
_WIDTHS = {1: 1, 3: 2, 4: 4}
_MOST_ENTRIES = 4096


def first_directory(data: memoryview) -> dict[int, int] | None:
    """The first value of every integer tag in the first directory, or None where there is no readable one."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        return None
    magic, offset = struct.unpack_from(order + "HI", data, 2)
    if magic != 42 or offset + 2 > len(data):
        return None
    (count,) = struct.unpack_from(order + "H", data, offset)
    if not 0 < count <= _MOST_ENTRIES:
        return None
    tags: dict[int, int] = {}
    for entry in range(offset + 2, min(offset + 2 + 12 * count, len(data) - 11), 12):
        value = _first_value(data, order, entry)
        if value is not None:
            tags.setdefault(*value)
    return tags


def _first_value(data: memoryview, order: str, entry: int) -> tuple[int, int] | None:
    tag, kind, count = struct.unpack_from(order + "HHI", data, entry)
    width = _WIDTHS.get(kind)
    if width is None or count == 0:
        return None
    at = entry + 8
    if width * count > 4:
        (at,) = struct.unpack_from(order + "I", data, at)
    if at + width > len(data):
        return None
    return tag, int.from_bytes(data[at : at + width], "little" if order == "<" else "big")


def orientation(data: memoryview) -> int:
    """The orientation that an EXIF block asks for, 1 (upright) where it says nothing sensible."""
    if bytes(data[:6]) == b"Exif\x00\x00":
        data = data[6:]
    return checked((first_directory(data) or {}).get(_ORIENTATION))


def checked(value: int | None) -> int:
    """`value` where it is one of the eight orientations, else 1."""
    return value if value is not None and 1 <= value <= 8 else 1
