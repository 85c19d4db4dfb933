"""A preview that is only handed on is looked through in pieces; whatever is not plain enough is put together."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from retouch.domain.edit import Background
from retouch.domain.errors import Code, RetouchError, UpstreamFailure
from retouch.domain.picture import Format, Picture, Size
from retouch.engines.upstream.base64_text import Base64Text
from retouch.engines.upstream.pictures import open_preview
from retouch.finishing import Finish, finish
from retouch.pixels import Bounds, decode, glance, inspect, opened

RNG = np.random.default_rng(4)
BOUNDS = Bounds()


def file(kind: str = "PNG", *, channels: int = 3, edge: int = 80, **options: Any) -> bytes:
    """A picture of noise, so that it is longer than what is looked at."""
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (60, edge, channels), dtype=np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


PLAIN = file()


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def text(data: bytes) -> bytes:
    return base64.b64encode(data)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("options", [{}, {"channels": 4}, {"icc_profile": RNG.bytes(20_000)}, {"edge": 3}])
@pytest.mark.parametrize("size", [1, 7, 8, 33, 1000, 100_000])
def test_pieces_tell_the_same_as_all_of_it(size: int, options: dict[str, Any]) -> None:
    """Wherever it was cut: within a chunk's length, its name, or its header."""
    data = file(**options)
    whole = inspect(data, param="image", bounds=BOUNDS)
    assert glance(cut(data, size), BOUNDS) == Picture(b"", "png", whole.size, whole.has_alpha)


def test_a_colour_that_stands_for_transparency_is_seen() -> None:
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 9, (60, 80), dtype=np.uint8), "P").save(buffer, "PNG", transparency=3)
    found = glance(cut(buffer.getvalue(), 500), BOUNDS)
    assert found is not None
    assert found.has_alpha


def test_what_stands_behind_the_end_is_not_looked_at() -> None:
    """As where it is inspected as a whole."""
    assert glance([file() + b"more"], BOUNDS) is not None


@pytest.mark.parametrize(
    "data",
    [
        file("JPEG", quality=95),
        file("WEBP", lossless=True),
        file(exif=exif(6)),
        file()[:-1],
        PLAIN[:9000] + PLAIN[9001:],
        file()[:33] + b"\0\0\0\0IEND\xaeB`\x82",
        b"\x89PNG\r\n\x1a\n" + bytes(20_000),
        b"\x89PNG\r\n",
        bytes(20_000),
        b"",
    ],
    ids=[
        "jpeg",
        "webp",
        "turned",
        "cut off",
        "a byte lost",
        "no pixels",
        "no header",
        "hardly begun",
        "none",
        "nothing",
    ],
)
@pytest.mark.parametrize("size", [5, 100_000])
def test_everything_else_has_to_be_put_together(data: bytes, size: int) -> None:
    assert glance(cut(data, size), BOUNDS) is None


def test_a_header_that_claims_too_much_has_to_be_put_together() -> None:
    """Then it is refused as every other picture of that size is."""
    assert glance([file()], Bounds(pixels=80 * 60 - 1)) is None
    assert glance([file()], Bounds(pixels=80 * 60)) is not None


def test_a_preview_is_handed_on_undecoded() -> None:
    """As the base64 that it came as."""
    encoded = text(file())
    preview = open_preview("t", Base64Text.of(encoded))
    finished = finish(preview, Finish(format=Format.PNG, size=Size(80, 60), passthrough=True))
    assert (finished.data, b"".join(finished.base64 or ()), finished.size) == (b"", encoded, Size(80, 60))


@pytest.mark.parametrize(
    "plan",
    [
        Finish(format=Format.PNG, size=Size(40, 30), passthrough=True),
        Finish(format=Format.WEBP, passthrough=True),
        Finish(format=Format.PNG, background=Background.OPAQUE, passthrough=True),
    ],
    ids=["another size", "another format", "without its transparency"],
)
def test_a_preview_that_has_to_change_is_decoded_for_it(plan: Finish) -> None:
    """And comes out as it does where it was decoded from the start."""
    data = file(channels=4)
    finished = finish(open_preview("t", Base64Text.of(text(data))), plan)
    assert finished == finish(inspect(data, param="image", bounds=BOUNDS), plan)
    made = inspect(finished.data, param="image", bounds=BOUNDS)
    assert (made.format, made.size) == (plan.format.value, plan.size or Size(80, 60))
    assert decode(made, param="image").shape[:2] == (made.size.height, made.size.width)


@pytest.mark.parametrize("spoil", [b"%%%%", b"\xff\xfe\xff\xfe", b"\r\r\n\n", b"=AAA", b"A"])
def test_no_byte_is_handed_on_that_is_not_base64(spoil: bytes) -> None:
    """It would end up in the middle of an event: what breaks there takes the finished picture with it."""
    encoded = text(file())
    with pytest.raises(UpstreamFailure, match="cannot be used"):
        open_preview("t", Base64Text.of(encoded[:10_000] + spoil + encoded[10_000 + len(spoil) // 4 * 4 :]))


def test_a_preview_of_no_use_is_the_providers_failure() -> None:
    for data in (bytes(20_000), file()[:33]):
        with pytest.raises(UpstreamFailure, match="cannot be used"):
            open_preview("t", Base64Text.of(text(data)))


def test_slashes_that_json_escapes_are_taken_as_they_are_meant() -> None:
    data = file()
    preview = open_preview("t", Base64Text.of(text(data).replace(b"/", b"\\/")))
    assert (preview.size, bytes(preview.data)) == (Size(80, 60), data)


def test_one_whose_bytes_are_lost_is_not_taken_for_one_that_was_looked_through() -> None:
    with pytest.raises(RetouchError) as caught:
        opened(Picture(b"", "png", Size(80, 60), base64=(b"%%%%",)))
    assert caught.value.code is Code.INVALID_IMAGE
