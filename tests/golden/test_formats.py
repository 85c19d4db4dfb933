"""Every source format and mode decodes to the pixels it means, and every output format gives them back."""

import base64
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import pyvips
from PIL import Image, ImageCms

from retouch.domain.picture import Format, Picture
from retouch.pixels import Bounds, Pixels, decode, encode, inspect

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
WIDTH, HEIGHT = 64, 48


def quad() -> Pixels:
    """Four flat quarters: red, green over blue, white."""
    out = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    out[:24, :32], out[:24, 32:], out[24:, :32], out[24:, 32:] = RED, GREEN, BLUE, WHITE
    return out


def clear_corner(alpha: int = 0) -> Pixels:
    """The quarters with the red one at this alpha."""
    out = np.dstack([quad(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    out[:24, :32, 3] = alpha
    return out


def pillow(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def vips(samples: npt.NDArray[Any], interpretation: str) -> Any:
    return pyvips.Image.new_from_array(samples, interpretation=interpretation)


def opencv_bmp(samples: Pixels) -> bytes:
    return np.asarray(cv2.imencode(".bmp", samples)[1]).tobytes()


def read(data: bytes) -> tuple[Picture, Pixels]:
    picture = inspect(data, param="image", bounds=Bounds())
    return picture, decode(picture, param="image")


def centres(pixels: Pixels) -> list[tuple[int, ...]]:
    """The middle of each quarter."""
    height, width = pixels.shape[:2]
    places = [(y * height // 4, x * width // 4) for y in (1, 3) for x in (1, 3)]
    return [tuple(int(value) for value in pixels[place]) for place in places]


def near(ours: npt.ArrayLike, theirs: npt.ArrayLike, tolerance: int) -> bool:
    return bool(np.abs(np.asarray(ours, np.int16) - np.asarray(theirs, np.int16)).max() <= tolerance)


RGB = Image.fromarray(quad())
RAMP = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None], 8, axis=0))
RGBA = Image.fromarray(clear_corner(128))
HEIC = (
    "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAX5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABogABAAAAAAAAAS0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/mlwcnAA"
    "AADeaXBjbwAAAHdodmNDAQQIAAAAnjgAAAAAHvAA/P/4+AAADwNgAAEAF0ABDAH//wQIAAADAJ44AAADAAAeugJAYQABACpCAQEECAAAAwCeOA"
    "AAAwAAHpAEECCy3VyU1zcBDQYEAAADAGQAAAMABCBiAAEACEQBwXMYMAiQAAAAE2NvbHJuY2x4AAEADQAGgAAAABRpc3BlAAAAAAAAAEAAAABA"
    "AAAAKGNsYXAAAABAAAAAAQAAADAAAAABAAAAAAAAAAL////wAAAAAgAAABBwaXhpAAAAAAMICAgAAAAYaXBtYQAAAAAAAAABAAEFgQIDBYQAAA"
    "E1bWRhdAAAASkoAa8GuGQSM/64z///4Bh+h/euMduo0+8hY7N/xV/338Dnf//GFKg/XD+SAb2cd0GbMIMLw/Vll25E/NUyhFutihjvB11SHj2X"
    "Af+SrTrA5fflPooOUc97NoQ0sLcTbDnzYTGUP7Uzqyz/v1v//sLP//33mkJzMJ4P/2snv/wV+se6Ri7vhqPX+aOg/4e+3mtn1KYivzakbjj2Np"
    "TlHwsWnG+UGuMHCxUgEiBt7GYYYjiZ/0niwW2IHVR/QkxHZzFOc7ojo5cZuC5ZfNpuUtrHxi6RnAw/PCQQk/kT+TNxKKKSnrqtdZP+jsjR9kCJ"
    "a/u3Tmvv164h8+vB0DiMt5z13ZqSRRyPpely5oOjjUfTkarD4IUOAN7g38lUWFwAHy3YbDZad6vKUTA="
)

#: name -> (file, format it is sniffed as, tolerance), all meaning `quad`.
PLAIN: dict[str, tuple[Callable[[], bytes], str, int]] = {
    "png": (lambda: pillow(RGB, "PNG"), "png", 0),
    "png interlaced": (lambda: vips(quad(), "srgb").pngsave_buffer(interlace=True), "png", 0),
    "png palette": (lambda: pillow(RGB.quantize(4), "PNG"), "png", 0),
    "png 16 bits": (lambda: vips(quad().astype(np.uint16) * 257, "rgb16").pngsave_buffer(), "png", 0),
    "png opaque alpha": (lambda: pillow(RGB.convert("RGBA"), "PNG"), "png", 0),
    "jpeg": (lambda: pillow(RGB, "JPEG", quality=95, subsampling=0), "jpeg", 3),
    "jpeg progressive": (lambda: pillow(RGB, "JPEG", quality=95, progressive=True), "jpeg", 3),
    "jpeg cmyk (Adobe, inverted)": (lambda: pillow(RGB.convert("CMYK"), "JPEG", quality=95), "jpeg", 4),
    "jpeg ycck": (
        lambda: vips(np.asarray(RGB.convert("CMYK")), "cmyk").jpegsave_buffer(Q=95, subsample_mode="off", keep="none"),
        "jpeg",
        4,
    ),
    "mpo": (lambda: pillow(RGB, "MPO", save_all=True, append_images=[RGB.rotate(180)], quality=95), "jpeg", 3),
    "webp": (lambda: pillow(RGB, "WEBP", quality=95), "webp", 8),
    "webp lossless": (lambda: pillow(RGB, "WEBP", lossless=True), "webp", 0),
    "webp animated": (
        lambda: pillow(RGB, "WEBP", save_all=True, append_images=[RGB.rotate(180)], lossless=True),
        "webp",
        0,
    ),
    "gif": (lambda: pillow(RGB.quantize(4), "GIF"), "gif", 0),
    "gif animated": (
        lambda: pillow(RGB.quantize(4), "GIF", save_all=True, append_images=[RGB.rotate(180).quantize(4)]),
        "gif",
        0,
    ),
    "tiff": (lambda: pillow(RGB, "TIFF"), "tiff", 0),
    "tiff lzw": (lambda: pillow(RGB, "TIFF", compression="tiff_lzw"), "tiff", 0),
    "tiff jpeg": (lambda: vips(quad(), "srgb").tiffsave_buffer(compression="jpeg", Q=95), "tiff", 4),
    "tiff tiled": (lambda: vips(quad(), "srgb").tiffsave_buffer(tile=True, compression="deflate"), "tiff", 0),
    "tiff 16 bits": (lambda: vips(quad().astype(np.uint16) * 257, "rgb16").tiffsave_buffer(), "tiff", 0),
    "tiff palette": (lambda: pillow(RGB.quantize(4), "TIFF"), "tiff", 0),
    "tiff cmyk": (lambda: pillow(RGB.convert("CMYK"), "TIFF"), "tiff", 1),
    "bmp": (lambda: pillow(RGB, "BMP"), "bmp", 0),
    "bmp palette": (lambda: pillow(RGB.quantize(4), "BMP"), "bmp", 0),
    "bmp by opencv": (lambda: opencv_bmp(quad()[:, :, ::-1]), "bmp", 0),
    "avif": (lambda: pillow(RGB, "AVIF", quality=95, subsampling="4:4:4"), "avif", 4),
    "heic": (lambda: base64.b64decode(HEIC), "heic", 4),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_picture_decodes_to_what_it_means(name: str) -> None:
    make, kind, tolerance = PLAIN[name]
    picture, pixels = read(make())
    assert (picture.format, str(picture.size)) == (kind, f"{WIDTH}x{HEIGHT}")
    assert pixels.dtype == np.uint8
    assert near([place[:3] for place in centres(pixels)], [RED, GREEN, BLUE, WHITE], tolerance)
    if tolerance == 0:
        assert np.array_equal(pixels[:, :, :3], quad())


def test_threads_do_not_disturb_each_other() -> None:
    files = [make() for make, _, _ in PLAIN.values()] * 4
    alone = [read(data)[1] for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda data: read(data)[1], files))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("kind", list(Format))
def test_every_source_format_reaches_every_output_format(name: str, kind: Format) -> None:
    _, pixels = read(PLAIN[name][0]())
    data = encode(pixels, kind, 100)
    seen = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    picture, again = read(data)
    assert picture.format == kind.value
    assert near(seen, pixels[:, :, :3], 4 if kind is Format.JPEG else 0)
    assert near(again[:, :, :3], pixels[:, :, :3], 4 if kind is Format.JPEG else 0)


def _with_trns() -> bytes:
    palette = RGB.quantize(4)
    return pillow(
        palette, "PNG", transparency=bytes(128 if index == palette.getpixel((5, 5)) else 255 for index in range(4))
    )


ALPHA: dict[str, tuple[Callable[[], bytes], int]] = {
    "png": (lambda: pillow(RGBA, "PNG"), 0),
    "png 16 bits": (lambda: vips(clear_corner(128).astype(np.uint16) * 257, "rgb16").pngsave_buffer(), 0),
    "png palette": (_with_trns, 0),
    "webp lossless": (lambda: pillow(RGBA, "WEBP", lossless=True, exact=True), 0),
    "webp": (lambda: pillow(RGBA, "WEBP", quality=95), 8),
    "tiff": (lambda: pillow(RGBA, "TIFF"), 0),
    "tiff premultiplied": (lambda: vips(clear_corner(128), "srgb").tiffsave_buffer(premultiply=True), 1),
    "avif": (lambda: pillow(RGBA, "AVIF", quality=95, subsampling="4:4:4"), 4),
    "bmp": (lambda: opencv_bmp(clear_corner(128)[:, :, [2, 1, 0, 3]]), 0),
}


@pytest.mark.parametrize("name", ALPHA)
def test_alpha_stays_straight(name: str) -> None:
    make, tolerance = ALPHA[name]
    picture, pixels = read(make())
    assert picture.has_alpha
    assert near(centres(pixels), [(*RED, 128), (*GREEN, 255), (*BLUE, 255), (*WHITE, 255)], tolerance)


@pytest.mark.parametrize("kind", [Format.PNG, Format.WEBP])
def test_colours_under_clear_pixels_survive(kind: Format) -> None:
    _, pixels = read(encode(clear_corner(0), kind))
    assert np.array_equal(pixels, clear_corner(0))


def test_a_colour_key_is_alpha() -> None:
    picture, pixels = read(pillow(RGB, "PNG", transparency=RED))
    assert picture.has_alpha
    assert [place[3] for place in centres(pixels)] == [0, 255, 255, 255]


def test_an_animation_is_its_first_frame_on_a_clear_canvas() -> None:
    first = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    first.paste((*RED, 255), (0, 0, 32, 24))
    second = Image.new("RGBA", (WIDTH, HEIGHT), (*BLUE, 255))
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True})):
        picture, pixels = read(pillow(first, kind, save_all=True, append_images=[second], **options))
        assert picture.has_alpha
        assert centres(pixels)[0] == (*RED, 255)
        assert [place[3] for place in centres(pixels)[1:]] == [0, 0, 0]


