"""What an upload is, learnt from its first bytes and its header alone: nothing is decoded."""

from dataclasses import dataclass

from retouch.domain.errors import invalid_image
from retouch.domain.picture import Buffer, Picture, Size
from retouch.domain.units import MB, in_words
from retouch.pixels.headers import READERS, BrokenError, Header
from retouch.pixels.sniff import ALLOWED, guess, sniff

_NAMES = {"jpeg": "JPEG", "webp": "WebP"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large an input may be: pixels in all, bytes of the file, pixels along an edge.

    The edge's default is the largest that every image function here handles.
    """

    pixels: int = 40_000_000
    bytes: int = 50 * MB
    edge: int = 32_767


def inspect(data: Buffer, *, param: str, bounds: Bounds) -> Picture:
    """Sniff the format and read size and alpha from the header, in bounded time and memory.

    The size is the one after EXIF orientation. `has_alpha` may be conservative: "may hold alpha". Raises
    INVALID_IMAGE naming `param` for an empty, unknown, broken, empty-sized or too large picture.
    """
    if len(data) == 0:
        raise invalid_image(param, f"`{param}` is empty: a picture was expected ({ALLOWED}).")
    if len(data) > bounds.bytes:
        raise invalid_image(
            param, f"`{param}` has {in_words(len(data))}; at most {in_words(bounds.bytes)} are allowed for a picture."
        )
    kind = sniff(data)
    if kind is None:
        raise invalid_image(param, f"`{param}` is not a picture: it looks like {guess(data)}; {ALLOWED}.")
    header = read_header(data, kind, param)
    check_size(header, kind, param, bounds)
    size = Size(header.width, header.height)
    return Picture(data, kind, size.turned() if header.orientation >= 5 else size, header.has_alpha)


def read_header(data: Buffer, kind: str, param: str) -> Header:
    """The header of a file sniffed as `kind`; INVALID_IMAGE where it contradicts itself."""
    try:
        return READERS[kind](memoryview(data).cast("B"))
    except BrokenError as error:
        raise invalid_image(param, f"`{param}` cannot be read: the {name_of(kind)} {error}.") from error


def name_of(kind: str) -> str:
    """The format as people write it."""
    return _NAMES.get(kind, kind.upper())


def check_size(header: Header, kind: str, param: str, bounds: Bounds) -> None:
    """Raises INVALID_IMAGE naming `param` for an empty and for a too large picture."""
    size = f"{header.width}x{header.height}"
    if header.width == 0 or header.height == 0:
        raise invalid_image(param, f"`{param}` cannot be read: the {name_of(kind)} says that it is {size} pixels.")
    if header.width * header.height > bounds.pixels:
        raise invalid_image(
            param, f"`{param}` is {size}; at most {bounds.pixels:,} pixels (width times height) are allowed."
        )
    if max(header.width, header.height) > bounds.edge:
        raise invalid_image(param, f"`{param}` is {size}; no edge may be longer than {bounds.edge:,} pixels.")
