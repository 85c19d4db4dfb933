"""Pictures that stand-ins draw, and what they see in those they get."""

import base64
import io

import cv2
import numpy as np
from PIL import Image


def draw(size: tuple[int, int], file_format: str = "png", *, seed: int = 0, alpha: bool = False) -> bytes:
    """A picture of this size, another for each seed."""
    width, height = size
    columns, rows = np.arange(width) + 40 * seed, np.arange(height)[:, None]
    pixels = np.zeros((height, width, 4 if alpha else 3), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = columns % 256, rows % 256, (37 * seed) % 256
    if alpha:
        pixels[..., 3] = np.where(columns % 64 < 32, 255, 0)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, file_format, **({"compress_level": 1} if file_format == "png" else {}))
    return out.getvalue()


def draw64(size: tuple[int, int], file_format: str = "png", *, seed: int = 0, alpha: bool = False) -> str:
    """The same as base64."""
    return base64.b64encode(draw(size, file_format, seed=seed, alpha=alpha)).decode()


def repaint(source: bytes, prompt: str, size: tuple[int, int], file_format: str = "png", *, seed: int = 0) -> bytes:
    """A picture as generative models repaint it: all of it, a little off in place and colour, and not twice the same.

    Asked for a plain backdrop they paint a thing on white.
    """
    width, height = size
    rng = np.random.default_rng(seed)
    if "white background" in prompt:
        pixels = np.full((height, width, 3), 250, np.uint8)
        colour = tuple(int(part) for part in rng.integers(20, 160, 3))
        cv2.circle(pixels, (width // 2, height // 2), min(size) // 4, colour, -1, cv2.LINE_AA)
    else:
        first = cv2.resize(np.asarray(look(source).convert("RGB")), size, interpolation=cv2.INTER_CUBIC)
        moved = np.array([[1, 0, rng.uniform(-3, 3)], [0, 1, rng.uniform(-3, 3)]], np.float32)
        shifted = cv2.warpAffine(first, moved, size, None, cv2.INTER_LINEAR, cv2.BORDER_REFLECT)
        pixels = np.clip(shifted * rng.uniform(0.95, 1.05, 3) + rng.uniform(-5, 5, 3), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, file_format, **({"compress_level": 1} if file_format == "png" else {}))
    return out.getvalue()


def look(data: bytes) -> Image.Image:
    """A picture, decoded. Raises OSError for anything else."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
