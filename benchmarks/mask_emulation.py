"""How well a mask is honoured on a model that has none, beside pasting the masked part of its answer.

    python -m benchmarks.mask_emulation [--seeds N [N...]] [--longest PX [PX...]] [--sheet FILE.png]

The model is simulated, so that the truth is known: what is in the mask is new, then the whole picture is moved by up
to 8 px (at 640; in proportion elsewhere), scaled by up to 1 %, each channel times 0.92 to 1.08 plus up to 8 levels,
and blurred (sigma 0.6).

new      the new content fades in over the first dozen pixels inside the mask
removal  the old content fills the mask to its edge, and the truth is the picture without it
bent     as new, and the model also bent the picture by a pixel, which no affine motion undoes
rim      mean error to the truth 1 to 4 px inside the mask, in levels;  band: 5 to 30 px inside
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.inpainting_cases import photo
from retouch.finishing.register import register

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Random = np.random.Generator

PHOTOS = (
    ("skimage", "astronaut.png"),
    ("skimage", "coffee.png"),
    ("skimage", "chelsea.png"),
    ("skimage", "rocket.jpg"),
    ("skimage", "motorcycle_left.png"),
    ("sklearn", "china.jpg"),
    ("sklearn", "flower.jpg"),
    ("matplotlib", "grace_hopper.jpg"),
)
KINDS = ("new", "removal", "bent")


@dataclass(frozen=True, slots=True)
class Case:
    """What was sent (uint8 RGB), what should be there, what the model gave back, and the mask (255 = edit)."""

    source: Pixels
    truth: Floats
    answer: Pixels
    weights: Pixels


@dataclass(frozen=True, slots=True)
class Score:
    """Errors in levels on rim and band, pasted plainly and fitted; seconds per megapixel; kept pixels all kept."""

    plain: tuple[float, float]
    ours: tuple[float, float]
    seconds: float
    kept: bool


def cases(seed: int, longest: int, kind: str) -> Iterator[Case]:
    """One case of each photo, always the same for a seed."""
    for number, (package, file) in enumerate(PHOTOS):
        rng = np.random.default_rng([seed, number])
        picture = _sized(rng, photo(package, file), longest)
        other = _sized(rng, photo(*PHOTOS[(number + 3) % len(PHOTOS)]), longest)
        new = np.asarray(cv2.resize(other, (picture.shape[1], picture.shape[0])), np.float32)
        weights = _blob(rng, *picture.shape[:2])
        depth = np.asarray(cv2.distanceTransform(weights, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
        if kind == "removal":
            source = np.where(weights[:, :, None] > 0, new, picture).astype(np.uint8)
            truth = np.asarray(picture, np.float32)
        else:
            fade = np.clip(depth * 640 / longest / 12, 0, 1)[:, :, None]
            source = picture
            truth = np.asarray(picture + fade * fade * (3 - 2 * fade) * (new - picture), np.float32)
        yield Case(source, truth, repaint(rng, truth, bent=kind == "bent"), weights)


def repaint(rng: Random, picture: Floats, *, bent: bool = False) -> Pixels:
    """What a model makes of a picture that it should have left alone."""
    height, width = picture.shape[:2]
    unit = max(height, width) / 640
    grown = 1 + rng.uniform(-0.01, 0.01)
    moved = (1 - grown) * np.array([width, height]) / 2 + rng.uniform(-8, 8, 2) * unit
    matrix = np.column_stack([grown * np.eye(2), moved])
    out = cv2.warpAffine(picture, matrix, (width, height), None, cv2.INTER_CUBIC, cv2.BORDER_REFLECT)
    if bent:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        start = rng.uniform(0, 6, 2)
        waves = unit * np.sin(y / height * 5 + start[0]), unit * np.sin(x / width * 6 + start[1])
        across, down = ((a + b).astype(np.float32) for a, b in zip((x, y), waves, strict=True))
        out = cv2.remap(out, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    out = np.asarray(out, np.float32) * rng.uniform(0.92, 1.08, 3) + rng.uniform(-8, 8, 3)
    return np.asarray(np.clip(np.rint(cv2.GaussianBlur(out, (0, 0), 0.6)), 0, 255), np.uint8)


def judge(case: Case) -> tuple[Score, Pixels]:
    """Fit the answer into the source, composite both ways, compare with the truth."""
    start = time.perf_counter()
    fitted = register(case.answer, case.source, case.weights)
    seconds = (time.perf_counter() - start) / (case.weights.size / 1e6)
    inside = case.weights > 0
    ours, plain = (np.where(inside[:, :, None], made, case.source) for made in (fitted, case.answer))
    kept = bool((ours[~inside] == case.source[~inside]).all() and (fitted[~inside] == case.source[~inside]).all())
    return Score(_errors(plain, case), _errors(ours, case), seconds, kept), ours


def _errors(made: Pixels, case: Case) -> tuple[float, float]:
    depth = cv2.distanceTransform(case.weights, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    off = np.abs(made - case.truth)
    rim, band = (float(off[(depth >= low) & (depth <= high)].mean()) for low, high in ((1, 4), (5, 30)))
    return rim, band


def _sized(rng: Random, picture: Pixels, longest: int) -> Pixels:
    """Scaled; an enlarged one gets grain, or it would be smoother than any photo of its size."""
    ratio = longest / max(picture.shape)
    kernel = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    size = round(picture.shape[1] * ratio), round(picture.shape[0] * ratio)
    out = np.asarray(cv2.resize(picture, size, interpolation=kernel), np.uint8)
    if ratio <= 1.3:
        return out
    noise = rng.normal(0, 12, out.shape).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), 1)
    return np.asarray(np.clip(np.rint(out + grain), 0, 255), np.uint8)


def _blob(rng: Random, height: int, width: int) -> Pixels:
    """A bumpy blob over about a tenth of the picture: 0 or 255."""
    turns = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    bumps = sum(rng.normal(0, 0.16 / k) * np.cos(k * turns + rng.uniform(0, 7)) for k in range(2, 7))
    reach = 0.21 * np.clip(0.8 + bumps, 0.3, 1.0)
    centre = rng.uniform(0.22, 0.78, 2)
    ways = np.stack([np.cos(turns), np.sin(turns)], 1)
    outline = (centre + reach[:, None] * ways) * (width, height)
    out = np.zeros((height, width), np.uint8)
    cv2.fillPoly(out, [np.rint(outline).astype(np.int32)], (255,))
    return out


def main(argv: list[str] | None = None) -> None:
    """Print a line for each kind and size: means over all photos and seeds, one thread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--longest", type=int, nargs="+", default=[640, 1600])
    parser.add_argument("--sheet", help="write source, truth, plain paste and ours of one case of each kind here")
    options = parser.parse_args(argv or [])
    cv2.setNumThreads(1)
    print("mask emulation        rim: plain   ours  times    band: plain   ours  times    s/MP  kept exactly")
    sheet: list[Pixels] = []
    for longest in options.longest:
        for kind in KINDS:
            judged = [(case, *judge(case)) for seed in options.seeds for case in cases(seed, longest, kind)]
            print(f"{kind:>8} {longest:>5} px    {_line([score for _, score, _ in judged])}")
            sheet.append(_row(judged[len(sheet) % len(judged)][0], judged[len(sheet) % len(judged)][2]))
    if options.sheet:
        cv2.imwrite(options.sheet, cv2.cvtColor(np.vstack(sheet), cv2.COLOR_RGB2BGR))


def _line(scores: list[Score]) -> str:
    plain, ours = (np.mean(errors, axis=0) for errors in ([s.plain for s in scores], [s.ours for s in scores]))
    seconds, kept = np.mean([s.seconds for s in scores]), all(s.kept for s in scores)
    parts = (f"{a:12.1f} {b:6.2f} {a / b:6.1f}" for a, b in zip(plain, ours, strict=True))
    return f"{'    '.join(parts)} {seconds:7.2f}  {'yes' if kept else 'NO'}"


def _row(case: Case, ours: Pixels) -> Pixels:
    plain = np.where(case.weights[:, :, None] > 0, case.answer, case.source)
    truth = np.rint(case.truth).clip(0, 255).astype(np.uint8)
    views = (cv2.resize(p, (480, 360), interpolation=cv2.INTER_AREA) for p in (case.source, truth, plain, ours))
    return np.hstack([np.asarray(view, np.uint8) for view in views])


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
