"""The sizes of gpt-image-2 and 2.5: any, under a rule.

Both edges multiples of 16, the longest at most 3840 pixels, long to short at most 3:1, and 655,360 to 8,294,400 pixels
in all (Python SDK 3.52.0 and the image generation guide agree). Sizes above 2560x1440 are called experimental.
"""

from math import ceil, floor, sqrt

from retouch.domain.picture import Size

STEP = 16
LONGEST = 3840
RATIO = 3
SMALLEST_AREA = 655_360
LARGEST_AREA = 8_294_400


def nearest_free_size(size: Size) -> Size:
    """The smallest allowed size that covers this one; scaled up or down first where it is too small or too large."""
    width, height = float(size.width), float(size.height)
    width, height = max(width, height / RATIO), max(height, width / RATIO)
    area = width * height
    scale = max(1.0, sqrt(SMALLEST_AREA / area))
    scale = min(scale, LONGEST / max(width, height), sqrt(LARGEST_AREA / area))
    # Rounding up breaks no bound but the last: the bounds on edge and ratio are multiples of 16 themselves.
    edges = [_up(edge * scale) for edge in (width, height)]
    if edges[0] * edges[1] > LARGEST_AREA:
        edges = [floor(edge * scale / STEP) * STEP for edge in (width, height)]
    return Size(*edges)


def _up(edge: float) -> int:
    # Less a hair, so that 3840.0000000001 stays 3840.
    return ceil(edge / STEP - 1e-9) * STEP
