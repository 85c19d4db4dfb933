"""Step: the exact size."""

from retouch.domain.edit import Background, Fit
from retouch.finishing.plan import Finish
from retouch.pixels import Pad, Pixels, frame


def resize(pixels: Pixels, plan: Finish) -> Pixels:
    """Bring the engine's picture to the target by the plan's fit.

    Under a mask contain means cover: the source was padded before the engine saw it, and padding the answer again
    would put a blank into the area.
    """
    if plan.target is None:
        return pixels
    fit = Fit.COVER if plan.fit is Fit.CONTAIN and plan.kept is not None else plan.fit
    return frame(pixels, plan.target, fit, pad=_pad(pixels, plan.background))


def _pad(pixels: Pixels, background: Background) -> Pad:
    if background is Background.OPAQUE:
        return "white"
    return "transparent" if background is Background.TRANSPARENT or pixels.shape[2] == 4 else "white"
