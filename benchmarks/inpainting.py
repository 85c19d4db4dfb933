"""How well holes are filled, beside OpenCV's Telea on the same holes, and how long it takes.

    python -m benchmarks.inpainting [--seeds N [N...]] [--longest PX] [--sheet FILE.png]

psnr   dB inside the hole; rewards blur and hardly tells methods apart
gmsd   deviation of gradients from the truth's, lower is better
swd    distance between the patches of the fill and of the truth, wherever they lie; lower is better
tex    gradient energy of the fill over the truth's: 1 is right, below 0.6 is a smear
kept   share of pixels outside the hole that are unchanged: must be 1
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.inpainting_cases import Case, Pixels, cases
from retouch.engines.cpu.inpaint import inpaint

Plane = NDArray[np.float32]
Fill = Callable[[Pixels, Pixels], Pixels]


@dataclass(frozen=True, slots=True)
class Score:
    """One fill, judged; `seconds` is what it took."""

    psnr: float
    gmsd: float
    swd: float
    tex: float
    kept: float
    seconds: float


def judge(case: Case, fill: Fill) -> tuple[Score, Pixels]:
    """Fill the case's hole and compare with the truth."""
    start = time.perf_counter()
    filled = fill(case.punched, case.hole)
    seconds = time.perf_counter() - start
    kept = float((filled == case.punched)[case.hole == 0].all(axis=-1).mean())
    view = _around(case.hole)
    ours, truth, hole = filled[view], case.truth[view], case.hole[view]
    inside = hole > 0
    error = float(((ours.astype(np.float32) - truth)[inside] ** 2).mean())
    energy, wanted = (float(_slope(_grey(a))[inside].mean()) + 0.5 for a in (ours, truth))
    psnr = 10 * np.log10(255**2 / max(error, 1e-9))
    return Score(psnr, _gmsd(ours, truth, hole), _swd(ours, truth, hole), energy / wanted, kept, seconds), filled


def telea(image: Pixels, hole: Pixels) -> Pixels:
    """The yardstick."""
    return np.asarray(cv2.inpaint(image, hole, 5, cv2.INPAINT_TELEA), np.uint8)


def _around(hole: Pixels) -> tuple[slice, slice]:
    x, y, width, height = cv2.boundingRect(hole)
    return slice(max(0, y - 40), y + height + 40), slice(max(0, x - 40), x + width + 40)


def _grey(image: Pixels) -> Plane:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def _slope(grey: Plane) -> Plane:
    """Length of the gradient, levels per pixel."""
    across, down = (cv2.Scharr(grey, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down) / 16, np.float32)


def _scales(ours: Pixels, truth: Pixels, hole: Pixels, count: int) -> list[tuple[Pixels, Pixels, Pixels]]:
    out = [(ours, truth, hole)]
    for _ in range(count - 1):
        a, b = (np.asarray(cv2.pyrDown(image), np.uint8) for image in out[-1][:2])
        size = a.shape[1], a.shape[0]
        out.append((a, b, np.asarray(cv2.resize(out[-1][2], size, interpolation=cv2.INTER_NEAREST), np.uint8)))
    return out


def _gmsd(ours: Pixels, truth: Pixels, hole: Pixels) -> float:
    """Standard deviation of the gradients' likeness inside the hole, at two scales."""
    found = []
    for a, b, inside in _scales(ours, truth, hole, 2):
        one, two = 3 * _slope(_grey(a)), 3 * _slope(_grey(b))
        likeness = (2 * one * two + 170) / (one**2 + two**2 + 170)
        found.append(float(likeness[inside > 0].std()))
    return float(np.mean(found))


def _swd(ours: Pixels, truth: Pixels, hole: Pixels) -> float:
    """Sliced Wasserstein distance between 5x5 Lab patches of the fill and of the truth, at three scales."""
    rng = np.random.default_rng(0)
    found = []
    for a, b, inside in _scales(ours, truth, hole, 3):
        core = cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=(0,)) > 0
        core[:2] = core[-2:] = core[:, :2] = core[:, -2:] = False
        places = np.argwhere(core)
        if len(places) < 60:
            break
        places = places[rng.choice(len(places), min(3000, len(places)), replace=False)]
        axes = rng.standard_normal((75, 96)).astype(np.float32)
        axes /= np.linalg.norm(axes, axis=0)
        one, two = (np.sort(_patches(image, places) @ axes, axis=0) for image in (a, b))
        found.append(float(np.abs(one - two).mean()))
    return float(np.mean(found)) if found else 0.0


def _patches(image: Pixels, places: NDArray[np.int64]) -> Plane:
    colours = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.float32)
    reach = np.arange(-2, 3)
    rows, columns = places[:, 0, None, None] + reach[:, None], places[:, 1, None, None] + reach
    return np.asarray(colours[rows, columns].reshape(len(places), -1), np.float32)


def report(name: str, ours: Score, theirs: Score) -> None:
    """One line: our scores, then ours over Telea's."""
    figures = " ".join(f"{v:8.3f}" for v in astuple(ours))
    ratio = ours.swd / max(theirs.swd, 1e-6)
    print(
        f"{name:28} {figures}   {ratio:6.2f}x {ours.psnr - theirs.psnr:+7.2f} dB {ours.seconds / theirs.seconds:6.0f}x"
    )


def mean(scores: list[Score]) -> Score:
    """Column by column."""
    return Score(*(float(np.mean(column)) for column in zip(*map(astuple, scores), strict=True)))


def run(seed: int, longest: int) -> list[Pixels]:
    """Print a seed's table; returns each picture beside its fill."""
    kinds: dict[bool, list[tuple[Score, Score]]] = {False: [], True: []}
    pictures = []
    print(f"{f'seed {seed}':28} {'psnr':>8} {'gmsd':>8} {'swd':>8} {'tex':>8} {'kept':>8} {'s':>8}   over Telea's")
    for case in cases(seed):
        ours, filled = judge(case, lambda image, hole: inpaint(image, hole, seed=seed, longest=longest))
        theirs, _ = judge(case, telea)
        kinds[case.outpaint].append((ours, theirs))
        report(case.name, ours, theirs)
        pictures.append(np.hstack([case.punched, filled]))
    for outpaint, pairs in kinds.items():
        report(
            "mean, outpainting" if outpaint else "mean, holes", mean([a for a, _ in pairs]), mean([b for _, b in pairs])
        )
    return pictures


def sheet(pictures: list[Pixels], file: str) -> None:
    """Write all pictures to one PNG, three to a row."""
    tiles = []
    for picture in pictures:
        scale = min(600 / picture.shape[1], 300 / picture.shape[0])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        tile = np.zeros((310, 610, 3), np.uint8)
        tile[: small.shape[0], : small.shape[1]] = small
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 3)
    rows = [np.hstack(tiles[i : i + 3]) for i in range(0, len(tiles), 3)]
    cv2.imwrite(file, cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5])
    parser.add_argument("--longest", type=int, default=1024, help="solve at most at this size, pixels")
    parser.add_argument("--sheet", help="write the pictures, before and after, to this PNG")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = [picture for seed in asked.seeds for picture in run(seed, asked.longest)]
    if asked.sheet:
        sheet(pictures, asked.sheet)


if __name__ == "__main__":
    main()
