"""What the built-in editor's operations do to pixels."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from retouch.domain.errors import Code, RetouchError
from retouch.engines.cpu.grammar import EXAMPLES
from retouch.engines.cpu.perform import perform

Pixels = NDArray[np.uint8]

#: Every example that colours an image as a whole, and so keeps its size.
KEEPS_SIZE = [prompt for family in ("colour and tone", "corrections", "styles") for prompt in EXAMPLES[family]]


def scene(width: int = 96, height: int = 64) -> Pixels:
    """A small picture with a gradient, edges, skin-like and saturated colours, and a little texture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    image = np.stack([60 + 150 * x / width, 70 + 120 * y / height, 180 - 120 * x / width], axis=-1)
    image[10:30, 10:40] = (224, 172, 140)
    image[35:55, 50:85] = (30, 90, 200)
    image += np.random.default_rng(1).normal(0, 4, image.shape)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def disc(width: int = 96, height: int = 64) -> Pixels:
    """A marked disc in the middle with a soft rim."""
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), 16, 255, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1), np.uint8)


def edit(
    prompt: str, image: Pixels | None = None, mask: Pixels | None = None, *, seed: int = 1, longest: int | None = None
) -> Pixels:
    """The edit of a small scene, seed 1 unless given."""
    return perform(scene() if image is None else image, mask, prompt, seed=seed, longest=longest)


