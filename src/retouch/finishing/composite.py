"""Step: outside the mask, the caller's own pixels.

Weights of 0 and 255 are copies, so nothing is rounded where nothing is blended; the rest is blended in
proportion, colours weighted by alpha. Only the mask's bounding box is looked at.
"""

import cv2
import numpy as np

from retouch.domain.engine import MaskKind
from retouch.finishing.plan import Finish
from retouch.pixels import Grey, Pixels, is_opaque

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
    soft = cv2.inRange(weights, 1, 254)
    if cv2.countNonZero(soft):
        if is_opaque(out) and is_opaque(made):
            _mix(out, made, weights)
            return
        chosen = soft > 0
        out[chosen] = _mix_alpha(_as_weighted(out[chosen], over=over), made[chosen], weights[chosen])
    np.copyto(out, made, where=(weights == 255)[:, :, None])


def _mix(out: Pixels, made: Pixels, weights: Grey) -> None:
    """Opaque pixels, rounded to nearest: (x + 128) * 257 >> 16 is x / 255, and exact for weights 0 and 255."""
    share = cv2.merge([weights] * out.shape[2])
    mixed = np.multiply(out, 255 - share, dtype=np.uint16)
    mixed += np.multiply(made, share, dtype=np.uint16)
    mixed += 128
    mixed += mixed >> 8
    np.copyto(out, mixed >> 8, casting="unsafe")


def _as_weighted(kept: Pixels, *, over: bool) -> Pixels:
    """Under the image's own alpha the weights are its transparency already: counted twice it would thin out."""
    if over:
        kept[:, 3] = 255
    return kept


def _mix_alpha(kept: Pixels, made: Pixels, weights: Grey) -> Pixels:
    """Straight alpha (n, 4): colours count by their alpha; where all is clear the source's colour stays.

    Single precision is exact here: 255 cubed stays below 2 to the 24th.
    """
    share = weights.astype(np.float32)
    ours = kept[:, 3] * (255 - share)
    theirs = made[:, 3] * share
    total = ours + theirs
    out = np.empty_like(kept)
    out[:, 3] = np.rint(total / 255)
    part = theirs / np.maximum(total, 1)
    for channel in range(3):
        ground = kept[:, channel].astype(np.float32)
        out[:, channel] = np.rint(ground + (made[:, channel] - ground) * part)
    return out


def _copy(source: Pixels, has_alpha: bool) -> Pixels:
    return _with_alpha(source) if has_alpha and source.shape[2] == 3 else source.copy()


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
