"""The story of one edit, whichever way it is delivered: `story` tells it, `candidates` finds the
routes that can serve it, `making` does what the calls of one route share, `outputs` keeps what is linked to."""

from retouch.editing.events import Completed, Edit, EditEvent, FinalImage, PartialImage, RunningEdit
from retouch.editing.making import CutOut
from retouch.editing.story import Editing, Patience

__all__ = [
    "Completed",
    "CutOut",
    "Edit",
    "EditEvent",
    "Editing",
    "FinalImage",
    "PartialImage",
    "Patience",
    "RunningEdit",
]
