"""Letting an aligned answer into the source without a seam.

Two means, because each fails alone. What differs smoothly at the rim (a shade) is carried a little way inward and
fades: no trace of what was there before shows. What differs otherwise (a hat that outgrew the mask) is faded in
over a longer way, which does let the old picture through, so it is done only there.
"""

import cv2
import numpy as np
import numpy.typing as npt

from retouch.pixels import Grey, Pixels, alpha_of

Floats = npt.NDArray[np.float32]

#: Pixels over which the answer fades in where it fits the rim: just enough to hide the mask's own steps.
_SHORT = 1.0
#: Mean difference at the rim, in levels, below which the answer fits, and above which it does not.
_FITS, _MISFITS = 6.0, 18.0
#: The largest shade that is carried inward, in levels: more is no shade, but another thing.
_SHADE = 16.0
#: Pixels over which grain and softness average out.
_GRAIN = 3
_ROWS = 256


def settle(answer: Pixels, source: Pixels, weights: Grey, seen: Grey, fade: int) -> Pixels:
    """The answer faded in from the source, both (h, w, 3) or both (h, w, 4), over at most `fade` pixels of the area.

    `weights`, (h, w), as for compositing: where they fade by themselves nothing more is faded. `seen`, (h, w), 0 or
    255, marks kept pixels on which the two may be compared. Where the weights are 0 the result is the source.
    """
    shade, misfit = _at_rim(answer[:, :, :3], source[:, :, :3], seen, fade)
    depth = np.asarray(cv2.distanceTransform((weights > 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    share = _share(depth, misfit, weights, fade)
    alpha = alpha_of(source)
    if alpha is not None:  # where the source shows nothing there is nothing to fade from
        share = np.maximum(share, 1 - alpha.astype(np.float32) / 255)
    out = source.copy()
    height, width = weights.shape
    for top in range(0, height, _ROWS):
        band = slice(top, top + _ROWS)
        mixed = answer[band].astype(np.float32)
        fading = np.square(np.clip(1 - depth[band] / np.float32(2 * fade), 0, 1))
        mixed[:, :, :3] += _rows(shade, band, height, width) * fading[:, :, None]
        mixed -= source[band]
        mixed *= share[band][:, :, None]
        mixed += source[band]
        np.clip(np.rint(mixed, out=mixed), 0, 255, out=mixed)
        np.copyto(out[band], mixed.astype(np.uint8), where=weights[band][:, :, None] > 0)
    return out


def _at_rim(answer: Pixels, source: Pixels, seen: Grey, fade: int) -> tuple[Floats, Floats]:
    """What the kept pixels nearby say, as small maps: mean signed difference (h, w, 3), mean absolute one (h, w)."""
    height, width = seen.shape
    ratio = max(1, fade // 3)
    small = max(1, width // ratio), max(1, height // ratio)
    signed = cv2.subtract(source, answer, dtype=cv2.CV_16S)
    # Grain and softness are no misfit: what a small blur hides does not have to be faded.
    apart = cv2.absdiff(*(cv2.blur(picture, (_GRAIN, _GRAIN)) for picture in (source, answer)))
    size = cv2.transform(apart, np.full((1, 3), 1 / 3, np.float32))
    near = []
    for plane in (signed, size, seen):
        known = cv2.copyTo(plane, seen)
        near.append(_spread(cv2.resize(known, small, interpolation=cv2.INTER_AREA), fade / ratio))
    share = near[2] / 255 + np.float32(1e-6)
    shade = np.clip(near[0] / share[:, :, None], -_SHADE, _SHADE)
    return np.asarray(shade, np.float32), np.asarray(near[1] / share, np.float32)


def _spread(plane: npt.ArrayLike, sigma: float) -> Floats:
    """Each value to its neighbours, inward from the kept pixels too."""
    blurred = cv2.GaussianBlur(np.asarray(plane, np.float32), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)


def _share(depth: Floats, misfit: Floats, weights: Grey, fade: int) -> Floats:
    """How much of the answer shows, 0 to 1, (h, w)."""
    height, width = depth.shape
    worse = np.clip((misfit - _FITS) / (_MISFITS - _FITS), 0, 1)
    worse = cv2.resize(worse, (width, height), interpolation=cv2.INTER_LINEAR)
    ramp = _SHORT + (fade - _SHORT) * worse
    # A stroke thinner than the fade would never show the answer, so the fade ends well before its middle.
    thickness = cv2.dilate(depth, np.ones((2 * fade + 1, 2 * fade + 1), np.uint8))
    ramp = np.maximum(np.minimum(ramp, 0.6 * thickness), 1)
    share = np.clip(depth / ramp, 0, 1)
    share *= share * (3 - 2 * share)
    # The mask's own softness counts as fade: compositing multiplies by it once more.
    return np.asarray(np.minimum(share * (255 / np.maximum(weights, 1).astype(np.float32)), 1), np.float32)


def _rows(small: Floats, band: slice, height: int, width: int) -> Floats:
    """Rows of a small map as if it were enlarged to (height, width)."""
    rows = np.arange(height, dtype=np.float32)[band]
    y = (rows + 0.5) * small.shape[0] / height - 0.5
    x = (np.arange(width, dtype=np.float32) + 0.5) * small.shape[1] / width - 0.5
    grid = np.broadcast_to(x, (rows.size, width)), np.broadcast_to(y[:, None], (rows.size, width))
    across, down = (np.ascontiguousarray(part, np.float32) for part in grid)
    return np.asarray(cv2.remap(small, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
