"""A picture as encoded bytes, and its size."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Buffer = bytes | bytearray | memoryview


class Format(StrEnum):
    """The formats an answer can have."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """The MIME type of a file in this format."""
        return f"image/{self.value}"


#: Uncompressed pixels with a header (netpbm PAM, P7): how pictures travel between our own parts, because packing
#: and unpacking it costs a memory copy where PNG costs tens of milliseconds. Never accepted from a caller.
RAW = "pam"


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def area(self) -> int:
        """Pixels in all."""
        return self.width * self.height

    @property
    def longest(self) -> int:
        """The longer edge, pixels."""
        return max(self.width, self.height)

    def turned(self) -> Self:
        """Width and height swapped."""
        return type(self)(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture: its bytes, what they were sniffed to be, and its size once upright.

    `format` is `png`, `jpeg`, `webp`, `gif`, `tiff`, `bmp`, `avif`, `heic` or `pam` (see RAW). `base64` is the same
    file as base64, in pieces, where it came as such: handed on as it is, it need not be encoded again. `data` is empty
    where it `is_glanced`, which only a preview may be.
    """

    data: Buffer
    format: str
    size: Size
    has_alpha: bool = False
    base64: tuple[Buffer, ...] | None = None

    @property
    def is_glanced(self) -> bool:
        """Whether it was looked through alone (pixels/glance.py): it is a PNG that is upright and whole."""
        return not self.data and bool(self.base64)
