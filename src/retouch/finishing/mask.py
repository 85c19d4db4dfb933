"""Reading the area to edit (design.md, promise 1).

Weights are one grey channel of the first image's size: 255 = edit, 0 = keep, in between in proportion.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from retouch.domain.edit import MaskSource
from retouch.domain.engine import MaskKind
from retouch.domain.errors import RetouchError, invalid, invalid_mask
from retouch.domain.picture import Picture, Size
from retouch.pixels import Grey, Pixels, alpha_of, decode_mask, load


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskReading:
    """How the area to edit was read.

    `weights` None is the whole image. `coverage` is the share of the first image to edit, `clear` the share of its
    own fully transparent pixels, both 0 to 1. `pixels` are the first image's, where reading it needed them.
    """

    kind: MaskKind
    size: Size
    weights: Grey | None = None
    coverage: float = 1.0
    clear: float = 0.0
    pixels: Pixels | None = None

    @classmethod
    def whole(cls, size: Size, *, clear: float = 0.0, pixels: Pixels | None = None) -> Self:
        """No area: the whole image is to edit."""
        return cls(kind=MaskKind.NONE, size=size, clear=clear, pixels=pixels)


def read_mask(
    first: Picture,
    mask: Picture | None,
    source: MaskSource = MaskSource.AUTO,
    *,
    alpha_as_mask: bool,
    image_param: str = "image",
    mask_param: str = "mask",
) -> MaskReading:
    """Read the area to edit from the mask, or the first image's own transparency, or nowhere.

    `alpha_as_mask` says that the contract reads transparency as the area where no mask is given; `source` overrides.
    Raises INVALID_MASK for a mask of another size or with nothing to edit, and for a wish for transparency that is
    not there; INVALID_IMAGE for pixels that cannot be decoded; INVALID_REQUEST for `mask` as the source without one.
    """
    if source is MaskSource.MASK and mask is None:
        raise invalid("mask_source", "`mask_source` is mask, but no mask was sent.")
    if mask is not None and source in (MaskSource.AUTO, MaskSource.MASK):
        if mask.size != first.size:
            raise _other_size(first, mask, mask_param)
        return _supplied(mask, mask_param, _transparency(first, image_param))
    own = _transparency(first, image_param)
    wanted = source is MaskSource.ALPHA or (source is MaskSource.AUTO and alpha_as_mask)
    if source is MaskSource.ALPHA and own.clear == 0:
        raise invalid_mask(
            f"`mask_source` is alpha, but `{image_param}` has no fully transparent pixel to edit.", "mask_source"
        )
    return _own(own) if wanted and own.clear > 0 else own


def _transparency(first: Picture, param: str) -> MaskReading:
    """The whole image, with what its own alpha channel says."""
    if not first.has_alpha:
        return MaskReading.whole(first.size)
    pixels = load(first, param=param)
    alpha = alpha_of(pixels)
    clear = 0.0 if alpha is None else 1 - np.count_nonzero(alpha) / alpha.size
    return MaskReading.whole(first.size, clear=clear, pixels=pixels)


def _own(own: MaskReading) -> MaskReading:
    assert own.pixels is not None  # noqa: S101 - it has clear pixels, so it was decoded
    return _read(MaskKind.IMAGE_ALPHA, 255 - own.pixels[:, :, 3], own)


def _supplied(mask: Picture, param: str, own: MaskReading) -> MaskReading:
    luma, alpha = decode_mask(mask, param=param)
    if alpha is not None and int(alpha.min()) < 255:
        return _read(MaskKind.ALPHA, 255 - alpha, own)
    if not luma.any():
        raise invalid_mask(
            f"`{param}` leaves nothing to edit: it has no transparent pixel, and read as black and white it is all "
            "black (keep). Mark the area to edit by transparent, or white, pixels.",
            param,
        )
    return _read(MaskKind.LUMA, luma, own)


def _read(kind: MaskKind, weights: Grey, own: MaskReading) -> MaskReading:
    coverage = float(weights.mean()) / 255
    return MaskReading(kind=kind, size=own.size, weights=weights, coverage=coverage, clear=own.clear, pixels=own.pixels)


def _other_size(first: Picture, mask: Picture, param: str) -> RetouchError:
    return invalid_mask(
        f"`{param}` is {mask.size} pixels and the first image {first.size}; they must have the same size.", param
    )
