"""From what an engine made to what was asked for: a list of small steps.

A step takes pixels and the plan and gives pixels, or the same ones where the plan asks nothing of it. Adding one is
a file and a line in STEPS.
"""

from collections.abc import Callable

from retouch.domain.picture import Picture
from retouch.finishing.background import settle_background
from retouch.finishing.composite import composite
from retouch.finishing.pack import pack
from retouch.finishing.passthrough import passed_through
from retouch.finishing.plan import Finish, Finished
from retouch.finishing.refit import refit
from retouch.finishing.resize import resize
from retouch.finishing.unpack import unpack
from retouch.pixels import Pixels

Step = Callable[[Pixels, Finish], Pixels]

STEPS: tuple[Step, ...] = (refit, resize, composite, settle_background)


def finish(picture: Picture, plan: Finish) -> Finished:
    """Make an engine's picture (raw or encoded) what the plan says: pure, safe in threads, on code without the GIL.

    Where the weights are 0 the result's values are the framed source's to the bit, alpha included, in PNG and
    lossless WebP. Raises UPSTREAM_ERROR where the engine's picture cannot be read, INVALID_REQUEST where the format
    cannot hold the size.
    """
    untouched = passed_through(picture, plan)
    if untouched is not None:
        return untouched
    pixels = unpack(picture)
    for step in STEPS:
        pixels = step(pixels, plan)
    return pack(pixels, plan)
