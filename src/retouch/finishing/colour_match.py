"""How a model changed colours and detail, learned on kept pixels and undone.

Coarse structure teaches gain and bias, fine structure how much of the detail was lost: a small misfit of position
then cannot pass for a loss of contrast.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from retouch.pixels import Pixels

Floats = npt.NDArray[np.float32]

_BLUR = 1.2
_POINTS = 30_000
_ROUNDS = 4
#: How strongly an ordinary answer, of gain 1, is expected: as by so many levels squared of variance in the pixels. A
#: band of plain sky cannot tell a gain, only noise, and a gain guessed from noise would grey what is new.
_PRIOR, _PRIOR_FINE = 40.0, 2.0
_ROWS = 256


@dataclass(frozen=True, slots=True)
class Tone:
    """Per channel: gain and bias (levels) of coarse structure, and the gain of fine structure."""

    gain: Floats
    bias: Floats
    detail: Floats

    @classmethod
    def none(cls) -> Self:
        """Nothing changed."""
        return cls(np.ones(3, np.float32), np.zeros(3, np.float32), np.ones(3, np.float32))

    @property
    def shift(self) -> float:
        """How far it moves mid grey, in levels, in the channel that it changes most."""
        return float(np.abs((self.gain - 1) * 128 + self.bias).max())

    @property
    def plain(self) -> bool:
        """True where undoing it would change nothing worth seeing."""
        contrast, lost = np.abs(self.gain - 1).max(), np.abs(self.detail - self.gain).max()
        return bool(self.shift + 128 * contrast < 0.5 and lost < 0.02)


def coarse(pixels: Pixels) -> Pixels:
    """A picture (h, w, 3) without its finest structure."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), _BLUR), np.uint8)


def learn(answer: Pixels, source: Pixels, where: npt.NDArray[np.bool_]) -> Tone:
    """What turns the answer's colours into the source's, both (h, w, 3), by the pixels in `where`, (h, w).

    Robust least squares: pixels that the model changed count little. Nothing to learn from gives no change.
    """
    at = np.flatnonzero(where)
    if at.size < 50:
        return Tone.none()
    if at.size > _POINTS:
        at = at[np.random.default_rng(0).integers(0, at.size, _POINTS)]
    theirs, ours = (picture.reshape(-1, 3)[at].astype(np.float32) for picture in (answer, source))
    their_coarse, our_coarse = (coarse(picture).reshape(-1, 3)[at].astype(np.float32) for picture in (answer, source))
    usable = ((np.minimum(theirs, ours) > 2) & (np.maximum(theirs, ours) < 253)).astype(np.float32)  # clipped: no line
    usable += np.float32(1e-3)
    tone = Tone.none()
    for c in range(3):
        tone.gain[c], tone.bias[c] = _fit(their_coarse[:, c], our_coarse[:, c], usable[:, c], _PRIOR)
        lost, _ = _fit(theirs[:, c] - their_coarse[:, c], ours[:, c] - our_coarse[:, c], usable[:, c], _PRIOR_FINE)
        # A model that drew more detail than the source has is left alone: softening it would only cost.
        tone.detail[c] = min(max(lost, tone.gain[c]), 2.2 * tone.gain[c])
    return tone


def _fit(theirs: Floats, ours: Floats, usable: Floats, prior: float) -> tuple[float, float]:
    """Gain and bias with ours = gain * theirs + bias, all (n,)."""
    weights = usable
    gain = bias = 0.0
    for _ in range(_ROUNDS):
        total = float(weights.sum())
        mean_theirs, mean_ours = float(weights @ theirs) / total, float(weights @ ours) / total
        spread = theirs - mean_theirs
        shared = float((weights * spread) @ (ours - mean_ours)) / total
        gain = (shared + prior) / (float((weights * spread) @ spread) / total + prior)
        bias = mean_ours - gain * mean_theirs
        off = np.abs(ours - gain * theirs - np.float32(bias))
        scale = max(0.5, 1.48 * float(np.median(off[::4])))
        weights = usable / np.square(1 + np.square(off / (3 * scale))).astype(np.float32)
    return gain, bias


def apply(tone: Tone, answer: Pixels) -> Pixels:
    """The answer (h, w, 3) in the source's colours and with its detail."""
    if tone.plain:
        return answer
    soft = coarse(answer)
    out = np.empty_like(answer)
    for top in range(0, len(answer), _ROWS):  # in bands: floats take four times the room
        band = slice(top, top + _ROWS)
        toned = answer[band] * tone.detail
        toned += soft[band] * (tone.gain - tone.detail)
        toned += tone.bias
        np.clip(np.rint(toned, out=toned), 0, 255, out=toned)
        out[band] = toned.astype(np.uint8)
    return out
