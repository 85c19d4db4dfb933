"""What a codec hands over, before colour management."""

from dataclasses import dataclass
from typing import Literal

from retouch.pixels.arrays import Samples

Model = Literal["grey", "rgb", "cmyk"]

CHANNELS: dict[Model, int] = {"grey": 1, "rgb": 3, "cmyk": 4}


class UndecodableError(Exception):
    """The pixels cannot be decoded: truncated, corrupt, or of a kind that is not supported."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Samples (height, width, channels, with one more channel where there is straight alpha) as stored in the file.

    `icc` is the embedded colour profile, unchecked.
    """

    samples: Samples
    model: Model
    icc: bytes | None = None
