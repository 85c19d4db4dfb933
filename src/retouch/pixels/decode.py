"""From an inspected picture to upright 8-bit sRGB pixels."""

import cv2

from retouch.domain.errors import RetouchError, invalid_image
from retouch.domain.picture import RAW, Picture, Size
from retouch.pixels.arrays import Grey, Pixels, alpha_of
from retouch.pixels.colour import to_pixels
from retouch.pixels.inspect import name_of, read_header
from retouch.pixels.loaded import UndecodableError
from retouch.pixels.loaders import load_samples
from retouch.pixels.orient import upright
from retouch.pixels.raw import from_raw


def decode(picture: Picture, *, param: str) -> Pixels:
    """Decode an inspected picture: (h, w, 3) RGB or (h, w, 4) RGBA with straight alpha, uint8, sRGB, upright.

    The first frame of an animation, the first page of a TIFF. Raises INVALID_IMAGE naming `param` where the pixels
    are truncated, corrupt, or not of the size that the header promised. Safe in threads; releases the GIL.
    """
    try:
        loaded = load_samples(picture.data, picture.format)
    except (UndecodableError, MemoryError) as error:
        raise _broken(picture, param) from error
    stored = picture.size
    orientation = read_header(picture.data, picture.format, param).orientation
    if orientation >= 5:
        stored = stored.turned()
    if loaded.samples.shape[:2] != (stored.height, stored.width):
        raise _broken(picture, param)
    return upright(to_pixels(loaded), orientation)


def load(picture: Picture, *, param: str) -> Pixels:
    """The pixels of a picture that is encoded or raw. Raises INVALID_IMAGE as `decode` does."""
    if picture.format != RAW:
        return decode(picture, param=param)
    pixels = from_raw(picture)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB).astype("uint8", copy=False) if pixels.ndim == 2 else pixels


def decode_mask(picture: Picture, *, param: str) -> tuple[Grey, Grey | None]:
    """A mask's luma (Rec. 601, 255 = white) and its alpha where it has one, (h, w) each.

    Raises INVALID_IMAGE as `decode` does.
    """
    pixels = load(picture, param=param)
    luma = cv2.cvtColor(pixels[:, :, :3], cv2.COLOR_RGB2GRAY).astype("uint8", copy=False)
    return luma, alpha_of(pixels)


def is_upright(picture: Picture) -> bool:
    """True where an encoded picture asks for no turning: its stored size is its size."""
    return read_header(picture.data, picture.format, "image").orientation == 1


def _broken(picture: Picture, param: str) -> RetouchError:
    return invalid_image(
        param,
        f"`{param}` cannot be decoded: the {name_of(picture.format)} is cut off, damaged, or of a kind that is not "
        "supported.",
    )


def size_of(pixels: Pixels | Grey) -> Size:
    """Width and height of an array of pixels."""
    return Size(pixels.shape[1], pixels.shape[0])
