"""Undoing what a model without masks did to the whole picture: motion, colours, softness.

Such a model repaints everything: a few pixels off, a little larger, in other colours. The pixels to keep are in both
pictures, so they tell all three; what they tell is undone inside the area, and the answer let in without a seam.
"""

import cv2
import numpy as np

from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.finishing import colour_match
from retouch.finishing.motion import Motion, agreement, estimate
from retouch.finishing.settle import settle
from retouch.finishing.window import Box, box_of, cut, grown
from retouch.pixels import Grey, Pixels, alpha_like, alpha_of, is_opaque, size_of

#: A motion smaller than this, in pixels, is not undone: resampling would cost more than it mends.
_STILL = 0.05
#: The farthest a repainted picture may have been moved, as a share of its longer edge.
_FARTHEST = 0.06
#: How much of what the kept pixels show the answer must show as well, 0 to 1.
_AGREES = 0.65
#: Levels by which mid grey may have changed colour: beyond that another light was painted, not the same picture.
_REPAINTED = 64.0


def register(answer: Pixels, source: Pixels, weights: Grey) -> Pixels:
    """A repainted picture brought back onto its source; both (h, w, 3 or 4), weights (h, w), 255 = edit, 0 = keep.

    The result is the source where the weights are 0, and inside the area the answer: aligned, in the source's
    colours, faded in over the first pixels, so that compositing it by the weights shows no seam. It has alpha where
    either has. An answer that is the source outside the area, or that has no outside, is returned as it is. Pure and
    deterministic. Raises UPSTREAM_ERROR where the kept pixels of the two are not the same picture.
    """
    kept = _kept(answer, source, weights)
    if not kept.any() or not weights.any() or _same(answer, source, kept):
        return answer
    size = size_of(source)
    trusted = _away(kept, max(2, round(size.longest / 100)))
    motion = _motion(answer, source, trusted)
    fade = max(6, round(12 * (size.longest / 640) ** 0.5))  # a dozen pixels at 640
    around = grown(box_of(weights), 3 * fade, size)
    aligned, known = _aligned(answer, motion, around)
    ours, area = cut(source, around), cut(weights, around)
    seen = cv2.bitwise_and(cut(_away(kept, 2), around), known).astype(np.uint8, copy=False)
    aligned = _toned(aligned, ours, seen)
    out = alpha_like(source, answer).copy()
    cut(out, around)[...] = settle(alpha_like(aligned, ours), alpha_like(ours, aligned), area, seen, fade)
    return out


def _kept(answer: Pixels, source: Pixels, weights: Grey) -> Grey:
    """255 where pixels are to be kept and have colours to compare: under clear pixels lies anything."""
    kept = np.where(weights == 0, np.uint8(255), np.uint8(0))
    for alpha in (alpha_of(answer), alpha_of(source)):
        if alpha is not None:
            kept[alpha < 255] = 0
    return kept


def _same(answer: Pixels, source: Pixels, kept: Grey) -> bool:
    """True where the model kept the outside itself, but for a stray level."""
    apart = [cv2.absdiff(answer[:, :, c], source[:, :, c]) for c in range(3)]
    most = cv2.copyTo(cv2.max(cv2.max(apart[0], apart[1]), apart[2]), kept)
    return int(np.count_nonzero(np.asarray(most) > 1)) <= 0.001 * cv2.countNonZero(kept)


def _away(kept: Grey, margin: int) -> Grey:
    """Kept pixels that far from the area, into which edits leak; all of them where hardly any would be left."""
    inner = cv2.erode(kept, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    few = cv2.countNonZero(inner) < 0.2 * cv2.countNonZero(kept)
    return kept if few else inner.astype(np.uint8, copy=False)


def _motion(answer: Pixels, source: Pixels, trusted: Grey) -> Motion:
    """The motion to undo; none where undoing it does not bring the pictures closer."""
    ours, theirs = (
        cv2.cvtColor(p[:, :, :3], cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False) for p in (source, answer)
    )
    size, still = size_of(source), Motion.none()
    found = estimate(ours, theirs, trusted)
    unmoved, moved = (agreement(motion, ours, theirs, trusted) for motion in (still, found))
    usable = np.isfinite(found.shares).all() and found.reach(size) <= _FARTHEST * size.longest + 1
    better = usable and moved.difference < 0.97 * unmoved.difference
    best, agreed = (found, moved) if better else (still, unmoved)
    if agreed.share < _AGREES:
        raise _mismatch(f"agreement {agreed.share:.2f}")
    return best if best.reach(size) >= _STILL else still


def _mismatch(how: str) -> UpstreamFailure:
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        "The model's answer does not match the picture outside the mask, so it cannot be fitted into it.",
        accepted=Accepted.YES,
        elsewhere=True,
        cause=f"answer does not match the kept pixels ({how})",
    )


def _aligned(answer: Pixels, motion: Motion, around: Box) -> tuple[Pixels, Grey]:
    """The answer as it lies over `around` of the source, and 255 where it has pixels of its own for it."""
    if motion.still:
        return cut(answer, around), np.full((around.height, around.width), 255, np.uint8)
    matrix = motion.matrix(size_of(answer))
    matrix[:, 2] += matrix[:, :2] @ (around.left, around.top)
    shape = around.width, around.height
    clear = not is_opaque(answer)
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(_weighted(answer) if clear else answer, matrix, shape, None, how, cv2.BORDER_REFLECT_101)
    there = np.full(answer.shape[:2], 255, np.uint8)
    known = cv2.warpAffine(there, matrix, shape, None, cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    aligned = np.asarray(moved, np.uint8)
    return _unweighted(aligned) if clear else aligned, np.asarray(known, np.uint8)


def _toned(aligned: Pixels, ours: Pixels, seen: Grey) -> Pixels:
    tone = colour_match.learn(aligned[:, :, :3], ours[:, :, :3], seen > 0)
    if tone.shift > _REPAINTED:
        raise _mismatch(f"colours off by {tone.shift:.0f} levels")
    toned = colour_match.apply(tone, aligned[:, :, :3])
    alpha = alpha_of(aligned)
    return toned if alpha is None else np.dstack([toned, alpha])


def _weighted(pixels: Pixels) -> Pixels:
    """Colours times alpha, so that what lies under clear pixels does not bleed into its neighbours."""
    out = pixels.copy()
    out[:, :, :3] = (pixels[:, :, :3].astype(np.uint16) * pixels[:, :, 3:] + 127) // 255
    return out


def _unweighted(pixels: Pixels) -> Pixels:
    out = pixels.copy()
    colours = pixels[:, :, :3].astype(np.uint16) * 255 // np.maximum(pixels[:, :, 3:], 1)
    out[:, :, :3] = np.minimum(colours, 255)
    return out
