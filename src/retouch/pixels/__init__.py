"""Pure image functions: from bytes to pixels and back, within bounds. Safe in threads, no I/O.

inspect reads a header, decode and load give pixels, scale and frame bring them to a size, encode packs them; raw
pixels travel between our own parts by to_raw and from_raw.
"""

from retouch.pixels.arrays import Grey, Pixels, alpha_like, alpha_of, is_opaque
from retouch.pixels.decode import decode, decode_mask, is_upright, load, size_of
from retouch.pixels.encoders import encode
from retouch.pixels.flatten import flatten
from retouch.pixels.forward import forwardable, is_whole
from retouch.pixels.frame import Pad, frame, frame_mask
from retouch.pixels.glance import glance, opened
from retouch.pixels.inspect import Bounds, inspect
from retouch.pixels.raw import from_raw, to_raw
from retouch.pixels.scale import scale, scale_mask

__all__ = [
    "Bounds",
    "Grey",
    "Pad",
    "Pixels",
    "alpha_like",
    "alpha_of",
    "decode",
    "decode_mask",
    "encode",
    "flatten",
    "forwardable",
    "frame",
    "frame_mask",
    "from_raw",
    "glance",
    "inspect",
    "is_opaque",
    "is_upright",
    "is_whole",
    "load",
    "opened",
    "scale",
    "scale_mask",
    "size_of",
    "to_raw",
]
