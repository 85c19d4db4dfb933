"""Last step: the format."""

from retouch.finishing.plan import Finish, Finished
from retouch.pixels import Pixels, encode, size_of


def pack(pixels: Pixels, plan: Finish) -> Finished:
    """Encode, and say what came of it."""
    background = "transparent" if pixels.shape[2] == 4 else "opaque"
    return Finished(encode(pixels, plan.format, plan.compression), plan.format, size_of(pixels), background)
