"""The rules by which the area to edit is read, as tables."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from retouch.domain.edit import MaskSource
from retouch.domain.engine import MaskKind
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Picture, Size
from retouch.finishing import MaskReading, read_mask
from retouch.pixels import Bounds, inspect

Array = NDArray[np.uint8]


def picture(pixels: Array | Image.Image, kind: str = "PNG") -> Picture:
    buffer = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(buffer, kind)
    return inspect(buffer.getvalue(), param="image", bounds=Bounds())


def with_alpha(alpha: Array, value: int = 90) -> Array:
    out = np.full((*alpha.shape, 4), value, np.uint8)
    out[:, :, 3] = alpha
    return out


def steps(*values: int) -> Array:
    """4 x 10 pixels, as many columns of each value."""
    return np.repeat(np.repeat(np.array(values, np.uint8), 10 // len(values))[None], 4, axis=0)


PHOTO = picture(np.random.default_rng(1).integers(0, 256, (4, 10, 3), dtype=np.uint8))
CUTOUT = picture(with_alpha(steps(255, 128, 0, 255, 255)))  # one fifth clear, one fifth half clear
SEMI = picture(with_alpha(steps(255, 128, 1, 255, 255)))  # nothing fully clear
OPAQUE = picture(with_alpha(steps(255)))
HOLE = picture(with_alpha(steps(255, 255, 0, 100, 255)))
BLACK_WHITE = picture(steps(0, 0, 255, 100, 0))
AUTO, MASK, ALPHA, NONE = MaskSource.AUTO, MaskSource.MASK, MaskSource.ALPHA, MaskSource.NONE


@pytest.mark.parametrize(
    ("given", "kind", "weights"),
    [
        # A supplied mask: its alpha, or where that says nothing its luma.
        ((PHOTO, HOLE, AUTO, False), MaskKind.ALPHA, (0, 0, 255, 155, 0)),
        ((PHOTO, HOLE, AUTO, True), MaskKind.ALPHA, (0, 0, 255, 155, 0)),
        ((PHOTO, BLACK_WHITE, AUTO, False), MaskKind.LUMA, (0, 0, 255, 100, 0)),
        ((PHOTO, picture(with_alpha(steps(255), 255)), AUTO, False), MaskKind.LUMA, (255,)),
        ((PHOTO, picture(with_alpha(steps(255), 40)), AUTO, False), MaskKind.LUMA, (40,)),
        ((PHOTO, picture(with_alpha(steps(255, 254), 0)), AUTO, False), MaskKind.ALPHA, (0, 1)),
        ((PHOTO, picture(Image.fromarray(steps(0, 255)).convert("1")), AUTO, False), MaskKind.LUMA, (0, 255)),
        ((PHOTO, HOLE, MASK, False), MaskKind.ALPHA, (0, 0, 255, 155, 0)),
        # Over an image with alpha of its own the supplied mask wins.
        ((CUTOUT, HOLE, AUTO, True), MaskKind.ALPHA, (0, 0, 255, 155, 0)),
        ((CUTOUT, BLACK_WHITE, AUTO, True), MaskKind.LUMA, (0, 0, 255, 100, 0)),
        # Without one: the image's own fully clear pixels, where the contract says so.
        ((CUTOUT, None, AUTO, True), MaskKind.IMAGE_ALPHA, (0, 127, 255, 0, 0)),
        ((CUTOUT, None, AUTO, False), MaskKind.NONE, None),
        ((SEMI, None, AUTO, True), MaskKind.NONE, None),
        ((OPAQUE, None, AUTO, True), MaskKind.NONE, None),
        ((PHOTO, None, AUTO, True), MaskKind.NONE, None),
        # mask_source overrides.
        ((CUTOUT, None, ALPHA, False), MaskKind.IMAGE_ALPHA, (0, 127, 255, 0, 0)),
        ((CUTOUT, HOLE, ALPHA, False), MaskKind.IMAGE_ALPHA, (0, 127, 255, 0, 0)),
        ((CUTOUT, HOLE, NONE, True), MaskKind.NONE, None),
        ((CUTOUT, None, NONE, True), MaskKind.NONE, None),
    ],
)
def test_the_area_to_edit(
    given: tuple[Picture, Picture | None, MaskSource, bool], kind: MaskKind, weights: tuple[int, ...] | None
) -> None:
    first, mask, source, contract = given
    reading = read_mask(first, mask, source, alpha_as_mask=contract)
    assert reading.kind is kind
    assert reading.size == Size(10, 4)
    if weights is None:
        assert reading.weights is None
        assert reading.coverage == 1
    else:
        assert reading.weights is not None
        assert np.array_equal(reading.weights, steps(*weights))
        assert reading.coverage == pytest.approx(np.mean(weights) / 255)
    assert reading.clear == pytest.approx(0.2 if first is CUTOUT else 0)


@pytest.mark.parametrize(
    ("given", "code", "param", "words"),
    [
        ((PHOTO, None, MASK), Code.INVALID_REQUEST, "mask_source", "no mask was sent"),
        ((PHOTO, None, ALPHA), Code.INVALID_MASK, "mask_source", "no fully transparent pixel"),
        ((SEMI, None, ALPHA), Code.INVALID_MASK, "mask_source", "no fully transparent pixel"),
        ((PHOTO, HOLE, ALPHA), Code.INVALID_MASK, "mask_source", "no fully transparent pixel"),
        ((PHOTO, picture(steps(0)), AUTO), Code.INVALID_MASK, "mask[0]", "nothing to edit"),
        ((PHOTO, picture(with_alpha(steps(255), 0)), AUTO), Code.INVALID_MASK, "mask[0]", "nothing to edit"),
        (
            (PHOTO, picture(steps(255)[:, :9]), AUTO),
            Code.INVALID_MASK,
            "mask[0]",
            "9x4 pixels and the first image 10x4",
        ),
        ((PHOTO, picture(steps(255).T), AUTO), Code.INVALID_MASK, "mask[0]", "4x10 pixels and the first image 10x4"),
        ((PHOTO, Picture(HOLE.data[:60], "png", HOLE.size), AUTO), Code.INVALID_IMAGE, "mask[0]", "cannot be decoded"),
    ],
)
def test_a_mask_that_cannot_be_used(
    given: tuple[Picture, Picture | None, MaskSource], code: Code, param: str, words: str
) -> None:
    with pytest.raises(RetouchError) as caught:
        read_mask(*given, alpha_as_mask=True, mask_param="mask[0]")
    assert (caught.value.code, caught.value.param) == (code, param)
    assert words in caught.value.message


def test_a_mask_of_any_format_and_mode() -> None:
    luma = Image.fromarray(steps(0, 255))
    for kind, mode in (("JPEG", "L"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("GIF", "L"), ("BMP", "1"), ("TIFF", "L")):
        options = picture(luma.convert(mode), kind)
        reading = read_mask(PHOTO, options, alpha_as_mask=False)
        assert reading.kind is MaskKind.LUMA
        assert reading.coverage == pytest.approx(0.5, abs=0.02)


def test_a_mask_ignored_is_not_even_decoded() -> None:
    broken = Picture(b"\x89PNG\r\n\x1a\n", "png", Size(1, 1))
    assert read_mask(PHOTO, broken, NONE, alpha_as_mask=False).kind is MaskKind.NONE


def test_the_whole_image() -> None:
    whole = MaskReading.whole(Size(10, 4))
    assert (whole.kind, whole.weights, whole.coverage, whole.clear) == (MaskKind.NONE, None, 1, 0)
