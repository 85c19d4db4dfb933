"""Hostile and broken pictures: each is a typed refusal, within bounded memory, never a half-grey picture."""

import resource
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import pyvips

from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Buffer
from retouch.pixels import Bounds, decode, inspect
from support.hostile_pictures import ACCEPTED, NOISE, REFUSED, saved

#: What any of these may add to the process's peak, bytes.
ROOM = 300 * 2**20


def read(data: Buffer) -> None:
    decode(inspect(data, param="image", bounds=Bounds()), param="image")


def peak() -> int:
    """The most memory that this process ever had, bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    before = peak()
    yield
    assert peak() - before < ROOM


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_picture_is_refused(name: str) -> None:
    with pytest.raises(RetouchError) as refusal:
        read(REFUSED[name]())
    assert refusal.value.code is Code.INVALID_IMAGE
    assert refusal.value.param == "image"
    assert "`image`" in refusal.value.message


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_but_honest_picture_is_read(name: str) -> None:
    read(ACCEPTED[name]())


CUT = {
    "png": saved("PNG"),
    "png interlaced": pyvips.Image.new_from_array(np.asarray(NOISE)).pngsave_buffer(interlace=True),
    "jpeg": saved("JPEG"),
    "jpeg progressive": saved("JPEG", progressive=True),
    "webp": saved("WEBP"),
    "webp lossless": saved("WEBP", lossless=True),
    "gif": saved("GIF"),
    "tiff": saved("TIFF"),
    "tiff deflate": saved("TIFF", compression="tiff_deflate"),
    "bmp": saved("BMP"),
    "avif": saved("AVIF"),
}


@pytest.mark.parametrize("name", CUT)
def test_any_kind_of_buffer_is_read(name: str) -> None:
    for kind in (bytes, bytearray, memoryview):
        read(kind(CUT[name]))


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", CUT)
def test_a_cut_off_picture_is_refused(name: str, quarters: int) -> None:
    data = CUT[name]
    read(data)
    with pytest.raises(RetouchError) as refusal:
        read(data[: len(data) * quarters // 4])
    assert refusal.value.code is Code.INVALID_IMAGE


@pytest.mark.parametrize("name", CUT)
def test_noise_in_a_picture_never_breaks_out(name: str) -> None:
    """Whatever bytes are garbled, the outcome is a picture or a typed refusal."""
    rng = np.random.default_rng(11)
    for _ in range(40):
        data = bytearray(CUT[name])
        for at in rng.integers(0, min(len(data), 4000), 8):
            data[at] = int(rng.integers(0, 256))
        try:
            read(bytes(data))
        except RetouchError as refusal:
            assert refusal.code is Code.INVALID_IMAGE  # noqa: PT017 - both outcomes are fine
