"""Draw the sample picture: a balloon over a meadow, and the mask that marks the balloon.

python scripts/draw_sample.py [FOLDER]   writes photo.jpg and mask.png (transparent where the balloon is)
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1200, 800
HORIZON = 520
BALLOON = (1010, 190)

Plane = NDArray[np.float32]


def noise(rng: np.random.Generator, cell: float, stretch: float = 1.0) -> Plane:
    """Smooth noise of about unit variance, with features `cell` pixels wide and `stretch` times as long."""
    shape = (int(HEIGHT / cell) + 3, int(WIDTH / (cell * stretch)) + 3)
    grid = rng.standard_normal(shape).astype(np.float32)
    smooth: Plane = cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return smooth


def fractal(rng: np.random.Generator, cell: float, octaves: int, stretch: float = 1.0) -> Plane:
    """Noise at several scales, each half as wide and half as strong."""
    planes = [noise(rng, cell / 2**octave, stretch) / 2**octave for octave in range(octaves)]
    return np.asarray(np.sum(planes, axis=0), np.float32)


def blend(base: Plane, colour: tuple[float, float, float], amount: Plane) -> Plane:
    """Lay a colour over a picture in the given amounts, 0 to 1."""
    share = np.clip(amount, 0, 1)[..., None]
    return np.asarray(base * (1 - share) + np.array(colour, np.float32) * share, np.float32)


def sky(rng: np.random.Generator) -> Plane:
    """Blue above, pale towards the horizon, with drifting clouds."""
    fall = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    base = blend(np.full((HEIGHT, WIDTH, 3), (70, 128, 200), np.float32), (226, 232, 232), fall * 1.5)
    return blend(base, (250, 249, 246), (fractal(rng, 150, 6, 2.2) - 0.35) * 0.55)


def meadow(rng: np.random.Generator, picture: Plane) -> Plane:
    """Two ranges of hills and a field whose grass grows coarser towards the eye."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    far = HORIZON - 60 - 34 * np.sin(columns / 210) - 16 * np.sin(columns / 83 + 1)
    near = HORIZON - 12 - 22 * np.sin(columns / 310 + 2)
    picture = blend(picture, (118, 146, 158), rows - far)
    picture = blend(picture, (88, 122, 92), rows - near)
    depth = np.clip((rows - HORIZON) / (HEIGHT - HORIZON), 0, 1)
    field = np.array((96, 140, 58), np.float32) * (1.12 - 0.35 * depth[..., None])
    blades = fractal(rng, 7, 3, 0.5) * (0.35 + depth) * 15 + fractal(rng, 160, 4, 3) * 9
    field = field + blades[..., None] * np.array((1.0, 1.1, 0.6), np.float32)
    ground = np.clip((rows - HORIZON - 6 * np.sin(columns / 140)) / 3, 0, 1)[..., None]
    picture = np.asarray(picture * (1 - ground) + field * ground, np.float32)
    poppies = (noise(rng, 5) > 2.1) & (depth > 0.12)
    return blend(picture, (205, 52, 40), cv2.GaussianBlur(poppies.astype(np.float32), (0, 0), 0.8) * 1.3)


def balloon(picture: Plane) -> tuple[Plane, NDArray[np.uint8]]:
    """A striped balloon with its basket, and its silhouette."""
    x, y = BALLOON
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    taper = np.clip((rows - y) / 190, 0, 1)
    across = (columns - x) / (118 * np.sqrt(np.clip(1 - taper**2.2, 1e-3, 1)))
    inside = (across**2 + np.clip((y - rows) / 122, 0, None) ** 2 < 1) & (rows < y + 172)
    stripes = (np.floor((np.arcsin(np.clip(across, -1, 1)) / np.pi + 0.5) * 8) % 2).astype(np.float32)
    light = 1.12 - 0.42 * np.clip(across * 0.7 + 0.45, 0, 1)
    cloth = np.where(stripes[..., None] > 0, (214, 64, 48), (246, 214, 120)) * light[..., None]
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.9)[..., None]
    picture = np.asarray(picture * (1 - soft) + cloth * soft, np.float32)
    for side in (-1, 1):
        cv2.line(picture, (x + 30 * side, y + 168), (x + 17 * side, y + 214), (70, 52, 40), 2, cv2.LINE_AA)
    cv2.rectangle(picture, (x - 19, y + 212), (x + 19, y + 242), (118, 82, 50), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (x - 19, y + 212), (x + 19, y + 218), (84, 56, 34), -1, cv2.LINE_AA)
    shape = inside.astype(np.uint8) * 255
    cv2.rectangle(shape, (x - 34, y + 160), (x + 34, y + 244), 255, -1)
    return picture, np.asarray(cv2.dilate(shape, np.ones((13, 13), np.uint8)), np.uint8)


def main() -> None:
    """Write photo.jpg and mask.png."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "sample")
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    picture, shape = balloon(meadow(rng, sky(rng)))
    picture += rng.normal(0, 2.2, picture.shape).astype(np.float32)  # a camera's grain
    colours = np.clip(picture, 0, 255).astype(np.uint8)
    cv2.imwrite(str(folder / "photo.jpg"), colours[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 93])
    mask = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    mask[..., 3] = 255 - shape
    cv2.imwrite(str(folder / "mask.png"), mask)


if __name__ == "__main__":
    main()
