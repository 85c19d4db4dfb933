"""Pictures on their way to a provider and back."""

from dataclasses import replace

import numpy as np

from retouch.domain.errors import RetouchError
from retouch.domain.picture import Buffer, Format, Picture
from retouch.domain.units import MB
from retouch.engines.upstream.base64_text import Base64Text
from retouch.engines.upstream.failures import unusable
from retouch.pixels import Bounds, encode, from_raw, glance, inspect

#: What a provider's picture may be: a few times the 8.3 megapixels that the largest model draws.
BOUNDS = Bounds(pixels=64_000_000, bytes=128 * MB)


def open_picture(provider: str, data: Buffer) -> Picture:
    """A provider's picture by its bytes, whatever it was announced to be. Raises UpstreamFailure (accepted YES)."""
    try:
        return inspect(data, param="image", bounds=BOUNDS)
    except RetouchError:
        raise unusable(provider, "what it sent as a picture is none") from None


def open_base64(provider: str, text: Base64Text | Buffer | str) -> Picture:
    """A provider's picture from base64; a `data:` address's head is skipped. Raises UpstreamFailure."""
    raw = text.encode("ascii", "replace") if isinstance(text, str) else text
    found = raw if isinstance(raw, Base64Text) else Base64Text.of(raw)
    try:
        data = found.decoded()
    except ValueError:
        raise unusable(provider, "its base64 is broken") from None
    return replace(open_picture(provider, data), base64=found.pieces)


def open_preview(provider: str, text: Base64Text) -> Picture:
    """A preview from base64; nearly always it is handed on, and is not put together before it is known that it is not.

    Raises UpstreamFailure.
    """
    try:
        seen = glance(text.decoded_pieces(), BOUNDS)
    except ValueError:
        seen = None  # escaped perhaps, or broken
    return open_base64(provider, text) if seen is None else replace(seen, base64=text.pieces)


def alpha_mask(mask: Picture, *, limit: int | None = None) -> Picture:
    """A mask (one raw channel, 255 = edit) as OpenAI reads it: RGBA PNG of the same size, alpha 0 = edit.

    Above `limit` bytes its soft edges are made hard, which packs far better. Costs milliseconds: use a thread.
    """
    grey = from_raw(mask)
    rgba = np.zeros((*grey.shape[:2], 4), np.uint8)
    np.subtract(255, grey, out=rgba[:, :, 3])
    data = encode(rgba, Format.PNG)
    if limit is not None and len(data) > limit:
        rgba[:, :, 3] = np.where(grey >= 128, 0, 255)
        data = encode(rgba, Format.PNG)
    return Picture(data, "png", mask.size, has_alpha=True)


def luma_mask(mask: Picture, *, white_edits: bool = True) -> Picture:
    """A mask (one raw channel, 255 = edit) as an opaque RGB PNG of the same size, white = edit, or black."""
    grey = from_raw(mask)
    rgb = np.repeat((grey if white_edits else 255 - grey)[:, :, np.newaxis], 3, axis=2)
    return Picture(encode(rgb, Format.PNG), "png", mask.size)
