"""Step: outside the mask, the caller's own pixels.

Weights of 0 and 255 are copies, so nothing is rounded where nothing is blended; the rest is blended in integers,
in proportion, colours weighted by alpha. Only the mask's bounding box is looked at.
"""

import cv2
import numpy as np
import numpy.typing as npt

from retouch.domain.engine import MaskKind
from retouch.finishing.plan import Finish
from retouch.pixels import Grey, Pixels

_ROWS = 128


def composite(pixels: Pixels, plan: Finish) -> Pixels:
    """The source with the engine's pixels in the area; (h, w, 4) where either has alpha.

    Under the image's own alpha the source's partly transparent pixels are laid over the engine's, so that the area
    becomes as opaque as the engine made it.
    """
    kept = plan.kept
    if kept is None:
        return pixels
    x, y, width, height = cv2.boundingRect(kept.weights)
    has_alpha = kept.source.shape[2] == 4 or pixels.shape[2] == 4
    out = _copy(kept.source, has_alpha)
    over = kept.kind is MaskKind.IMAGE_ALPHA
    for top in range(y, y + height, _ROWS):  # in bands, so that the wider numbers stay in the cache
        band = slice(top, min(top + _ROWS, y + height)), slice(x, x + width)
        _blend(out[band], _with_alpha(pixels[band]) if has_alpha else pixels[band], kept.weights[band], over=over)
    return out


def _blend(out: Pixels, made: Pixels, weights: Grey, *, over: bool) -> None:
    """Lay `made` into `out` (a view, holding the source) by weight."""
    soft = (weights > 0) & (weights < 255)
    if soft.any():
        mix = _mix_alpha if out.shape[2] == 4 else _mix
        kept = out[soft]
        if over and out.shape[2] == 4:
            kept[:, 3] = 255  # the weights are its transparency already
        out[soft] = mix(kept, made[soft], weights[soft])
    np.copyto(out, made, where=(weights == 255)[:, :, None])


def _mix(kept: Pixels, made: Pixels, weights: Grey) -> Pixels:
    """Opaque pixels (n, 3) by weights (n,), rounded."""
    share = weights[:, None].astype(np.uint32)
    return ((kept * (255 - share) + made * share + 127) // 255).astype(np.uint8)


def _mix_alpha(kept: Pixels, made: Pixels, weights: Grey) -> Pixels:
    """The same with straight alpha (n, 4): colours count by their alpha, and a clear result keeps the nearer colour."""
    share = weights.astype(np.uint32)
    ours = kept[:, 3] * (255 - share)
    theirs = made[:, 3] * share
    total = ours + theirs
    out = np.empty_like(kept)
    out[:, 3] = (total + 127) // 255
    colours = kept[:, :3] * ours[:, None] + made[:, :3] * theirs[:, None]
    divisor: npt.NDArray[np.uint32] = np.maximum(total, 1)[:, None]
    out[:, :3] = (colours + divisor // 2) // divisor
    clear = total == 0
    out[clear, :3] = kept[clear, :3]
    return out


def _copy(source: Pixels, has_alpha: bool) -> Pixels:
    return _with_alpha(source) if has_alpha and source.shape[2] == 3 else source.copy()


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
