"""What an engine is sent, and what is kept to finish its answer: source and mask through one geometry."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from retouch.domain.edit import Background, Fit
from retouch.domain.engine import MaskKind
from retouch.domain.errors import RetouchError, invalid_mask
from retouch.domain.picture import RAW, Format, Picture, Size
from retouch.finishing.focus import Focus, Look
from retouch.finishing.guide import guide
from retouch.finishing.mask import MaskReading
from retouch.finishing.window import cut
from retouch.pixels import Grey, Pad, Pixels, alpha_of, encode, forwardable, frame, frame_mask, load, size_of, to_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The framed source, (h, w, 3 or 4), and the weights, (h, w), by which the engine's pixels replace it.

    `focus` is what of the source an engine without masks was shown.
    """

    source: Pixels
    weights: Grey
    kind: MaskKind
    focus: Focus | None = None

    @property
    def size(self) -> Size:
        """The size of both."""
        return size_of(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`picture` and `mask` (raw grey, 255 = edit) for the engine; `kept` for finishing its answer.

    Without an area to edit mask and kept are None: nothing of the source need be kept. An engine without masks gets
    none; it may get a `guide`, the picture with the area marked in it.
    """

    picture: Picture
    mask: Picture | None = None
    kept: Kept | None = None
    guide: Picture | None = None


def prepare(
    first: Picture,
    reading: MaskReading,
    *,
    size: Size | None,
    fit: Fit = Fit.COVER,
    background: Background = Background.AUTO,
    formats: AbstractSet[str],
    look: Look | None = None,
    image_param: str = "image",
    mask_param: str = "mask",
) -> Prepared:
    """Cut and scale the first image and the area to edit to `size` (None: as they are).

    `look` says how an engine draws that knows no masks; None is one that does. `formats` are those the engine reads
    (`pam` is raw pixels); the caller's bytes go on unchanged, but for their metadata, where nothing has to change.
    Raises INVALID_IMAGE, and INVALID_MASK where the crop leaves no area.
    """
    frame_size = size or first.size
    untouched = _untouched(first, formats) if frame_size == first.size else None
    if reading.weights is None and untouched is not None:
        return Prepared(picture=untouched)
    pixels = load(first, param=image_param) if reading.pixels is None else reading.pixels
    source = frame(pixels, frame_size, fit, pad=_pad(pixels, background))
    if reading.weights is None:
        return Prepared(picture=untouched or _encoded(source, formats))
    weights = _framed_weights(reading, source, frame_size, fit)
    if not weights.any():
        raise _nothing_left(frame_size, mask_param)
    if look is not None:
        return _focused(source, weights, reading.kind, look, formats)
    kept = Kept(source=source, weights=weights, kind=reading.kind)
    return Prepared(picture=untouched or _encoded(source, formats), mask=to_raw(weights), kept=kept)


def check_area(reading: MaskReading, size: Size | None, *, fit: Fit = Fit.COVER, param: str = "mask") -> None:
    """Hold the area to what `prepare` needs of it, before anything is charged. Takes milliseconds: use a thread.

    Raises INVALID_MASK naming `param` where a picture cut and scaled to `size` has nothing left to edit.
    """
    if reading.weights is None or size in (None, reading.size):
        return
    if not frame_mask(reading.weights, size, fit).any():
        raise _nothing_left(size, param)


def _nothing_left(size: Size, param: str) -> RetouchError:
    return invalid_mask(
        f"Nothing of the area to edit is left at {size}: it is too small, or the crop cuts it away. "
        "Use `fit` contain, or a size of the picture's own aspect.",
        param,
    )


def _focused(source: Pixels, weights: Grey, kind: MaskKind, look: Look, formats: AbstractSet[str]) -> Prepared:
    focus = Focus.on(weights, look)
    crop = cut(source, focus.box)
    marked = _encoded(focus.shown(guide(crop, cut(weights, focus.box))), formats) if look.guided else None
    kept = Kept(source=source, weights=weights, kind=kind, focus=focus)
    return Prepared(picture=_encoded(focus.shown(crop), formats), guide=marked, kept=kept)


def readable(picture: Picture, formats: AbstractSet[str], *, param: str) -> Picture:
    """Any further image, upright, in sRGB and in a format that the engine reads. Raises INVALID_IMAGE."""
    return _untouched(picture, formats) or _encoded(load(picture, param=param), formats)


def as_they_are(pictures: Sequence[Picture], formats: AbstractSet[str]) -> list[Picture] | None:
    """Every picture as `prepare` and `readable` leave it where nothing has to be decoded; None where something has."""
    untouched = [_untouched(picture, formats) for picture in pictures]
    return [picture for picture in untouched if picture] if all(untouched) else None


def _untouched(picture: Picture, formats: AbstractSet[str]) -> Picture | None:
    return forwardable(picture) if picture.format in formats else None


def _encoded(pixels: Pixels, formats: AbstractSet[str]) -> Picture:
    if RAW in formats:
        return to_raw(pixels)
    lossless = Format.WEBP if Format.WEBP in formats and Format.PNG not in formats else Format.PNG
    kind = lossless if lossless in formats or Format.JPEG not in formats else Format.JPEG
    return Picture(encode(pixels, kind), kind.value, size_of(pixels), kind is not Format.JPEG and pixels.shape[2] == 4)


def _pad(pixels: Pixels, background: Background) -> Pad:
    """Padding is clear where transparency is wanted or already there, white elsewhere."""
    if background is Background.OPAQUE:
        return "white"
    return "transparent" if background is Background.TRANSPARENT or alpha_of(pixels) is not None else "white"


def _framed_weights(reading: MaskReading, source: Pixels, size: Size, fit: Fit) -> Grey:
    assert reading.weights is not None  # noqa: S101 - the caller has looked
    weights = frame_mask(reading.weights, size, fit)
    alpha = alpha_of(source)
    if reading.kind is MaskKind.IMAGE_ALPHA and weights is not reading.weights and alpha is not None:
        # Two kernels, one for colours and one for masks: what came out clear has no colour left to blend with, and
        # what came out half clear beside the area would stay so, a seam to look through. Padding (0) stays padding.
        inside = frame_mask(np.full_like(reading.weights, 255), size, fit)
        weights = np.minimum(np.maximum(weights, 255 - alpha), inside)
    return weights
