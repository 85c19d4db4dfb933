"""Scaling, framing, raw pixels and flattening."""

import numpy as np
import pytest

from retouch.domain.edit import Fit
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import RAW, Format, Size
from retouch.pixels import encode, flatten, frame, frame_mask, from_raw, load, scale, scale_mask, size_of, to_raw
from retouch.pixels.frame import geometry

RNG = np.random.default_rng(4)
NOISE = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
SIZES = [Size(60, 40), Size(30, 20), Size(31, 77), Size(1, 1), Size(200, 3), Size(120, 80), Size(7, 500)]


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", [(40, 60), (1, 1), (1, 5000), (333, 2), (61, 61)])
def test_the_size_is_exact(source: tuple[int, int], size: Size, fit: Fit) -> None:
    for channels in (3, 4):
        for pad in ("white", "transparent"):
            framed = frame(np.full((*source, channels), 200, np.uint8), size, fit, pad=pad)
            assert size_of(framed) == size
            assert framed.flags.c_contiguous
    assert size_of(frame_mask(np.full(source, 255, np.uint8), size, fit)) == size


@pytest.mark.parametrize("fit", list(Fit))
def test_the_right_size_is_the_same_array(fit: Fit) -> None:
    assert frame(NOISE, Size(60, 40), fit, pad="transparent") is NOISE
    mask = NOISE[:, :, 0]
    assert frame_mask(mask, Size(60, 40), fit) is mask
    assert scale(NOISE, Size(60, 40)) is NOISE


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_a_flat_picture_stays_flat(size: Size, value: int) -> None:
    for channels in (3, 4):
        pixels = np.full((40, 60, channels), value, np.uint8)
        if channels == 4:
            pixels[:, :, 3] = 255
        assert (scale(pixels, size)[:, :, :3] == value).all()
    assert (scale_mask(np.full((40, 60), value, np.uint8), size) == value).all()


def test_scaling_keeps_things_where_they_are() -> None:
    """The centre of a disc does not move, neither up nor down, in pixels or in masks."""
    rows, columns = np.mgrid[0:101, 0:101]
    disc = (255 * ((rows - 30) ** 2 + (columns - 60) ** 2 < 200)).astype(np.uint8)
    for edge in (33, 50, 202, 250):
        size = Size(edge, edge)
        for scaled in (scale(np.dstack([disc] * 3), size)[:, :, 0], scale_mask(disc, size)):
            y, x = (np.average(axis, weights=scaled) for axis in np.mgrid[0:edge, 0:edge])
            assert abs((y + 0.5) / edge - 30.5 / 101) < 0.004
            assert abs((x + 0.5) / edge - 60.5 / 101) < 0.004


