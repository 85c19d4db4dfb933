"""The subject in front of a plain background: found where there is one, refused where there is not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from retouch.engines.cpu.foreground import foreground
from retouch.engines.cpu.matte import decontaminate

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def drawn(shape: str, height: int, width: int) -> Plane:
    """An anti-aliased alpha, 0..1."""
    big = np.zeros((height * 4, width * 4), np.uint8)
    centre, radius = (width * 2, height * 2), min(height, width)
    if shape == "disc":
        cv2.circle(big, centre, radius, (255,), -1)
    elif shape == "ring":
        cv2.circle(big, centre, radius, (255,), radius // 3)
    else:
        turns = np.linspace(0, 2 * np.pi, 10)[:-1]
        reach = radius * np.where(np.arange(9) % 2, 0.6, 1.2)
        star = np.stack([centre[0] + reach * np.cos(turns), centre[1] + reach * np.sin(turns)], 1)
        cv2.fillPoly(big, [star.astype(np.int32)], (255,))
    return np.asarray(cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA) / 255.0, np.float32)


def behind(kind: str, height: int, width: int) -> Plane:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    if kind == "white":
        return np.full((height, width, 3), 248, np.float32)
    if kind == "gradient":
        return np.stack([120 + 30 * x, 150 - 25 * y, 190 + 20 * x * y], 2).astype(np.float32)
    return np.asarray(np.array([60, 130, 205]) * (1 - 0.12 * (x * x + y * y))[..., None], np.float32)


def subject(height: int, width: int) -> Plane:
    photo = data.coffee()[150:, :300]  # type: ignore[no-untyped-call]  # saucer and wood: nothing pale or blue
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.float32) * 0.8


def composite(shape: str, kind: str, height: int, width: int, noise: float = 0.0) -> tuple[Pixels, Plane]:
    alpha = drawn(shape, height, width)
    mixed = subject(height, width) * alpha[..., None] + behind(kind, height, width) * (1 - alpha[..., None])
    mixed += np.random.default_rng(0).normal(0, noise, mixed.shape) if noise else 0
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), alpha


@pytest.mark.parametrize("shape", ["disc", "ring", "star"])
@pytest.mark.parametrize(
    ("kind", "height", "width"), [("white", 500, 640), ("gradient", 900, 700), ("vignette", 300, 300)]
)
def test_a_subject_on_a_plain_background_is_cut_out(shape: str, kind: str, height: int, width: int) -> None:
    """Shape, holes and the share of edge pixels come out right, on an even, a sloping and a vignetted backdrop."""
    image, truth = composite(shape, kind, height, width, noise=2.0)
    alpha = foreground(image)
    assert alpha is not None
    assert alpha.shape == (height, width)
    assert alpha.dtype == np.uint8
    inside, expected = alpha > 127, truth > 0.5
    assert (inside & expected).sum() / (inside | expected).sum() > 0.95
    assert np.abs(alpha / 255 - truth).mean() < 0.01


def test_the_edge_is_soft() -> None:
    image, truth = composite("disc", "gradient", 900, 900)
    alpha = foreground(image)
    assert alpha is not None
    edge = (truth > 0.2) & (truth < 0.8)
    assert np.abs(alpha[edge] / 255 - truth[edge]).mean() < 0.2
    assert len(np.unique(alpha[edge])) > 20


@pytest.mark.parametrize("photo", ["brick", "gravel", "chelsea", "camera", "coffee", "rocket", "astronaut", "coins"])
def test_a_busy_picture_is_refused(photo: str) -> None:
    image = getattr(data, photo)()
    rgb = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    assert foreground(np.asarray(rgb, np.uint8)) is None


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (4, 900), (300, 400)])
def test_a_picture_of_nothing_is_refused(size: tuple[int, int]) -> None:
    assert foreground(np.full((*size, 3), 200, np.uint8)) is None


def test_a_subject_cut_by_the_frame_is_refused() -> None:
    image = behind("white", 400, 400).astype(np.uint8)
    image[150:, :] = (90, 40, 20)
    assert foreground(image) is None


def test_the_same_picture_gives_the_same_bytes() -> None:
    """GrabCut starts from OpenCV's global generator, whatever state others left that in."""
    image, _ = composite("star", "white", 400, 500, noise=4.0)
    first = foreground(image)
    cv2.setRNGSeed(99)
    second = foreground(image)
    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)


def test_a_cut_out_loses_the_fringe_of_its_old_background() -> None:
    """On black, the edge of a subject that stood on white is as dark as the subject."""
    image, truth = composite("star", "white", 400, 400)
    alpha = np.rint(truth * 255).astype(np.uint8)
    clean = decontaminate(image, alpha)
    edge = (alpha > 25) & (alpha < 230)
    own = subject(400, 400)[edge]
    before, after = (np.abs(a[edge].astype(np.float32) - own).mean() for a in (image, clean))
    assert after < before / 2
    assert np.array_equal(clean[(alpha == 0) | (alpha == 255)], image[(alpha == 0) | (alpha == 255)])
