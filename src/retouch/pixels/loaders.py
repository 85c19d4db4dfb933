"""One decoder per format: encoded bytes to samples, not yet turned upright nor converted to sRGB.

libvips decodes nearly everything: it is the fastest here on PNG, complete on TIFF, and refuses what is cut off.
"""

import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pi_heif
from PIL import Image as Pillow

from retouch.domain.picture import Buffer
from retouch.pixels.headers import BrokenError
from retouch.pixels.loaded import Loaded, Model, UndecodableError
from retouch.pixels.strip import strip
from retouch.pixels.vips import Image, VipsError, to_array

_MODELS: dict[str, Model] = {
    "b-w": "grey",
    "grey16": "grey",
    "srgb": "rgb",
    "rgb": "rgb",
    "rgb16": "rgb",
    "cmyk": "cmyk",
}


def load_samples(data: Buffer, kind: str) -> Loaded:
    """Decode a file sniffed as `kind`. Raises UndecodableError."""
    try:
        return _LOADERS[kind](strip(data, kind, keep_profile=True))
    except BrokenError as error:
        raise UndecodableError(str(error)) from error


def _with_vips(name: str, **options: object) -> Callable[[Buffer], Loaded]:
    def load(data: Buffer) -> Loaded:
        try:
            return _evaluate(getattr(Image, name)(data, access="sequential", **{"fail_on": "error", **options}))
        except VipsError as error:
            raise UndecodableError(str(error)) from error

    return load


def _evaluate(image: Any) -> Loaded:
    icc = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    model = _MODELS.get(image.interpretation)
    if model is None or image.format not in ("uchar", "ushort"):
        image, model, icc = image.colourspace("srgb").cast("uchar"), "rgb", None
    return Loaded(to_array(image), model, icc)


def _load_jpeg(data: Buffer) -> Loaded:
    """Strict about missing and garbled scan data, lenient about stray bytes between segments, which are common."""
    try:
        return _with_vips("jpegload_buffer", fail_on="warning")(data)
    except UndecodableError as error:
        text = str(error)
        if "Corrupt" in text and not ("extraneous bytes" in text and "premature" not in text):
            raise
        return _with_vips("jpegload_buffer")(data)


def _load_bmp(data: Buffer) -> Loaded:
    try:
        with warnings.catch_warnings(), Pillow.open(io.BytesIO(data), formats=["BMP"]) as image:
            warnings.simplefilter("ignore")
            alpha = image.mode in ("RGBA", "LA", "PA")
            return Loaded(np.asarray(image.convert("RGBA" if alpha else "RGB")), "rgb")
    except Exception as error:  # Pillow raises many kinds on broken files
        raise UndecodableError(str(error)) from error


def _load_heic(data: Buffer) -> Loaded:
    try:
        image = pi_heif.open_heif(bytes(data))
        icc = image.info.get("icc_profile")
        samples = np.array(image)  # a copy: the binding frees its own memory with the image
        return Loaded(
            samples if samples.ndim == 3 else samples[:, :, None], "rgb" if samples.ndim == 3 else "grey", icc
        )
    except Exception as error:  # the binding raises whatever the C library meets
        raise UndecodableError(str(error)) from error


_LOADERS: dict[str, Callable[[Buffer], Loaded]] = {
    "png": _with_vips("pngload_buffer"),
    "jpeg": _load_jpeg,
    "webp": _with_vips("webpload_buffer"),
    "gif": _with_vips("gifload_buffer"),
    "tiff": _with_vips("tiffload_buffer", autorotate=False),
    "avif": _with_vips("heifload_buffer"),
    "bmp": _load_bmp,
    "heic": _load_heic,
}
