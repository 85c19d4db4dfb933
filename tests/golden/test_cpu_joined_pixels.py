"""Several images put together, by their pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.operations.canvas import Source
from retouch.engines.cpu.perform import perform

Pixels = NDArray[np.uint8]


def ramp(width: int = 60, height: int = 40, seed: int = 0) -> Pixels:
    """A picture in which neighbours differ."""
    y, x = np.mgrid[0:height, 0:width]
    return np.asarray(np.dstack([x * 4 % 256, y * 6 % 256, (x + y + 50 * seed) * 2 % 256]), np.uint8)


def flat(colour: tuple[int, ...], width: int = 60, height: int = 40) -> Pixels:
    return np.full((height, width, len(colour)), colour, np.uint8)


def source(image: Pixels) -> Source:
    return Source((image.shape[1], image.shape[0]), lambda: image)


def join(prompt: str, image: Pixels, *others: Pixels, mask: Pixels | None = None, longest: int | None = None) -> Pixels:
    return perform(image, mask, prompt, seed=1, others=[source(other) for other in others], longest=longest)


def test_images_of_one_size_are_laid_down_to_the_bit() -> None:
    one, two, three, four = (ramp(seed=seed) for seed in range(4))
    assert np.array_equal(join("side by side", one, two), np.hstack([one, two]))
    assert np.array_equal(join("stack them", one, two, three), np.vstack([one, two, three]))
    squares = np.vstack([np.hstack([one, two]), np.hstack([three, four])])
    assert np.array_equal(join("make a 2x2 grid", one, two, three, four), squares)
    assert np.array_equal(join("put the second image to the left of the first", one, two), np.hstack([two, one]))
    assert np.array_equal(join("put the first image below the second", one, two), np.vstack([two, one]))


def test_other_sizes_are_brought_to_the_first_one_without_stretching() -> None:
    """A larger image is scaled down, a smaller one up, and what was flat stays flat."""
    first, large, small = ramp(), flat((200, 30, 90), 240, 80), flat((10, 220, 40), 15, 20)
    beside = join("side by side", first, large, small)
    assert beside.shape == (40, 60 + 120 + 30, 3)
    assert np.array_equal(beside[:, :60], first)
    assert (beside[:, 60:180] == (200, 30, 90)).all()
    assert (beside[:, 180:] == (10, 220, 40)).all()
    assert join("stack them", first, large, small).shape == (40 + 20 + 80, 60, 3)


def test_a_gap_has_the_width_and_colour_asked_for() -> None:
    beside = join("side by side with a 7 px red gap", ramp(), ramp(seed=1))
    assert np.array_equal(beside[:, 60:67], flat((255, 0, 0), 7))
    assert np.array_equal(beside[:, 67:], ramp(seed=1))
    clear = join("stack them with a 10% transparent gap", ramp(), ramp(seed=1))
    assert clear.shape == (86, 60, 4)
    assert (clear[40:46, :, 3] == 0).all()
    assert (np.delete(clear[..., 3], slice(40, 46), axis=0) == 255).all()


def test_a_grid_leaves_white_what_an_image_does_not_fill() -> None:
    """Nothing is cut off: a square lies in the middle of its wide cell, and a missing image leaves its cell empty."""
    made = join("make a 2x2 grid", ramp(), flat((0, 0, 0), 40, 40), ramp(seed=2))
    assert made.shape == (80, 120, 3)
    assert (made[:40, 70:110] == 0).all()
    assert (made[:40, 60:70] == 255).all()
    assert (made[:40, 110:] == 255).all()
    assert (made[40:, 60:] == 255).all()
    assert np.array_equal(made[40:, :60], ramp(seed=2))


def test_transparency_stays_and_its_hidden_colours_do_not_show() -> None:
    """A picture with transparent parts makes the result transparent there, and nowhere else."""
    hidden = flat((255, 0, 0, 0), 120, 80)
    hidden[20:60, 30:90] = (0, 0, 255, 255)
    made = join("side by side", ramp(), hidden)
    assert made.shape == (40, 120, 4)
    assert (made[:, :60, 3] == 255).all()
    assert (made[15:25, 80:100] == (0, 0, 255, 255)).all()
    assert (made[:5, 60:, 3] == 0).all()
    shown = made[:, 60:][made[:, 60:, 3] > 0]
    assert shown[:, 0].max() <= 2
    opaque = np.dstack([ramp(), np.full((40, 60), 255, np.uint8)])
    assert join("side by side", opaque, opaque).shape == (40, 120, 3)


def test_what_is_said_before_is_done_to_each_and_what_is_said_after_to_the_whole() -> None:
    grey = join("make them black and white and put them side by side", ramp(), ramp(seed=1))
    assert np.ptp(grey.astype(int), axis=-1).max() == 0
    cropped = join("crop to a square and put them side by side", ramp(), ramp(seed=1))
    assert np.array_equal(cropped, np.hstack([ramp()[:, 10:50], ramp(seed=1)[:, 10:50]]))
    turned = join("put them side by side, then rotate 90 degrees clockwise", ramp(), ramp(seed=1))
    assert np.array_equal(turned, np.rot90(np.hstack([ramp(), ramp(seed=1)]), -1))


def test_a_preview_has_the_size_of_the_result() -> None:
    made = join("side by side, oil painting", ramp(300, 200), ramp(300, 200, seed=1), longest=128)
    assert made.shape == (200, 600, 3)


def test_the_second_image_covers_its_place_and_nothing_else() -> None:
    base, logo = ramp(200, 100), flat((9, 8, 7), 20, 10)
    made = join("put the second image on the first at the bottom right", base, logo)
    assert (made[87:97, 177:197] == (9, 8, 7)).all()
    outside = np.ones((100, 200), bool)
    outside[87:97, 177:197] = False
    assert np.array_equal(made[outside], base[outside])


def test_a_transparent_logo_shows_what_is_below_in_proportion() -> None:
    """By its own alpha and by the opacity asked for; where it is clear not a value changes."""
    base, logo = flat((100, 100, 100), 60, 60), flat((200, 0, 100, 0), 20, 20)
    logo[5:15, 5:15, 3], logo[9:11, 9:11, 3] = 128, 255
    made = join("overlay the second image on the first", base, logo)
    assert made.shape == (60, 60, 3)
    assert (made[20:25, 20:40] == 100).all()
    assert (made[29:31, 29:31] == (200, 0, 100)).all()
    assert np.abs(made[26, 26].astype(int) - (150, 50, 100)).max() <= 1
    half = join("overlay the second image on the first with 50% opacity", base, logo[9:11, 9:11])
    assert np.abs(half[30, 30].astype(int) - (150, 50, 100)).max() <= 1


def test_a_logo_on_a_transparent_picture_makes_its_place_opaque() -> None:
    made = join("put the second image on the first", flat((255, 0, 0, 0)), flat((0, 0, 255), 20, 20))
    assert (made[10:30, 20:40] == (0, 0, 255, 255)).all()
    assert (made[:10, :, 3] == 0).all()


def test_a_marked_area_is_filled_as_far_as_the_second_image_goes() -> None:
    """Fitted into the area's box, whole; outside the mask not a value changes."""
    base, mask = ramp(100, 80), np.zeros((80, 100), np.uint8)
    mask[20:60, 30:50] = 255
    mask[20:30, 30:40] = 0
    made = join("put the second image in the marked area", base, flat((1, 2, 3), 10, 10), mask=mask)
    kept = mask == 0
    assert np.array_equal(made[kept], base[kept])
    assert (made[31:49, 41:49] == (1, 2, 3)).all()


@pytest.mark.parametrize("prompt", ["upscale 4x and put them side by side", "put them side by side, then upscale 4x"])
def test_a_step_that_makes_too_much_is_refused_before_it_is_made(prompt: str) -> None:
    with pytest.raises(RetouchError) as caught:
        join(prompt, np.zeros((2000, 2000, 3), np.uint8), np.zeros((2000, 2000, 3), np.uint8))
    assert caught.value.code is Code.INVALID_IMAGE
