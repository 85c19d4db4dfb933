"""A preview that is only handed on is known by its two ends; whatever is not as plain as that is decoded."""

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


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def text(data: bytes) -> bytes:
    return base64.b64encode(data)


def seen(*pieces: bytes) -> Picture | None:
    return glance(pieces, BOUNDS)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("over", range(3))
def test_its_ends_tell_the_same_as_all_of_it(channels: int, over: int) -> None:
    """Whatever its length, which base64 pads to groups of three bytes, and whatever pieces it came in."""
    data = file(channels=channels)
    # Bytes behind the pixels, which no header reader comes to, make it as long as is wanted.
    data = data[:-12] + (over - len(data)) % 3 * b"\0" + data[-12:]
    whole = inspect(data, param="image", bounds=BOUNDS)
    encoded = text(data)
    for pieces in ((encoded,), (encoded[:9000], encoded[9000:])):
        found = seen(*pieces)
        assert found == Picture(b"", "png", whole.size, whole.has_alpha, pieces)
        assert bytes(opened(found).data) == data


@pytest.mark.parametrize(
    "data",
    [
        file("JPEG", quality=95),
        file("WEBP", lossless=True),
        file(exif=exif(6)),
        file() + b"more",
        file()[:-20],
        file(edge=5, channels=3)[:600],
        b"\x89PNG\r\n\x1a\n" + bytes(20_000),
        bytes(20_000),
        b"",
    ],
    ids=["jpeg", "webp", "turned", "more behind", "cut off", "short", "no header", "no picture", "nothing"],
)
def test_everything_else_has_to_be_decoded(data: bytes) -> None:
    assert seen(text(data)) is None


def test_a_header_that_reaches_further_than_is_looked_has_to_be_decoded() -> None:
    """A profile or a text in front of the pixels may have any length."""
    assert seen(text(file(icc_profile=RNG.bytes(20_000)))) is None


@pytest.mark.parametrize("spoil", [b"\\/", b"%%%%", b"=AAA", b"A"])
def test_base64_that_is_not_plain_has_to_be_decoded(spoil: bytes) -> None:
    """JSON's escapes, other characters, an end before the end, a group cut short."""
    encoded = text(file())
    assert seen(encoded[:100] + spoil + encoded[100:]) is None


def test_a_header_that_claims_too_much_has_to_be_decoded() -> None:
    """Then it is refused as every other picture of that size is."""
    assert glance([text(file())], Bounds(pixels=80 * 59)) is None
    assert glance([text(file())], Bounds(pixels=80 * 60)) is not None


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


def test_a_preview_of_no_use_is_the_providers_failure() -> None:
    with pytest.raises(UpstreamFailure, match="cannot be used"):
        open_preview("t", Base64Text.of(text(bytes(20_000))))


def test_base64_broken_in_its_middle_is_found_when_it_is_decoded() -> None:
    """It is no picture then, as one that cannot be read."""
    encoded = text(file())
    broken = encoded[:10_000] + b"%%%%" + encoded[10_004:]
    found = seen(broken)
    assert found is not None
    with pytest.raises(RetouchError) as caught:
        opened(found)
    assert caught.value.code is Code.INVALID_IMAGE
    with pytest.raises(UpstreamFailure):
        finish(found, Finish(format=Format.PNG, size=Size(40, 30), passthrough=True))
