"""Pictures to send, and pictures that came back as pixels."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.uint8]


def photo(width: int = 96, height: int = 64, *, alpha: bool = False, seed: int = 1) -> Array:
    """A smooth picture with some grain."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    base = np.stack([rows * 255 / height, columns * 255 / width, 128 + 60 * np.sin(columns / 9)], -1)
    pixels = np.clip(base + rng.normal(0, 6, base.shape), 0, 255).astype(np.uint8)
    return np.dstack([pixels, np.full((height, width), 255, np.uint8)]) if alpha else pixels


def encoded(pixels: Array, format_: str = "PNG", **options: Any) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format_, **options)
    return buffer.getvalue()


def mask(width: int = 96, height: int = 64, box: tuple[int, int, int, int] = (30, 20, 60, 44)) -> bytes:
    """An alpha mask: transparent inside the box (left, top, right, bottom), where the edit goes."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = 255
    left, top, right, bottom = box
    pixels[top:bottom, left:right, 3] = 0
    return encoded(pixels)


def size_of(data: bytes | str) -> tuple[int, int]:
    """Width and height of a file, or of its base64."""
    height, width = decoded(data).shape[:2]
    return width, height


def decoded(data: bytes | str, mode: str | None = None) -> Array:
    """Pixels of a file, or of its base64."""
    raw = base64.b64decode(data) if isinstance(data, str) else data
    image: Image.Image = Image.open(io.BytesIO(raw))
    return np.asarray(image.convert(mode) if mode else image)
