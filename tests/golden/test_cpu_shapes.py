"""Geometry, background, filling, text and previews of the built-in editor."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.perform import perform

Pixels = NDArray[np.uint8]


def ramp(width: int = 60, height: int = 40) -> Pixels:
    """A picture in which every pixel is different."""
    y, x = np.mgrid[0:height, 0:width]
    return np.asarray(np.dstack([x * 4, y * 6, (x + y) * 2]), np.uint8)


def grass(width: int = 160, height: int = 120) -> Pixels:
    """Fine texture over a slow gradient."""
    noise = np.random.default_rng(2).normal(0, 18, (height, width, 1))
    shade = np.linspace(90, 140, height)[:, None, None]
    return np.asarray(np.clip(np.array([0.6, 1.0, 0.4]) * (shade + noise), 0, 255), np.uint8)


def edit(prompt: str, image: Pixels, mask: Pixels | None = None, longest: int | None = None) -> Pixels:
    """The edit with seed 1."""
    return perform(image, mask, prompt, seed=1, longest=longest)


def framed(image: Pixels, margin: int) -> Pixels:
    """The picture with a transparent margin, black underneath."""
    height, width = image.shape[:2]
    out = np.zeros((height + 2 * margin, width + 2 * margin, 4), np.uint8)
    out[margin : margin + height, margin : margin + width, :3] = image
    out[margin : margin + height, margin : margin + width, 3] = 255
    return out


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("rotate 90 degrees clockwise", np.rot90(ramp(), -1)),
        ("rotate left", np.rot90(ramp())),
        ("rotate 180", np.rot90(ramp(), 2)),
        ("flip horizontally", ramp()[:, ::-1]),
        ("flip vertically", ramp()[::-1]),
        ("crop to a square", ramp()[:, 10:50]),
        ("crop to 3:1", ramp()[10:30]),
        ("crop to 50x16", ramp()[12:28, 5:55]),
        ("crop 10% off the top", ramp()[4:]),
        ("trim 5 px from the left and right", ramp()[:, 5:55]),
    ],
)
def test_exact_geometry_moves_pixels_and_changes_none(prompt: str, expected: Pixels) -> None:
    """Quarter turns, mirrors and crops to the bit, alpha along with colour."""
    assert np.array_equal(edit(prompt, ramp()), expected)
    with_alpha = np.dstack([ramp(), ramp()[..., 0]])
    assert np.array_equal(edit(prompt, with_alpha)[..., :3], expected)
    assert np.array_equal(edit(prompt, with_alpha)[..., 3], expected[..., 0])


@pytest.mark.parametrize("degrees", [1, 7, 45, 89, 135, 200, -30])
def test_a_free_rotation_leaves_no_empty_corner(degrees: int) -> None:
    """The result is cut to the rectangle inside: a white picture stays white to its corners."""
    turned = edit(f"rotate by {degrees} degrees", np.full((41, 60, 3), 255, np.uint8))
    assert turned.min() == 255
    assert turned.shape[0] * turned.shape[1] > 0.3 * 41 * 60


@pytest.mark.parametrize("prompt", ["rotate 12 degrees", "upscale 2x", "scale to 70%"])
def test_no_colour_from_under_transparency_shows(prompt: str) -> None:
    """Blue beside transparent red stays blue, at every share of transparency in between."""
    image = np.full((40, 60, 4), (255, 0, 0, 0), np.uint8)
    image[10:30, 15:45] = (0, 0, 255, 255)
    after = edit(prompt, image)
    shown = after[after[..., 3] > 0]
    assert np.array_equal(np.unique(after[..., 3][5:-5, 5:-5])[[0, -1]], [0, 255])
    assert shown[:, 0].max() <= 2


def test_a_free_rotation_turns_clockwise() -> None:
    """A mark at the top goes to the right."""
    image = np.zeros((101, 101, 3), np.uint8)
    image[20:30, 48:53] = 255
    y, x = np.argwhere(edit("rotate 80 degrees clockwise", image)[..., 0] > 128).mean(axis=0)
    height, width = edit("rotate 80 degrees clockwise", image).shape[:2]
    assert x - width / 2 > 15
    assert abs(y - height / 2) < 10


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("upscale 2x", (120, 80)),
        ("enlarge 4x", (240, 160)),
        ("scale down by 2", (30, 20)),
        ("add a 5 px red border", (70, 50)),
    ],
)
def test_scaling_and_framing_give_the_size_asked_for(prompt: str, size: tuple[int, int]) -> None:
    """Width and height, also with alpha."""
    assert edit(prompt, ramp()).shape == (size[1], size[0], 3)
    assert edit(prompt, framed(ramp(56, 36), 2)).shape == (size[1], size[0], 4)


def test_a_result_beyond_forty_megapixels_is_refused_before_it_is_made() -> None:
    """4x of 4 megapixels would be 64."""
    with pytest.raises(RetouchError) as caught:
        edit("upscale 4x", np.zeros((2000, 2000, 3), np.uint8))
    assert caught.value.code is Code.INVALID_IMAGE


def test_a_masked_background_becomes_transparent_and_nothing_else() -> None:
    """With a mask the marked area is the background."""
    mask = np.zeros((40, 60), np.uint8)
    mask[:, 30:] = 255
    after = edit("remove the background", ramp(), mask)
    assert after.shape == (40, 60, 4)
    assert (after[:, 30:, 3] == 0).all()
    assert (after[:, :30, 3] == 255).all()
    assert np.array_equal(after[:, :30, :3], ramp()[:, :30])


def test_an_image_with_alpha_lies_on_the_colour_asked_for() -> None:
    """What was transparent shows the colour, what was opaque stays, and the result is opaque."""
    after = edit("put it on a plain white background", framed(ramp(), 8))
    assert after.shape == (56, 76, 3)
    assert (after[:8] == 255).all()
    assert np.array_equal(after[8:48, 8:68], ramp())


def test_a_busy_background_asks_for_a_mask() -> None:
    """No guess at what stands in front of noise."""
    noise = np.asarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)), np.uint8)
    with pytest.raises(RetouchError) as caught:
        edit("remove the background", noise)
    assert caught.value.code is Code.MASK_REQUIRED


def test_a_blurred_background_takes_no_colour_from_the_subject() -> None:
    """Next to a red subject a grey background stays grey."""
    image = np.full((60, 80, 3), 120, np.uint8)
    image[:, :40] = (255, 0, 0)
    mask = np.zeros((60, 80), np.uint8)
    mask[:, 40:] = 255
    after = edit("blur the background a lot", image, mask)
    assert np.abs(after[:, 40:].astype(int) - 120).max() <= 6
    assert np.array_equal(after[:, :40], image[:, :40])


def test_removal_fills_with_the_surroundings_and_keeps_the_rest() -> None:
    """A red disc on grass is gone, its place has the grass's colour and texture, and all else stays."""
    image, mask = grass(), np.zeros((120, 160), np.uint8)
    cv2.circle(image, (80, 60), 12, (255, 0, 0), -1)
    cv2.circle(mask, (80, 60), 13, 255, -1)
    after = edit("remove the ball", image, mask)
    hole = mask > 0
    assert np.array_equal(after[~hole], image[~hole])
    assert np.abs(after[hole].mean(axis=0) - grass()[hole].mean(axis=0)).max() < 14
    assert after[hole].std() > 0.5 * grass()[hole].std()