def test_clear_pixels_lend_no_colour() -> None:
    """Green under transparency must not bleed into the opaque red beside it."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (0, 255, 0, 0)
    pixels[:, 20:] = (255, 0, 0, 255)
    for edge in (13, 77):
        scaled = scale(pixels, Size(edge, edge))
        seen = scaled[scaled[:, :, 3] > 20]
        assert (seen[:, 0] >= 250).all()
        assert (seen[:, 1] <= 5).all()


@pytest.mark.parametrize("size", [Size(17, 9), Size(30, 20), Size(59, 39), Size(61, 41), Size(200, 100), Size(20, 90)])
def test_a_mask_never_spills(size: Size) -> None:
    """A pixel is 0 where all the source pixels that it covers, and their neighbours, are 0."""
    mask = np.zeros((40, 60), np.uint8)
    mask[12:20, 25:33] = 255
    scaled = scale_mask(mask, size)
    near = np.zeros(mask.shape, bool)
    near[11:21, 24:34] = True
    for y, x in zip(*np.nonzero(scaled), strict=True):
        top, bottom = int(y * 40 / size.height), int(np.ceil((y + 1) * 40 / size.height))
        left, right = int(x * 60 / size.width), int(np.ceil((x + 1) * 60 / size.width))
        assert near[top:bottom, left:right].any()
    assert scaled.max() > 100


def test_cover_cuts_the_centre() -> None:
    columns = np.repeat(np.arange(60, dtype=np.uint8)[None] * 4, 40, axis=0)
    framed = frame(np.dstack([columns] * 3), Size(20, 40), Fit.COVER, pad="white")
    assert np.array_equal(framed[0, :, 0], np.arange(20, 40) * 4)
    assert np.array_equal(frame_mask(columns, Size(20, 40), Fit.COVER), framed[:, :, 0])


def test_cover_sees_the_neighbours_of_what_it_cuts() -> None:
    """Scaling only what will be seen gives nearly what scaling everything gives."""
    smooth = scale(NOISE, Size(600, 400))
    whole = scale(smooth, Size(150, 100))[:, 25:125]
    framed = frame(smooth, Size(100, 100), Fit.COVER, pad="white")
    assert np.abs(whole.astype(int) - framed).max() <= 6


def test_contain_pads_with_white_or_nothing() -> None:
    white = frame(NOISE, Size(60, 60), Fit.CONTAIN, pad="white")
    assert np.array_equal(white[10:50], NOISE)
    assert (white[:10] == 255).all()
    assert (white[50:] == 255).all()
    clear = frame(NOISE, Size(60, 60), Fit.CONTAIN, pad="transparent")
    assert np.array_equal(clear[10:50, :, :3], NOISE)
    assert (clear[10:50, :, 3] == 255).all()
    assert (clear[:10, :, 3] == 0).all()


def test_contain_keeps_a_pictures_own_alpha() -> None:
    pixels = np.full((40, 60, 4), 77, np.uint8)
    for pad, outside in (("white", 255), ("transparent", 0)):
        framed = frame(pixels, Size(60, 60), Fit.CONTAIN, pad=pad)  # type: ignore[arg-type]
        assert (framed[10:50, :, 3] == 77).all()
        assert (framed[:10, :, 3] == outside).all()


def test_padding_is_kept_not_edited() -> None:
    framed = frame_mask(np.full((40, 60), 255, np.uint8), Size(60, 60), Fit.CONTAIN)
    assert (framed[10:50] == 255).all()
    assert not framed[:10].any()
    assert not framed[50:].any()


@pytest.mark.parametrize("fit", list(Fit))
def test_a_strip_is_never_blown_up(fit: Fit) -> None:
    """1x30,000 to cover 1024x1024 would be 30 million rows if it were scaled before it is cut."""
    plan = geometry(Size(1, 30_000), Size(1024, 1024), fit)
    assert plan.scaled.area <= 16 * 1024 * 1024


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4), (1, 1, 3)])
def test_raw_pixels_come_back_as_a_view(shape: tuple[int, ...]) -> None:
    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
    picture = to_raw(pixels)
    assert (picture.format, picture.size) == (RAW, Size(shape[1], shape[0]))
    assert picture.has_alpha == (shape[2:] == (4,))
    for held in (picture, picture.data, bytearray(picture.data)):
        back = from_raw(held)
        assert np.array_equal(back, pixels)
        assert not back.flags.owndata
        assert not back.flags.writeable


def test_raw_pixels_of_a_view_are_packed() -> None:
    view = NOISE[::2, 5:20]
    assert np.array_equal(from_raw(to_raw(view)), view)


def test_raw_grey_loads_as_colour() -> None:
    grey = NOISE[:, :, 0]
    assert np.array_equal(load(to_raw(grey), param="image"), np.dstack([grey] * 3))


@pytest.mark.parametrize(
    "data", [b"", b"P7\n", b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nENDHDR\n123", b"P7\nWIDTH x\nENDHDR\n"]
)
def test_broken_raw_pixels_are_our_own_fault(data: bytes) -> None:
    with pytest.raises(RetouchError) as caught:
        from_raw(data)
    assert caught.value.code is Code.INTERNAL_SERVER_ERROR


def test_flatten_lays_on_white() -> None:
    pixels = RNG.integers(0, 256, (300, 20, 4), dtype=np.uint8)
    alpha = pixels[:, :, 3:] / 255
    expected = np.round(pixels[:, :, :3] * alpha + 255 * (1 - alpha))
    assert np.abs(flatten(pixels) - expected).max() <= 1
    assert flatten(NOISE) is NOISE


@pytest.mark.parametrize(("kind", "longest"), [(Format.WEBP, 16_383), (Format.JPEG, 65_500)])
def test_what_a_format_cannot_hold_is_refused(kind: Format, longest: int) -> None:
    assert encode(np.zeros((1, longest, 3), np.uint8), kind)
    with pytest.raises(RetouchError) as caught:
        encode(np.zeros((longest + 1, 1, 3), np.uint8), kind)
    assert (caught.value.code, caught.value.param) == (Code.INVALID_REQUEST, "output_format")
