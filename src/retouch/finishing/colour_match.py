"""How a model changed colours and detail, learned on kept pixels and undone.

Coarse structure teaches gain and bias, fine structure how much of the detail was lost: a small misfit of position
then cannot pass for a loss of contrast.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from retouch.pixels import Pixels

Floats = npt.NDArray[np.float32]

_BLUR = 1.2
_POINTS = 60_000
_ROUNDS = 4
#: How strongly an ordinary answer is expected: gains within a twentieth of 1, as sure as so many levels squared of
#: variance in the pixels. A band of plain sky cannot tell a gain, and its guess would colour what is new.
_PRIOR = 4.0
_ROWS = 256


@dataclass(frozen=True, slots=True)
class Tone:
    """Per channel: gain and bias (levels) of coarse structure, and the gain of fine structure."""

    gain: Floats
    bias: Floats
    detail: Floats

    @property
    def plain(self) -> bool:
        """True where undoing it would change no pixel by even half a level worth seeing."""
        shift = np.abs((self.gain - 1) * 128 + self.bias).max() + 128 * np.abs(self.gain - 1).max()
        return bool(shift < 0.5 and np.abs(self.detail - self.gain).max() < 0.02)


def coarse(pixels: Pixels) -> Pixels:
    """A picture (h, w, 3) without its finest structure."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), _BLUR), np.uint8)


def learn(answer: Pixels, source: Pixels, where: npt.NDArray[np.bool_]) -> Tone:
    """What turns the answer's colours into the source's, both (h, w, 3), by the pixels in `where`, (h, w).

    Robust least squares: pixels that the model changed count little. Nothing to learn from gives no change.
    """
    at = np.flatnonzero(where)
    if at.size < 50:
        return Tone(np.ones(3, np.float32), np.zeros(3, np.float32), np.ones(3, np.float32))
    if at.size > _POINTS:
        at = at[np.random.default_rng(0).integers(0, at.size, _POINTS)]
    fine = [picture.reshape(-1, 3)[at].astype(np.float32) for picture in (answer, source)]
    broad = [coarse(picture).reshape(-1, 3)[at].astype(np.float32) for picture in (answer, source)]
    fits = np.array([_fit(broad[0][:, c], broad[1][:, c]) for c in range(3)], np.float32)
    gain, bias = fits[:, 0], fits[:, 1]
    details = [_fit(fine[0][:, c] - broad[0][:, c], fine[1][:, c] - broad[1][:, c])[0] for c in range(3)]
    # A model that drew more detail than the source has is left alone: softening it would only cost.
    detail = np.clip(np.array(details, np.float32), gain, 2.2 * gain)
    return Tone(gain, bias, detail)


def _fit(theirs: Floats, ours: Floats) -> tuple[float, float]:
    """Gain and bias with ours = gain * theirs + bias."""
    unclipped = (theirs < 253) & (ours < 253) & ((theirs > 2) | (theirs < 0)) & ((ours > 2) | (ours < 0))
    weights = unclipped.astype(np.float32) + np.float32(1e-3)
    gain = bias = 0.0
    for _ in range(_ROUNDS):
        total = float(weights.sum())
        mean_theirs, mean_ours = float(weights @ theirs) / total, float(weights @ ours) / total
        spread = theirs - mean_theirs
        shared = float((weights * spread) @ (ours - mean_ours)) / total
        gain = (shared + _PRIOR) / (float((weights * spread) @ spread) / total + _PRIOR)
        bias = mean_ours - gain * mean_theirs
        off = np.abs(ours - gain * theirs - np.float32(bias))
        scale = max(0.5, 1.48 * float(np.median(off)))
        weights = unclipped / np.square(1 + np.square(off / (3 * scale))).astype(np.float32) + np.float32(1e-3)
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