@pytest.mark.parametrize("prompt", ["fill in the transparent areas", "outpaint the empty areas", "outpaint"])
def test_own_transparency_is_filled_and_becomes_opaque(prompt: str) -> None:
    """The picture within the margin stays to the bit; nothing of the black underneath shows."""
    after = edit(prompt, framed(grass(), 16))
    assert after.shape == (152, 192, 3)
    assert np.array_equal(after[16:-16, 16:-16], grass())
    assert after[:16, 16:-16].mean() > 40


def test_filling_an_opaque_image_needs_a_mask() -> None:
    """Nothing is transparent, nothing is marked."""
    with pytest.raises(RetouchError) as caught:
        edit("fill in the transparent areas", grass())
    assert caught.value.code is Code.MASK_REQUIRED


def test_extension_keeps_the_image_inside() -> None:
    """15 % to the left and right: wider, as high, the old pixels in the middle."""
    after = edit("extend the image to the left and right", grass())
    assert after.shape == (120, 208, 3)
    assert np.array_equal(after[:, 24:-24], grass())


def holed() -> Pixels:
    """Grass with a transparent hole in the middle, red underneath."""
    image = np.dstack([grass(), np.full((120, 160), 255, np.uint8)])
    image[50:70, 60:90] = (255, 0, 0, 0)
    return image


