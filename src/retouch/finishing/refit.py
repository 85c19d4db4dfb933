"""Step: the answer of an engine without masks, back in its place in the source."""

from retouch.finishing.plan import Finish
from retouch.pixels import Pixels


def refit(pixels: Pixels, plan: Finish) -> Pixels:
    """The source with what the engine made of the part that it was shown; the engine's own pixels if it saw all.

    Raises UPSTREAM_ERROR where the answer is another picture outside the area, so that it fits nowhere.
    """
    kept = plan.kept
    if kept is None or kept.focus is None:
        return pixels
    return kept.focus.put_back(pixels, kept.source, kept.weights)
