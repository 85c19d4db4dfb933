"""Known-answer holes in photos that ship with scikit-image, scikit-learn and matplotlib, drawn anew for each seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Random = np.random.Generator

SOURCES = {"skimage": "data", "sklearn": "datasets/images", "matplotlib": "mpl-data/sample_data"}


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of background in a photo (fractions x0, y0, x1, y1), and the share of the photo to punch out of it."""

    package: str
    file: str
    region: tuple[float, float, float, float]
    shape: str
    share: float


@dataclass(frozen=True, slots=True)
class Case:
    """A photo (uint8 RGB), the hole to fill (0 or 255), and whether the hole is a border."""

    name: str
    truth: Pixels
    hole: Pixels
    outpaint: bool = False

    @property
    def punched(self) -> Pixels:
        """What the editor gets: mid grey in the hole."""
        image = self.truth.copy()
        image[self.hole > 0] = 127
        return image


PLACES = (
    Place("skimage", "astronaut.png", (0.57, 0, 0.73, 0.5), "blob", 0.05),
    Place("skimage", "coffee.png", (0, 0, 0.3, 0.45), "blob", 0.05),
    Place("skimage", "coffee.png", (0.8, 0.15, 1, 1), "strokes", 0.06),
    Place("skimage", "chelsea.png", (0, 0.45, 0.5, 1), "blob", 0.08),
    Place("skimage", "rocket.jpg", (0.1, 0, 0.9, 0.32), "blob", 0.1),
    Place("skimage", "rocket.jpg", (0.52, 0.3, 0.7, 0.85), "strokes", 0.04),
    Place("skimage", "motorcycle_left.png", (0, 0.76, 0.75, 1), "blob", 0.07),
    Place("skimage", "motorcycle_left.png", (0.05, 0.08, 0.42, 0.32), "strokes", 0.04),
    Place("skimage", "hubble_deep_field.jpg", (0.02, 0.02, 0.98, 0.98), "blob", 0.12),
    Place("skimage", "retina.jpg", (0.3, 0.18, 0.88, 0.85), "blob", 0.1),
    Place("skimage", "brick.png", (0.05, 0.05, 0.95, 0.95), "blob", 0.06),
    Place("skimage", "gravel.png", (0.05, 0.05, 0.95, 0.95), "blob", 0.2),
    Place("skimage", "grass.png", (0.05, 0.05, 0.95, 0.95), "blob", 0.25),
    Place("skimage", "camera.png", (0.62, 0.52, 1, 1), "blob", 0.08),
    Place("sklearn", "china.jpg", (0.52, 0, 1, 0.36), "blob", 0.1),
    Place("sklearn", "china.jpg", (0, 0.68, 0.62, 1), "blob", 0.06),
    Place("sklearn", "flower.jpg", (0.7, 0, 1, 1), "strokes", 0.12),
    Place("matplotlib", "grace_hopper.jpg", (0.74, 0, 1, 0.58), "blob", 0.06),
)
#: Photos to extend, and by what share at the left, top, right and bottom.
BORDERS = (
    ("sklearn", "china.jpg", (0.0, 0.0, 0.15, 0.0)),
    ("skimage", "grass.png", (0.12, 0.12, 0.12, 0.12)),
    ("skimage", "motorcycle_left.png", (0.0, 0.12, 0.0, 0.12)),
    ("sklearn", "flower.jpg", (0.15, 0.0, 0.15, 0.0)),
)


def photo(package: str, file: str) -> Pixels:
    """A bundled photo, uint8 RGB."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed; the benchmarks need retouch-server[dev]")
    image = cv2.imread(str(Path(spec.origin).parent / SOURCES[package] / file), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{package} ships no {file}")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def cases(seed: int) -> Iterator[Case]:
    """Every case of a seed, always in the same order."""
    for number, place in enumerate(PLACES):
        yield _punch(np.random.default_rng([seed, number]), place)
    for number, (package, file, borders) in enumerate(BORDERS):
        yield _cut(np.random.default_rng([seed, 1000 + number]), package, file, borders)


def _punch(rng: Random, place: Place) -> Case:
    image = photo(place.package, place.file)
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (round(v * n) for v, n in zip(place.region, (width, height, width, height), strict=True))
    wide, tall = x1 - x0, y1 - y0
    # A shape covers about half of its box; the box may not outgrow the stretch of background.
    area = min(0.8 * wide * tall, 2 * place.share * rng.uniform(0.85, 1.15) * width * height)
    across = int(min(wide, (area * np.clip(wide / tall, 0.6, 1.7)) ** 0.5))
    down = int(min(tall, area / across))
    x, y = x0 + int(rng.integers(0, wide - across + 1)), y0 + int(rng.integers(0, tall - down + 1))
    hole = np.zeros((height, width), np.uint8)
    draw = _blob if place.shape == "blob" else _strokes
    hole[y : y + down, x : x + across] = draw(rng, down, across)
    return _mirrored(rng, Case(f"{place.shape} {Path(place.file).stem}", image, hole))


def _cut(rng: Random, package: str, file: str, borders: tuple[float, ...]) -> Case:
    image = photo(package, file)
    full_height, full_width = image.shape[:2]
    part = rng.uniform(0.85, 1)
    height, width = int(full_height * part), int(full_width * part)
    x, y = int(rng.integers(0, full_width - width + 1)), int(rng.integers(0, full_height - height + 1))
    image = image[y : y + height, x : x + width]
    depths = np.array(borders) * rng.uniform(0.8, 1.2, 4)
    left, top, right, bottom = (int(d * n) for d, n in zip(depths, (width, height, width, height), strict=True))
    hole = np.full((height, width), 255, np.uint8)
    hole[top : height - bottom, left : width - right] = 0
    return _mirrored(rng, Case(f"extend {Path(file).stem}", image, hole, outpaint=True))


def _mirrored(rng: Random, case: Case) -> Case:
    turn = -1 if rng.integers(2) else 1
    truth, hole = (np.ascontiguousarray(a[:, ::turn]) for a in (case.truth, case.hole))
    return Case(case.name, truth, hole, case.outpaint)


def _blob(rng: Random, height: int, width: int) -> Pixels:
    """A bumpy blob over about half the box: 0 or 255."""
    turns = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    bumps = sum(rng.normal(0, 0.16 / k) * np.cos(k * turns + rng.uniform(0, 7)) for k in range(2, 7))
    reach = np.clip(0.8 + bumps, 0.3, 1.0)
    outline = np.stack([(1 + reach * np.cos(turns)) * width / 2, (1 + reach * np.sin(turns)) * height / 2], 1)
    hole = np.zeros((height, width), np.uint8)
    cv2.fillPoly(hole, [outline.astype(np.int32)], (255,))
    return hole


def _strokes(rng: Random, height: int, width: int) -> Pixels:
    """Scribbles over a third of the box: 0 or 255."""
    hole = np.zeros((height, width), np.uint8)
    pen = max(5, int(min(height, width) * rng.uniform(0.07, 0.14)))
    while (hole > 0).mean() < 0.35:
        steps = rng.normal(0, 0.12 * min(height, width), (6, 2)).cumsum(axis=0)
        line = steps + rng.uniform((0, 0), (width, height))
        cv2.polylines(hole, [line.astype(np.int32)], False, (255,), pen)
    return hole
