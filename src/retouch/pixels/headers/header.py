"""What every header reader answers."""

from dataclasses import dataclass

#: A file with more parts (chunks, segments, blocks) than this before its pixels is not a picture but an attack.
MOST_PARTS = 20_000


class BrokenError(Exception):
    """The file contradicts its own format; the text completes the sentence "the PNG ..."."""


@dataclass(frozen=True, slots=True)
class Header:
    """Size as stored, the EXIF orientation (1 to 8) still to be applied, and what else the header tells.

    `has_alpha` may be conservative: True where only decoding would tell. `plain` says that the file holds nothing
    but pixels as they are meant: upright, without a colour profile.
    """

    width: int
    height: int
    orientation: int = 1
    has_alpha: bool = False
    plain: bool = False