def lab(image: Pixels) -> NDArray[np.float32]:
    """CIE Lab, L 0..100."""
    return np.asarray(cv2.cvtColor(image[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)


@pytest.mark.parametrize("prompt", KEEPS_SIZE)
def test_a_change_of_colour_keeps_size_and_changes_pixels(prompt: str) -> None:
    """No example returns the image as it was, and none changes its size or type."""
    before = scene()
    after = edit(prompt)
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert not np.array_equal(after, before)


@pytest.mark.parametrize("prompt", KEEPS_SIZE)
def test_outside_the_mask_every_pixel_stays(prompt: str) -> None:
    """Where the mask is 0 the result equals the source to the bit."""
    mask = disc()
    after = edit(prompt, mask=mask)
    assert np.array_equal(after[mask == 0], scene()[mask == 0])
    assert not np.array_equal(after, scene())


@pytest.mark.parametrize("prompt", ["brighten it", "sepia", "add a vignette", "add film grain", "sharpen", "blur it"])
def test_transparency_of_the_source_stays(prompt: str) -> None:
    """A change of colour leaves alpha alone."""
    image = np.dstack([scene(), disc()])
    assert np.array_equal(edit(prompt, image)[..., 3], image[..., 3])


@pytest.mark.parametrize(
    "prompt", ["add film grain", "oil painting", "watercolor", "pencil sketch", "cartoon", "denoise", "vintage look",
               "extend the image by 10% on all sides", "auto-enhance", "halftone effect"],
)  # fmt: skip
def test_the_same_request_gives_the_same_bytes(prompt: str) -> None:
    """Equal input and seed, equal output."""
    assert np.array_equal(edit(prompt), edit(prompt))


def test_grain_follows_the_seed() -> None:
    """Another seed, other grain."""
    assert not np.array_equal(edit("add film grain", seed=1), edit("add film grain", seed=2))


@pytest.mark.parametrize(
    ("prompt", "channel", "sign"),
    [
        ("brighten it by 20%", 0, 1),
        ("darken it", 0, -1),
        ("increase the exposure by 1 stop", 0, 1),
        ("lift the shadows", 0, 1),
        ("recover the highlights", 0, -1),
        ("make it warmer", 2, 1),
        ("make it cooler", 2, -1),
        ("more yellow", 2, 1),
        ("more blue", 2, -1),
        ("more green", 1, -1),
        ("more magenta", 1, 1),
    ],
)
def test_more_and_less_move_the_right_way(prompt: str, channel: int, sign: int) -> None:
    """Lightness, green-red and blue-yellow of the mean move as the words say."""
    change = lab(edit(prompt)).mean(axis=(0, 1)) - lab(scene()).mean(axis=(0, 1))
    assert sign * change[channel] > 0.5


def test_a_percentage_of_brightness_is_kept() -> None:
    """20 % brighter raises the mean by about 20 %, and clips nothing that was not white."""
    before, after = scene(), edit("brighten it by 20%")
    assert after.mean() / before.mean() == pytest.approx(1.2, abs=0.05)
    assert (after == 255).mean() < 0.01


def test_warmth_keeps_brightness_and_black() -> None:
    """A warmer light is no brighter light."""
    assert lab(edit("much warmer"))[..., 0].mean() == pytest.approx(lab(scene())[..., 0].mean(), abs=1.5)
    assert not edit("much warmer", np.zeros((8, 8, 3), np.uint8)).any()


def test_contrast_spreads_and_flattens() -> None:
    """The standard deviation of lightness follows the words."""
    spread = lab(scene())[..., 0].std()
    assert lab(edit("more contrast"))[..., 0].std() > 1.1 * spread
    assert lab(edit("less contrast"))[..., 0].std() < 0.9 * spread


def test_saturation_spares_skin() -> None:
    """A boost colours the blue patch more than the skin-like one; taken away entirely, all is grey."""
    gain = np.hypot(*np.moveaxis(lab(edit("saturation +60%"))[..., 1:], -1, 0)) / np.hypot(
        *np.moveaxis(lab(scene())[..., 1:], -1, 0)
    )
    skin, plain = gain[12:28, 12:38].mean(), gain[56:62, 5:40].mean()
    assert plain > skin > 1
    grey = edit("desaturate by 100%").astype(int)
    assert np.ptp(grey, axis=-1).max() <= 3


def test_black_and_white_is_grey_and_sepia_is_brown() -> None:
    """Equal channels for one, red over green over blue for the other."""
    assert np.ptp(edit("black and white"), axis=-1).max() == 0
    red, green, blue = edit("sepia").mean(axis=(0, 1))
    assert red > green > blue


def test_inversion_twice_is_the_source() -> None:
    """The negative of the negative."""
    assert np.array_equal(edit("invert", edit("invert")), scene())


def test_a_vignette_darkens_corners_and_leaves_the_middle() -> None:
    """The centre stays to the bit."""
    after = edit("add a vignette")
    assert np.array_equal(after[28:36, 44:52], scene()[28:36, 44:52])
    assert after[:4, :4].mean() < 0.75 * scene()[:4, :4].mean()


def test_white_balance_takes_a_cast_away() -> None:
    """A grey card under blue light comes back nearer to grey."""
    card = np.asarray(np.clip(np.random.default_rng(0).normal((120, 140, 190), 12, (64, 64, 3)), 0, 255), np.uint8)
    after = edit("fix the white balance", card).mean(axis=(0, 1))
    assert np.ptp(after) < 0.35 * np.ptp(card.mean(axis=(0, 1)))


def test_denoise_smooths_and_sharpen_sharpens() -> None:
    """Fine differences shrink or grow."""
    flat = np.asarray(np.clip(np.random.default_rng(0).normal(128, 14, (64, 64, 3)), 0, 255), np.uint8)
    assert edit("denoise", flat).std() < 0.5 * flat.std()
    assert (
        np.abs(np.diff(edit("sharpen").astype(int), axis=1)).mean()
        > np.abs(np.diff(scene().astype(int), axis=1)).mean()
    )


@pytest.mark.parametrize("prompt", ["pixelate the face", "blur the face", "black out the face"])
def test_what_is_hidden_cannot_be_read(prompt: str) -> None:
    """A checkerboard under the mask loses nearly all of its contrast."""
    board = np.asarray(np.kron(np.indices((32, 48)).sum(axis=0) % 2 * 255, np.ones((2, 2))), np.uint8)
    image = np.dstack([board] * 3)
    mask = np.zeros((64, 96), np.uint8)
    mask[16:48, 32:64] = 255
    assert edit(prompt, image, mask)[20:44, 36:60].std() < 0.1 * board.std()


@pytest.mark.parametrize(
    ("word", "rgb"),
    [("red", (255, 0, 0)), ("green", (0, 128, 0)), ("blue", (0, 0, 255)), ("black", (0, 0, 0)),
     ("white", (255, 255, 255)),
     ("yellow", (255, 255, 0)), ("navy", (0, 0, 128))],
)  # fmt: skip
@pytest.mark.parametrize("cloth", [40, 130, 215])
def test_recolouring_reaches_the_colour_and_keeps_the_folds(word: str, rgb: tuple[int, int, int], cloth: int) -> None:
    """Dark, middle and light cloth all come near the wanted colour, with light and shade in their order."""
    folds = np.clip(cloth + 25 * np.sin(np.arange(96) / 6), 0, 255)
    image = np.asarray(np.rint(np.tile(folds[None, :, None], (64, 1, 3))), np.uint8)
    after = lab(edit(f"make the shirt {word}", image, np.full((64, 96), 255, np.uint8)))[32]
    goal = lab(np.array([[rgb]], np.uint8))[0, 0]
    assert abs(float(np.median(after[:, 0])) - goal[0]) < 24
    if np.hypot(goal[1], goal[2]) > 20:
        turn = np.arctan2(after[:, 2].mean(), after[:, 1].mean()) - np.arctan2(goal[2], goal[1])
        assert abs(np.degrees((turn + np.pi) % (2 * np.pi) - np.pi)) < 14
    lightest, darkest = int(folds.argmax()), int(folds.argmin())
    assert after[lightest, 0] > after[darkest, 0] + 2


def test_an_unknown_size_of_mask_is_refused() -> None:
    """A mask of another size is an error, not a crash."""
    with pytest.raises(RetouchError) as caught:
        edit("blur the face", mask=np.zeros((5, 5), np.uint8))
    assert caught.value.code is Code.INVALID_MASK
