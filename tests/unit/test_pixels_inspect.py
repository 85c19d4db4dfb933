"""What is learnt of a picture before anything is decoded."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Format, Picture, Size
from retouch.pixels import Bounds, decode, encode, forwardable, inspect, is_upright
from retouch.pixels.sniff import guess, sniff

SOLID = Image.new("RGB", (40, 30), (9, 99, 199))


def saved(kind: str, image: Image.Image = SOLID, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def look(data: bytes, bounds: Bounds | None = None) -> Picture:
    return inspect(data, param="image[1]", bounds=bounds or Bounds())


def refusal(data: bytes, bounds: Bounds | None = None) -> RetouchError:
    with pytest.raises(RetouchError) as caught:
        look(data, bounds)
    assert (caught.value.code, caught.value.param) == (Code.INVALID_IMAGE, "image[1]")
    return caught.value


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_format_and_size_come_from_the_content(kind: str) -> None:
    picture = look(saved(kind))
    assert (picture.format, picture.size, picture.has_alpha) == (kind.lower(), Size(40, 30), False)


@pytest.mark.parametrize(
    ("brand", "compatible", "kind"),
    [
        (b"avif", b"mif1", "avif"),
        (b"avis", b"avif", "avif"),
        (b"mif1", b"avif", "avif"),
        (b"heic", b"mif1", "heic"),
        (b"heix", b"heic", "heic"),
        (b"mif1", b"heic", "heic"),
        (b"msf1", b"hevc", "heic"),
        (b"isom", b"mp42", None),
    ],
)
def test_the_brands_tell_avif_from_heic(brand: bytes, compatible: bytes, kind: str | None) -> None:
    assert sniff(b"\0\0\0\x14ftyp" + brand + bytes(4) + compatible + bytes(20)) == kind


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!doctype html><p>", "an HTML page"),
        (b"\xef\xbb\xbf  <HTML>", "an HTML page"),
        (b"<svg xmlns='x'>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg>", "an SVG drawing"),
        (b"<?xml version='1.0'?><a>", "an XML file"),
        (b"%PDF-1.4", "a PDF"),
        (b"/9j/4AAQSkZJRg", "a base64 text"),
        (b"data:image/png;base64,AAAA", "a data URL sent as a file"),
        (b"https://example.com/a.png", "a URL sent as a file"),
        (b'{"error": 1}', "a JSON text"),
        (b"hello there", "a text"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"\xff\x0a\0", "a JPEG XL"),
        (b"\0\1\2\3", "none of the known picture formats"),
    ],
)
def test_a_refusal_says_what_was_found(data: bytes, words: str) -> None:
    assert guess(data) == words
    message = refusal(data).message
    assert f"looks like {words};" in message
    assert "PNG, JPEG, WebP" in message


def test_bounds_bind() -> None:
    data = saved("PNG")
    assert look(data, Bounds(pixels=1200, bytes=len(data), edge=40)).size == Size(40, 30)
    assert "40x30; at most 1,199 pixels" in refusal(data, Bounds(pixels=1199)).message
    assert f"at most {len(data) - 1:,} bytes" in refusal(data, Bounds(bytes=len(data) - 1)).message
    assert "no edge may be longer than 39" in refusal(data, Bounds(edge=39)).message


@pytest.mark.parametrize(
    ("image", "kind", "options", "alpha"),
    [
        (SOLID.convert("RGBA"), "PNG", {}, True),
        (SOLID.convert("LA"), "PNG", {}, True),
        (SOLID.convert("P"), "PNG", {"transparency": 0}, True),
        (SOLID, "PNG", {"transparency": (1, 2, 3)}, True),
        (SOLID.convert("P"), "PNG", {}, False),
        (SOLID.convert("L"), "JPEG", {}, False),
        (SOLID.convert("RGBA"), "WEBP", {"lossless": True}, False),  # opaque, so it is written without alpha
        (Image.new("RGBA", (40, 30), (1, 2, 3, 4)), "WEBP", {"lossless": True}, True),
        (Image.new("RGBA", (40, 30), (1, 2, 3, 4)), "WEBP", {"quality": 50}, True),
        (SOLID.quantize(2), "GIF", {"transparency": 0}, True),
        (SOLID.convert("RGBA"), "TIFF", {}, True),
        (SOLID.convert("LA"), "TIFF", {}, True),
        (SOLID.convert("CMYK"), "TIFF", {}, False),
        (Image.new("RGBA", (40, 30), (1, 2, 3, 4)), "AVIF", {}, True),
    ],
)
def test_alpha_is_seen_in_the_header(image: Image.Image, kind: str, options: dict[str, Any], alpha: bool) -> None:
    assert look(saved(kind, image, **options)).has_alpha == alpha


def with_orientation(kind: str, turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "a camera"
    return saved(kind, exif=exif)


@pytest.mark.parametrize("turn", range(10))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_the_size_is_the_one_after_turning(kind: str, turn: int) -> None:
    picture = look(with_orientation(kind, turn))
    assert picture.size == (Size(30, 40) if 5 <= turn <= 8 else Size(40, 30))
    assert is_upright(picture) == (not 2 <= turn <= 8)


@pytest.mark.parametrize("big_endian", [False, True])
def test_exif_of_either_byte_order(big_endian: bool) -> None:
    fields = (42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    block = b"MM" if big_endian else b"II"
    block += struct.pack((">" if big_endian else "<") + "HIHHHIHHI", *fields)
    assert look(saved("JPEG", exif=b"Exif\0\0" + block)).size == Size(30, 40)


class TestForwardable:
    """A file goes on undecoded where it already is what it means, and never with metadata."""

    @pytest.mark.parametrize("kind", list(Format))
    def test_our_own_files_go_on_as_they_are(self, kind: Format) -> None:
        picture = look(encode(np.zeros((30, 40, 3), np.uint8), kind, 80))
        assert forwardable(picture) is picture

    @pytest.mark.parametrize(("kind", "mark"), [("PNG", b"eXIf"), ("JPEG", b"Exif")])
    def test_metadata_stays_behind(self, kind: str, mark: bytes) -> None:
        noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8))
        exif = Image.Exif()
        exif[0x010F] = "a camera"
        data = saved(kind, noise, exif=exif, comment="here I live") + b"a second picture"
        picture = look(data)
        stripped = forwardable(picture)
        assert stripped is not None
        assert mark in data
        assert not any(word in bytes(stripped.data) for word in (mark, b"camera", b"live", b"second"))
        again = decode(look(bytes(stripped.data)), param="image")
        assert np.array_equal(again, decode(picture, param="image"))

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_what_must_be_converted_is_decoded(self, kind: str) -> None:
        assert forwardable(look(with_orientation(kind, 6))) is None
        assert forwardable(look(saved(kind, icc_profile=b"some profile"))) is None

    @pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "AVIF"])
    def test_other_formats_are_decoded(self, kind: str) -> None:
        assert forwardable(look(saved(kind))) is None

    def test_ink_and_animations_are_decoded(self) -> None:
        assert forwardable(look(saved("JPEG", SOLID.convert("CMYK")))) is None
        frames = saved("WEBP", save_all=True, append_images=[SOLID.rotate(90)])
        assert forwardable(look(frames)) is None

    def test_a_palette_with_alpha_keeps_it(self) -> None:
        picture = look(saved("PNG", SOLID.convert("P"), transparency=0))
        stripped = forwardable(picture)
        assert stripped is not None
        assert decode(stripped, param="image").shape == (30, 40, 4)

    def test_a_cut_off_file_is_not_handed_on(self) -> None:
        noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8))
        for kind in ("PNG", "JPEG"):
            data = saved(kind, noise)
            assert forwardable(Picture(data[:-40], kind.lower(), Size(40, 30))) is None