GREYS: dict[str, tuple[Callable[[], bytes], bool]] = {
    "png": (lambda: pillow(RAMP, "PNG"), False),
    "png alpha": (lambda: pillow(RAMP.convert("LA"), "PNG"), True),
    "png 16 bits": (lambda: vips(np.asarray(RAMP).astype(np.uint16) * 257, "grey16").pngsave_buffer(), False),
    "jpeg": (lambda: pillow(RAMP, "JPEG", quality=100), False),
    "tiff": (lambda: pillow(RAMP, "TIFF"), False),
    "bmp": (lambda: pillow(RAMP, "BMP"), False),
    "gif": (lambda: pillow(RAMP, "GIF"), False),
    "avif": (lambda: pillow(RAMP.convert("RGB"), "AVIF", quality=100), False),
}


@pytest.mark.parametrize("name", GREYS)
def test_grey_becomes_rgb(name: str) -> None:
    make, alpha = GREYS[name]
    picture, pixels = read(make())
    assert picture.has_alpha == alpha
    assert pixels.shape == (8, 256, 4 if alpha else 3)
    assert near(pixels[:, :, 0], np.asarray(RAMP), 1 if name in ("jpeg", "avif") else 0)
    assert near(pixels[:, :, 1], pixels[:, :, 2], 1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit(kind: str) -> None:
    _, pixels = read(pillow(RAMP.point(lambda value: 255 * (value > 99)).convert("1"), kind))
    assert np.array_equal(pixels[:, :, 0], 255 * (np.asarray(RAMP) > 99))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("save", ["pngsave_buffer", "tiffsave_buffer"])
def test_sixteen_bits_are_rounded(channels: int, save: str) -> None:
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    stack = np.dstack([ramp] * channels) if channels > 1 else ramp
    data = getattr(vips(stack, "grey16" if channels < 3 else "rgb16"), save)()
    _, pixels = read(data)
    expected = np.round(ramp / 257).astype(np.uint8)
    for channel in range(3 if channels in (1, 3) else 4):
        assert np.array_equal(pixels[:, :, channel], expected)


TURNS = {
    1: [RED, GREEN, BLUE, WHITE],
    2: [GREEN, RED, WHITE, BLUE],
    3: [WHITE, BLUE, GREEN, RED],
    4: [BLUE, WHITE, RED, GREEN],
    5: [RED, BLUE, GREEN, WHITE],
    6: [BLUE, RED, WHITE, GREEN],
    7: [WHITE, GREEN, BLUE, RED],
    8: [GREEN, WHITE, RED, BLUE],
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    options: dict[str, Any] = {"exif": exif} | ({"quality": 95} if kind in ("JPEG", "WEBP") else {})
    picture, pixels = read(pillow(RGB, kind, **options))
    assert str(picture.size) == (f"{HEIGHT}x{WIDTH}" if turn >= 5 else f"{WIDTH}x{HEIGHT}")
    assert pixels.shape[:2] == (picture.size.height, picture.size.width)
    assert near(centres(pixels), TURNS[turn], 8)


def _profile(name: str, model: str) -> bytes:
    """A profile of libvips's own ("srgb", "p3", "cmyk")."""
    image = vips(np.zeros((1, 1, 3), np.uint8), "srgb").icc_transform(name)
    data: bytes = image.get("icc-profile-data")
    assert data[16:20] == model.encode()
    return data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_a_wide_profile_is_converted(kind: str) -> None:
    """A mid green of Display P3 lies outside sRGB's: less red, more green."""
    wide = Image.new("RGB", (16, 16), (100, 200, 100))
    options: dict[str, Any] = {"quality": 100} if kind in ("JPEG", "WEBP") else {}
    options |= {"subsampling": 0} if kind == "JPEG" else {}
    _, pixels = read(pillow(wide, kind, icc_profile=_profile("p3", "RGB "), **options))
    source = ImageCms.ImageCmsProfile(io.BytesIO(_profile("p3", "RGB ")))
    expected = ImageCms.profileToProfile(
        wide, source, ImageCms.createProfile("sRGB"), renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    assert expected is not None
    assert near(pixels[8, 8], np.asarray(expected)[8, 8], 3)
    assert pixels[8, 8, 0] < 80


def test_a_wide_profile_with_alpha_and_16_bits() -> None:
    samples = np.full((16, 16, 4), 100 * 257, np.uint16)
    samples[:, :, 1] = 200 * 257
    image = vips(samples, "rgb16").copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", _profile("p3", "RGB "))
    _, pixels = read(image.pngsave_buffer())
    assert pixels[8, 8, 0] < 80
    assert pixels[8, 8, 3] == 100


def test_an_srgb_profile_changes_nothing() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), _profile("srgb", "RGB ")):
        _, pixels = read(pillow(Image.fromarray(noise), "PNG", icc_profile=profile))
        assert np.array_equal(pixels, noise)


def test_a_cmyk_profile_is_used() -> None:
    profile = _profile("cmyk", "CMYK")
    cmyk = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    for kind in ("JPEG", "TIFF"):
        _, pixels = read(pillow(cmyk, kind, icc_profile=profile))
        red, green, blue = (int(value) for value in pixels[8, 8])
        assert red < 60
        assert 120 < green < 200  # a printed cyan, not the screen's 0, 255, 255
        assert blue > 190


def test_a_grey_profile_is_used() -> None:
    """Gamma 1.0 grey: a stored half is far lighter on a screen."""
    image = vips(np.full((16, 16), 128, np.uint8), "b-w").copy()
    linear = _grey_profile(1.0)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", linear)
    _, pixels = read(image.pngsave_buffer(keep=pyvips.ForeignKeep.ICC))
    assert near(pixels[8, 8], [188, 188, 188], 2)


def _grey_profile(gamma: float) -> bytes:
    """The smallest ICC version 2 grey profile there is."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(gamma * 256).to_bytes(2, "big") + bytes(2)
    white = b"XYZ " + bytes(4) + bytes.fromhex("0000f6d6000100000000d32d")
    text = b"desc" + bytes(4) + (2).to_bytes(4, "big") + b"g\x00" + bytes(78)
    tags, body, at = b"", b"", 128 + 4 + 3 * 12
    for name, data in ((b"wtpt", white), (b"kTRC", curve), (b"desc", text)):
        tags += name + (at + len(body)).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        body += data + bytes(-len(data) % 4)
    head = bytearray(128)
    head[4:8], head[8:12], head[12:24] = b"lcms", bytes.fromhex("02400000"), b"mntrGRAYXYZ "
    head[36:40], head[68:80] = b"acsp", bytes.fromhex("0000f6d6000100000000d32d")
    head[0:4] = (at + len(body)).to_bytes(4, "big")
    return bytes(head) + (3).to_bytes(4, "big") + tags + body


@pytest.mark.parametrize("profile", [b"rubbish", b"\0" * 128, b"x" * 200_000])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_broken_profile_is_ignored(kind: str, profile: bytes) -> None:
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    _, pixels = read(pillow(RGB, kind, icc_profile=profile, **options))
    assert near(centres(pixels), [RED, GREEN, BLUE, WHITE], 3)


def test_a_profile_of_another_model_is_ignored() -> None:
    _, pixels = read(pillow(RGB, "PNG", icc_profile=_profile("cmyk", "CMYK")))
    assert np.array_equal(pixels, quad())


@pytest.mark.parametrize("kind", list(Format))
def test_nothing_but_pixels_is_written(kind: Format) -> None:
    image = Image.open(io.BytesIO(encode(quad(), kind, 80)))
    assert image.format == kind.name
    assert not {"exif", "icc_profile", "xmp", "comment", "dpi"} & set(image.info)


@pytest.mark.parametrize(("quality", "halved"), [(0, True), (50, True), (89, True), (90, False), (100, False)])
def test_jpeg_keeps_full_colour_from_quality_90(quality: int, halved: bool) -> None:
    image = Image.open(io.BytesIO(encode(quad(), Format.JPEG, quality)))
    assert image.layer[0][1:3] == ((2, 2) if halved else (1, 1))  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [Format.JPEG, Format.WEBP])
def test_compression_is_quality(kind: Format) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sizes = [len(encode(noise, kind, quality)) for quality in (0, 30, 60, 90, 100)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1, 4), (1, 300, 3), (300, 1, 4), (7, 5, 3), (65, 129, 4)])
def test_png_of_any_shape_is_lossless(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    for pixels in (rng.integers(0, 256, shape, dtype=np.uint8), np.full(shape, 7, np.uint8)):
        data = encode(pixels, Format.PNG)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
        assert np.array_equal(read(data)[1], pixels)
