"""From stored samples to 8-bit sRGB.

A colour profile is used where it is readable and fits the samples; one that cannot be used is ignored, and one that
means sRGB anyway is skipped, so that tagging a picture as sRGB never changes a value.
"""

import cv2
import numpy as np
import numpy.typing as npt

from retouch.pixels.arrays import Grey, Pixels, Samples
from retouch.pixels.loaded import CHANNELS, Loaded, Model
from retouch.pixels.vips import GValue, VipsError, from_array, to_array

_LARGEST_PROFILE = 8_000_000
_SIGNATURES: dict[Model, bytes] = {"grey": b"GRAY", "rgb": b"RGB ", "cmyk": b"CMYK"}
_INTERPRETATIONS: dict[tuple[Model, str], str] = {
    ("grey", "uint8"): "b-w",
    ("grey", "uint16"): "grey16",
    ("rgb", "uint8"): "srgb",
    ("rgb", "uint16"): "rgb16",
    ("cmyk", "uint8"): "cmyk",
    ("cmyk", "uint16"): "cmyk",
}
#: x / 257 rounded: 0 to 65535 onto 0 to 255, the inverse of repeating a byte.
_TO_8_BITS = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
_STEPS = np.array([0, 26, 77, 128, 179, 230, 255], np.uint8)
_PROBE: npt.NDArray[np.uint8] = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(7, 49, 3)
_GREYS: npt.NDArray[np.uint8] = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
_UNSEEN = 2


def to_pixels(loaded: Loaded) -> Pixels:
    """8-bit sRGB, (h, w, 3), or (h, w, 4) where the samples carry alpha. Shares memory where nothing changes."""
    channels = CHANNELS[loaded.model]
    if loaded.samples.shape[2] not in (channels, channels + 1):
        return to_pixels(Loaded(loaded.samples[:, :, : channels + 1], loaded.model, loaded.icc))
    alpha = to_8_bits(loaded.samples[:, :, channels]) if loaded.samples.shape[2] > channels else None
    managed = _managed(loaded, channels)
    if managed is None and loaded.model == "rgb":
        return to_8_bits(loaded.samples)
    rgb = _plain(to_8_bits(loaded.samples[:, :, :channels]), loaded.model) if managed is None else managed
    return rgb if alpha is None else np.dstack([rgb, alpha])


def to_8_bits(samples: Samples) -> Grey:
    """16-bit samples divided by 257 and rounded; 8-bit ones as they are."""
    return samples.view(np.uint8) if samples.dtype == np.uint8 else np.take(_TO_8_BITS, samples)


def _managed(loaded: Loaded, channels: int) -> Pixels | None:
    """The colours through the embedded profile, or None where there is nothing to do or no usable profile."""
    profile = loaded.icc
    if profile is None or len(profile) > _LARGEST_PROFILE or profile[16:20] != _SIGNATURES[loaded.model]:
        return None
    try:
        if _means_srgb(profile, loaded.model):
            return None
        return _convert(loaded.samples[:, :, :channels], loaded.model, profile)
    except VipsError:
        return None


def _means_srgb(profile: bytes, model: Model) -> bool:
    if model == "cmyk":
        return False
    probe = _PROBE if model == "rgb" else _GREYS
    seen = _convert(probe, model, profile).astype(np.int16)
    return bool(np.abs(seen - probe.astype(np.int16)).max() <= _UNSEEN)


def _convert(samples: Samples, model: Model, profile: bytes) -> Pixels:
    image = from_array(samples, _INTERPRETATIONS[model, samples.dtype.name])
    image.set_type(GValue.blob_type, "icc-profile-data", profile)
    intent = "perceptual" if model == "cmyk" else "relative"
    turned = image.icc_transform("srgb", embedded=True, intent=intent, black_point_compensation=True, depth=8)
    out: Pixels = to_array(turned)
    return out if out.shape[2] == 3 else np.repeat(out[:, :, :1], 3, axis=2)


def _plain(samples: Grey, model: Model) -> Pixels:
    if model == "grey":
        return cv2.cvtColor(np.ascontiguousarray(samples[:, :, 0]), cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    # Without a profile, ink is what browsers take it for: the share of light that is left after it and black.
    light = (255 - samples).astype(np.uint16)
    return ((light[:, :, :3] * light[:, :, 3:] + 127) // 255).astype(np.uint8)
