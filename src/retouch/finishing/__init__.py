"""The promises about pixels: what lies outside the mask, the exact size, the format, the background.

read_mask says what is to edit; prepare makes what the engine is sent; finish makes of its answer what was asked for.
"""

from retouch.finishing.focus import Look
from retouch.finishing.guide import GUIDE_SENTENCE
from retouch.finishing.mask import MaskReading, read_mask
from retouch.finishing.passthrough import passed_through
from retouch.finishing.pipeline import finish
from retouch.finishing.plan import Finish, Finished
from retouch.finishing.prepare import Kept, Prepared, as_they_are, check_area, prepare, readable
from retouch.finishing.unpack import unreadable

__all__ = [
    "GUIDE_SENTENCE",
    "Finish",
    "Finished",
    "Kept",
    "Look",
    "MaskReading",
    "Prepared",
    "as_they_are",
    "check_area",
    "finish",
    "passed_through",
    "prepare",
    "read_mask",
    "readable",
    "unreadable",
]
