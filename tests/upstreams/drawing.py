"""Pictures that stand-ins draw, and what they see in those they get."""

import base64
import io

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


def look(data: bytes) -> Image.Image:
    """A picture, decoded. Raises OSError for anything else."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