def test_extension_draws_the_margin_asked_for_and_keeps_transparency() -> None:
    """The new margin is drawn; the hole, of which nothing was said, stays as it is."""
    after = edit("extend the image to the left by 20%", holed())
    assert after.shape == (120, 192, 4)
    assert (after[:, :32, 3] == 255).all()
    assert np.array_equal(after[:, 32:], holed())


@pytest.mark.parametrize(
    "prompt",
    [
        "extend the image to the left by 20% and fill in the transparent areas",
        "fill in the transparent areas and extend the image to the left by 20%",
    ],
)
def test_an_extension_that_asks_for_the_hole_to_be_filled_leaves_none(prompt: str) -> None:
    """Opaque all over, and nothing of the red underneath shows."""
    after = edit(prompt, holed())
    assert after.shape == (120, 192, 3)
    assert np.array_equal(after[:, 32:][holed()[..., 3] > 0], grass()[holed()[..., 3] > 0])
    assert (after[..., 0] < after[..., 1].astype(int) + 60).all()


def test_extension_by_too_many_pixels_is_refused() -> None:
    """More than a quarter of the side is not believable."""
    with pytest.raises(RetouchError) as caught:
        edit("extend the image to the left by 90 px", grass())
    assert caught.value.code is Code.PROMPT_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("place", "rows", "columns"),
    [("top left", slice(0, 60), slice(0, 100)), ("bottom right", slice(60, 120), slice(60, 160)),
     ("center", slice(40, 80), slice(30, 130)), ("top", slice(0, 60), slice(0, 160))],
)  # fmt: skip
def test_text_stands_where_it_was_put(place: str, rows: slice, columns: slice) -> None:
    """All changed pixels lie in that part of the image, and there are some."""
    changed = (edit(f'add the text "Hé" at the {place}', grass()) != grass()).any(axis=-1)
    assert changed[rows, columns].sum() > 40
    changed[rows, columns] = False
    assert not changed.any()


def test_text_has_the_colour_asked_for_and_shrinks_to_fit() -> None:
    """A long text in red stays inside a margin."""
    after = edit(f'write "{"word " * 40}" at the top in red', grass())
    assert ((after[..., 0] > 200) & (after[..., 1] < 60)).sum() > 50
    assert np.array_equal(after[:, :3], grass()[:, :3])
    assert np.array_equal(after[-2:], grass()[-2:])


def test_text_without_a_glyph_is_refused() -> None:
    """No question marks in place of letters."""
    with pytest.raises(RetouchError) as caught:
        edit('write "ᚠᚢᚦ" at the top', grass())
    assert caught.value.code is Code.PROMPT_NOT_SUPPORTED


@pytest.mark.parametrize(
    "prompt", ["oil painting", "denoise", "extend the image by 10% on all sides", "upscale 2x", "rotate 20 degrees",
               "crop 10 px off the top", "fill in the transparent areas"],
)  # fmt: skip
@pytest.mark.parametrize("longest", [24, 64])
def test_a_preview_has_the_size_of_the_result(prompt: str, longest: int) -> None:
    """Coarse, yet of the very size that the full result will have."""
    image = framed(grass(100, 70), 8) if "transparent" in prompt else grass(101, 71)
    full = edit(prompt, image)
    assert edit(prompt, image, longest=longest).shape == full.shape


@pytest.mark.parametrize(
    "prompt",
    [
        "black and white",
        "blur it",
        "add film grain",
        "watercolor",
        "auto-enhance",
        "sharpen",
        'write "a" at the top',
        "rotate 33 degrees",
        "upscale 2x",
        "posterize",
        "pixelate it",
        "halftone effect",
        "cartoon",
        "denoise",
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 3)])
def test_tiny_images_are_edited_too(prompt: str, size: tuple[int, int]) -> None:
    """No operation needs more than a pixel."""
    assert edit(prompt, np.full((*size, 3), 90, np.uint8)).dtype == np.uint8
