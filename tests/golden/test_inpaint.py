"""Inpainting, judged on pixels: what is kept, what is invented, and that it is the same every time."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.holes import windows
from retouch.engines.cpu.inpaint import border_depths, check_outpaint, grow, inpaint

Pixels = NDArray[np.uint8]


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def disc(height: int, width: int, radius: int) -> Pixels:
    hole = np.zeros((height, width), np.uint8)
    cv2.circle(hole, (width // 2, height // 2), radius, (255,), -1)
    return hole


def texture_energy(image: Pixels, where: NDArray[np.bool_]) -> float:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    steps = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return float(steps[where].mean())


def grass() -> Pixels:
    grey = data.grass()  # type: ignore[no-untyped-call]  # scikit-image types only a part of itself
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def punched(image: Pixels, hole: Pixels) -> Pixels:
    """The image with its hole blackened, so that nothing can be copied from the answer."""
    out = image.copy()
    out[hole > 0] = 0
    return out


@pytest.mark.parametrize(("height", "width"), [(1, 2), (2, 1), (8, 8), (11, 200), (64, 64), (150, 300)])
@pytest.mark.parametrize("place", ["one pixel", "corner", "stroke", "left half"])
def test_any_size_and_any_hole_keeps_what_is_outside(height: int, width: int, place: str) -> None:
    """A hole of any shape in a picture of any size is filled, and nothing else changes."""
    image, hole = noise(height, width), np.zeros((height, width), np.uint8)
    if place == "one pixel":
        hole[height // 2, width // 2] = 255
    elif place == "corner":
        hole[: (height + 1) // 3 or 1, : width // 2] = 255
    elif place == "stroke":
        hole[height // 2, :-1] = 1
    else:
        hole[:, : width // 2] = 255
    before = image.copy()
    filled = inpaint(image, hole, seed=1, longest=128)
    assert filled.shape == image.shape
    assert filled.dtype == np.uint8
    assert np.array_equal(image, before), "the input was written to"
    assert np.array_equal(filled[hole == 0], image[hole == 0])


def test_nothing_to_fill_is_a_copy() -> None:
    image = noise(20, 20)
    filled = inpaint(image, np.zeros((20, 20), np.uint8), seed=0)
    assert np.array_equal(filled, image)
    assert filled is not image


@pytest.mark.parametrize("share", [0.95, 1.0])
def test_a_mask_over_nearly_everything_is_refused(share: float) -> None:
    hole = np.zeros((100, 100), np.uint8)
    hole[: int(100 * share)] = 255
    with pytest.raises(RetouchError, match="95%") as caught:
        inpaint(noise(100, 100), hole, seed=0)
    assert caught.value.code is Code.INVALID_MASK


def test_a_single_pixel_picture_cannot_be_filled() -> None:
    with pytest.raises(RetouchError):
        inpaint(noise(1, 1), np.full((1, 1), 255, np.uint8), seed=0)


def test_what_lies_in_the_hole_does_not_leak_out() -> None:
    """The fill is the same whatever the caller left under the mask, also where it is solved smaller."""
    image, hole = grass(), disc(512, 512, 60)
    other = image.copy()
    other[hole > 0] = (255, 0, 0)
    for longest in (1024, 256):
        assert np.array_equal(
            inpaint(image, hole, seed=3, longest=longest), inpaint(other, hole, seed=3, longest=longest)
        )


@pytest.mark.parametrize("longest", [1024, 384])
def test_texture_is_continued_rather_than_smeared(longest: int) -> None:
    image, hole = grass(), disc(512, 512, 90)
    filled = inpaint(punched(image, hole), hole, seed=5, longest=longest)
    share = texture_energy(filled, hole > 0) / texture_energy(image, hole > 0)
    assert 0.75 < share < 1.25


@pytest.mark.parametrize("longest", [1024, 256])
def test_a_smooth_area_stays_smooth_and_meets_its_rim(longest: int) -> None:
    """A soft two-way gradient is continued within a few levels and without grain."""
    y, x = np.mgrid[0:400, 0:600].astype(np.float32)
    image = np.stack([60 + x / 6, 90 + y / 5, 200 - x / 12 - y / 12], axis=2).astype(np.uint8)
    hole = disc(400, 600, 70)
    filled = inpaint(punched(image, hole), hole, seed=2, longest=longest)
    off = np.abs(filled.astype(int) - image.astype(int))[hole > 0]
    assert off.mean() < 3
    assert np.percentile(off, 99) < 9
    assert texture_energy(filled, hole > 0) < 2 * texture_energy(image, hole > 0)


def test_a_smooth_hole_takes_the_shade_of_its_rim_and_not_of_the_copied_patches() -> None:
    """A noisy sky whose colours repeat nowhere: copied patches alone come out five levels off."""
    y, x = np.mgrid[-1:1:300j, -1:1:450j]
    sky = np.stack([120 + 60 * x * y + 40 * x, 130 + 50 * x * y, 170 + 40 * x], axis=2)
    noisy = np.clip(sky + np.random.default_rng(0).normal(0, 1.5, sky.shape), 0, 255).astype(np.uint8)
    hole = disc(300, 450, 80)
    filled = inpaint(punched(noisy, hole), hole, seed=1)
    off = np.abs(cv2.GaussianBlur(filled.astype(np.float32) - sky.astype(np.float32), (0, 0), 4)[hole > 0])
    assert off.mean() < 1
    assert off.max() < 3


@pytest.mark.parametrize("side", ["left", "all"])
def test_a_texture_is_continued_beyond_the_border(side: str) -> None:
    image = grass()
    hole = np.zeros((512, 512), np.uint8)
    hole[:, :70] = 255
    if side == "all":
        hole[:60] = hole[-60:] = hole[:, -70:] = 255
    filled = inpaint(punched(image, hole), hole, seed=4, longest=512)
    share = texture_energy(filled, hole > 0) / texture_energy(image, hole > 0)
    assert 0.75 < share < 1.25


def test_seeds_and_repeats() -> None:
    """The same seed gives the same bytes, here and in another process; another seed another fill."""
    program = (
        "import numpy as np, hashlib\nfrom retouch.engines.cpu.inpaint import inpaint\n"
        "a = np.random.default_rng(4).integers(0, 256, (160, 400, 3), np.uint8)\n"
        "m = np.zeros((160, 400), np.uint8); m[40:100, 60:130] = 255; m[60:90, 330:360] = 9\n"
        "for s in (7, 2**40 + 7, 8):\n"
        "    print(hashlib.sha256(inpaint(a, m, seed=s, longest=200).tobytes()).hexdigest())\n"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "ab"]
    assert runs[0].stdout == runs[1].stdout
    seven, _, eight = runs[0].stdout.split()
    assert seven != eight


def test_distant_holes_are_solved_apart_and_near_ones_together() -> None:
    hole = np.zeros((1000, 1600), np.uint8)
    hole[100:120, 100:120] = hole[110:130, 126:140] = 255
    hole[800:830, 1500:1520] = 255
    found = windows(hole, 1024)
    assert len(found) == 2
    assert sum(int(np.count_nonzero(w.hole)) for w in found) == np.count_nonzero(hole)
    assert max(w.longest for w in found) < 300


def test_many_specks_share_one_window() -> None:
    """Dust all over a picture costs one solve, not thousands."""
    hole = np.zeros((600, 600), np.uint8)
    hole[::60, ::60] = 255
    assert len(windows(hole, 1024)) == 1


def test_grow_reaches_six_thousandths_of_the_longer_side() -> None:
    hole = np.zeros((101, 101), np.uint8)
    hole[50, 50] = 40
    assert np.flatnonzero(grow(hole, 1000)[50]).tolist() == list(range(44, 57))
    assert np.count_nonzero(grow(hole, 10)) == 5


def test_border_depths_count_whole_rows_and_columns() -> None:
    hole = np.zeros((40, 60), np.uint8)
    hole[:, :7], hole[-3:], hole[0, 20] = 255, 1, 255
    assert border_depths(hole) == (7, 0, 0, 3)
    assert border_depths(np.full((4, 6), 255, np.uint8)) == (6, 4, 6, 4)


@pytest.mark.parametrize("borders", [(34, 0, 0, 0), (33, 0, 33, 0), (0, 33, 0, 0), (1, 1, 1, 1)])
def test_outpainting_up_to_a_quarter_of_a_side(borders: tuple[int, int, int, int]) -> None:
    check_outpaint((100, 100), borders)


@pytest.mark.parametrize("borders", [(36, 0, 0, 0), (0, 80, 0, 0), (0, 0, 60, 60)])
def test_outpainting_further_is_refused(borders: tuple[int, int, int, int]) -> None:
    with pytest.raises(RetouchError, match="25%") as caught:
        check_outpaint((100, 100), borders)
    assert caught.value.code is Code.INVALID_MASK
