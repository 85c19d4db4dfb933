"""Step: opaque, transparent, or as it comes.

Under a mask nothing outside it can have become transparent: composite has put the source back. Opaque, asked for or
because the format has no transparency, lays the whole picture on white, so there only the source's own opaque
pixels stay what they were.
"""

from retouch.domain.edit import Background
from retouch.domain.picture import Format
from retouch.finishing.plan import Finish
from retouch.pixels import Pixels, flatten, is_opaque


def settle_background(pixels: Pixels, plan: Finish) -> Pixels:
    """Flatten where opaque is wanted, and drop an alpha channel that says nothing."""
    if pixels.shape[2] == 3:
        return pixels
    if is_opaque(pixels):
        return pixels[:, :, :3]
    return flatten(pixels) if plan.background is Background.OPAQUE or plan.format is Format.JPEG else pixels
