"""A model without masks repainted the whole picture: what of it reaches the caller, judged on pixels."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.finishing.guide import GUIDE_SENTENCE, guide
from retouch.finishing.register import register

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.floating]
Shape = tuple[int, int]


def photo(name: str, shape: Shape = (400, 600)) -> Pixels:
    return np.asarray(cv2.resize(getattr(data, name)(), shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def disc(shape: Shape, centre: tuple[float, float] = (0.5, 0.5), radius: float = 0.22) -> Pixels:
    """255 in a disc; centre in shares of height and width, radius in shares of the height."""
    out = np.zeros(shape, np.uint8)
    place = round(centre[1] * shape[1]), round(centre[0] * shape[0])
    cv2.circle(out, place, max(1, round(radius * shape[0])), (255,), -1)
    return out


def depth_of(weights: Pixels) -> Numbers:
    """Distance from the kept pixels."""
    return np.asarray(cv2.distanceTransform(weights, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def edited(source: Pixels, new: Pixels, weights: Pixels) -> Numbers:
    """The truth: new content that fades in over a dozen pixels inside the mask."""
    share = np.clip(depth_of(weights) / 12, 0, 1)[:, :, None]
    return np.asarray(source + share * (new.astype(np.float32) - source), np.float32)


def repainted(picture: NDArray[np.generic], seed: int) -> Pixels:
    """Moved by up to 8 px, scaled by up to 1 %, recoloured and softened, all over."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    grown = 1 + rng.uniform(-0.01, 0.01)
    moved = (1 - grown) * np.array([width, height]) / 2 + rng.uniform(-8, 8, 2) * max(height, width) / 640
    matrix = np.column_stack([grown * np.eye(2), moved])
    plane = picture.astype(np.float32)
    out = cv2.warpAffine(plane, matrix, (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REFLECT)
    out = cv2.GaussianBlur(out * rng.uniform(0.92, 1.08, 3) + rng.uniform(-8, 8, 3), (0, 0), 0.6)
    return np.asarray(np.clip(np.rint(out), 0, 255), np.uint8)


def errors(made: Pixels, truth: Numbers, weights: Pixels) -> tuple[float, float]:
    """Mean error to the truth on the rim (1 to 4 px inside) and the band (5 to 30 px inside)."""
    depth, off = depth_of(weights), np.abs(made[:, :, :3] - truth)
    rim, band = (float(off[(depth >= low) & (depth <= high)].mean()) for low, high in ((1, 4), (5, 30)))
    return rim, band


@pytest.mark.parametrize("seed", [101, 102])
@pytest.mark.parametrize(("name", "other"), [("astronaut", "coffee"), ("chelsea", "astronaut")])
def test_far_closer_to_the_truth_than_pasting(name: str, other: str, seed: int) -> None:
    source, new = photo(name), photo(other)
    weights = disc((400, 600), centre=(0.45, 0.4 + 0.1 * (seed % 2)))
    truth = edited(source, new, weights)
    answer = repainted(truth, seed)
    made = register(answer, source, weights)
    pasted = np.where(weights[:, :, None] > 0, answer, source).astype(np.uint8)
    rims, bands = zip(errors(pasted, truth, weights), errors(made, truth, weights), strict=True)
    assert rims[0] >= 8 * rims[1]
    assert bands[0] >= 4 * bands[1]
    assert (made[weights == 0] == source[weights == 0]).all()


def test_nothing_is_left_of_what_was_removed() -> None:
    """The old content ran to the mask's edge: fading from it would leave its ghost along the rim."""
    clean, weights = photo("chelsea"), disc((400, 600))
    source = np.where(weights[:, :, None] > 0, np.uint8(0), clean).astype(np.uint8)
    made = register(repainted(clean, 7), source, weights)
    assert errors(made, clean.astype(np.float32), weights)[0] < 4


@pytest.mark.parametrize(
    "areas",
    [
        [(slice(0, 160), slice(0, 250))],
        [(slice(None), slice(330, None))],
        [(slice(30, 90), slice(40, 160)), (slice(250, 380), slice(300, 520)), (slice(0, 60), slice(480, 600))],
        [(slice(20, -20), slice(20, -20))],
    ],
    ids=["corner", "half", "several", "nearly all"],
)
def test_areas_of_every_kind(areas: list[tuple[slice, slice]]) -> None:
    source, weights = photo("coffee"), np.zeros((400, 600), np.uint8)
    for area in areas:
        weights[area] = 255
    truth = edited(source, photo("astronaut"), weights)
    answer = repainted(truth, 3)
    made = register(answer, source, weights)
    inside = weights > 0
    assert np.abs(answer - truth)[inside].mean() > 5 * np.abs(made - truth)[inside].mean()
    assert (made[~inside] == source[~inside]).all()


def test_a_thin_stroke_shows_the_answer() -> None:
    """Even where the edit outgrew the mask, and so has to be faded in."""
    source = photo("chelsea")
    weights, grown = np.zeros((400, 600), np.uint8), np.zeros((400, 600), np.uint8)
    cv2.line(weights, (60, 60), (540, 330), (255,), 7)
    cv2.line(grown, (60, 60), (540, 330), (255,), 19)
    answer = repainted(np.where(grown[:, :, None] > 0, np.uint8(0), source), 5)
    made = register(answer, source, weights)
    assert made[depth_of(weights) >= 3].mean() < 40


@pytest.mark.parametrize("seed", [21, 22])
def test_what_the_model_changed_elsewhere_misleads_nobody(seed: int) -> None:
    """A sixth of the picture is something else, far from the area: that part is kept from the source anyway."""
    source, weights = photo("astronaut"), disc((400, 600), centre=(0.5, 0.35))
    truth = edited(source, photo("coffee"), weights)
    answer = repainted(truth, seed)
    answer[:, 500:] = photo("chelsea")[:, 500:]
    assert errors(register(answer, source, weights), truth, weights)[0] < 4


def test_an_answer_that_kept_the_outside_is_not_touched() -> None:
    source, weights = photo("coffee"), disc((400, 600))
    answer = np.where(weights[:, :, None] > 0, photo("astronaut"), source)
    assert register(answer, source, weights) is answer


def test_a_picture_that_did_not_move_is_not_resampled() -> None:
    """JPEG's noise alone must cost no sharpness."""
    source, weights = photo("coffee"), disc((400, 600))
    sent = np.where(weights[:, :, None] > 0, photo("astronaut"), source)
    answer = np.asarray(cv2.imdecode(cv2.imencode(".jpg", sent, [cv2.IMWRITE_JPEG_QUALITY, 95])[1], 1), np.uint8)
    made = register(answer, source, weights)
    deep = depth_of(weights) > 40
    assert np.abs(made[deep].astype(int) - answer[deep]).mean() < 0.7


@pytest.mark.parametrize("grain", [0, 2])
def test_a_clear_sky_tells_no_motion_and_none_is_made_up(grain: float) -> None:
    rng = np.random.default_rng(1)
    sky = np.full((400, 600, 3), (120, 160, 220), np.uint8)
    source, kept = (np.clip(sky + rng.normal(0, grain, sky.shape), 0, 255).astype(np.uint8) for _ in range(2))
    weights, new = disc((400, 600)), photo("coffee")
    answer = np.where(weights[:, :, None] > 0, new, kept - np.uint8(5))
    made = register(answer, source, weights)
    deep = depth_of(weights) > 30
    assert np.abs(made[deep].astype(int) - new[deep] - 5).mean() < 2.5


def wrong(source: Pixels, kind: str) -> Pixels:
    answers: dict[str, Callable[[], Pixels]] = {
        "another picture": lambda: photo("coffee"),
        "noise": lambda: np.random.default_rng(0).integers(0, 256, source.shape, np.uint8),
        "grey": lambda: np.full_like(source, 128),
        "moved by 30 %": lambda: np.roll(source, round(0.3 * source.shape[1]), axis=1),
        "mirrored": lambda: np.ascontiguousarray(source[:, ::-1]),
        "negative": lambda: 255 - source,
        "enlarged": lambda: np.asarray(cv2.resize(source, None, fx=1.3, fy=1.3), np.uint8)[:400, :600],
        "night": lambda: (source // 4).astype(np.uint8),
    }
    return answers[kind]()


@pytest.mark.parametrize(
    "kind", ["another picture", "noise", "grey", "moved by 30 %", "mirrored", "negative", "enlarged", "night"]
)
@pytest.mark.parametrize("name", ["astronaut", "chelsea"])
def test_an_answer_that_is_another_picture_is_refused(kind: str, name: str) -> None:
    source = photo(name)
    with pytest.raises(UpstreamFailure) as caught:
        register(wrong(source, kind), source, disc((400, 600)))
    assert caught.value.code is Code.UPSTREAM_ERROR
    assert caught.value.accepted is Accepted.YES
    assert caught.value.elsewhere
    assert "does not match the picture outside the mask" in caught.value.message


def test_a_sky_of_another_colour_is_refused() -> None:
    source = np.full((200, 300, 3), (120, 160, 220), np.uint8)
    with pytest.raises(UpstreamFailure):
        register(np.ascontiguousarray(source[:, :, ::-1]), source, disc((200, 300)))


def test_a_hole_becomes_as_opaque_as_the_answer() -> None:
    """The image's own alpha is the mask: there is nothing in it to fade from."""
    clean, weights = photo("chelsea"), disc((400, 600))
    source = np.dstack([np.where(weights[:, :, None] > 0, np.uint8(0), clean), 255 - weights]).astype(np.uint8)
    made = register(repainted(clean, 9), source, weights)
    assert made.shape == (400, 600, 4)
    assert (made[weights > 0, 3] == 255).all()
    assert errors(made, clean.astype(np.float32), weights)[0] < 4


def test_a_clear_answer_stays_clear_in_the_area_alone() -> None:
    source, weights = photo("chelsea"), disc((400, 600))
    answer = np.dstack([repainted(source, 4), np.where(disc((400, 600), radius=0.1) > 0, 0, 255)]).astype(np.uint8)
    made = register(answer, source, weights)
    assert (made[weights == 0, 3] == 255).all()
    assert (made[depth_of(weights) > 75, 3] == 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (16, 16), (40, 3), (24, 40)])
def test_tiny_pictures(shape: Shape) -> None:
    source, weights = photo("astronaut", shape), disc(shape)
    made = register(repainted(source, 2), source, weights)
    assert made.shape == source.shape
    assert (made[weights == 0] == source[weights == 0]).all() or not (weights == 0).any()


def test_all_or_nothing_to_edit_is_no_case_for_fitting() -> None:
    source, answer = photo("coffee"), photo("astronaut")
    for weights in (np.zeros((400, 600), np.uint8), np.full((400, 600), 255, np.uint8)):
        assert register(answer, source, weights) is answer


def test_the_same_every_time() -> None:
    source, weights = photo("coffee"), disc((400, 600))
    answer = repainted(source, 6)
    assert (register(answer, source, weights) == register(answer.copy(), source.copy(), weights)).all()


def test_the_guide_marks_the_area_and_nothing_else() -> None:
    source, weights = photo("coffee"), disc((400, 600))
    marked = guide(source, weights)
    outside = cv2.dilate(weights, np.ones((9, 9), np.uint8)) == 0
    assert (marked[outside] == source[outside]).all()
    deep = depth_of(weights) > 5
    tinted = (source[deep] + np.array([255.0, 0.0, 255.0])) / 2
    assert (np.abs(marked[deep] - tinted) <= 1).all()
    assert "magenta" in GUIDE_SENTENCE
    assert guide(np.dstack([source, 255 - weights]), weights).shape == source.shape
