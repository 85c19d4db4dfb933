"""The story of one edit, whichever way it is delivered: `story` tells it. `planning` says what will be done and for how
much, `candidates` finds the routes that can serve it, `making` does what the calls of one route share, `performing`
makes, keeps and settles, `answer` gives what came of it, again if need be.
"""

from retouch.editing.answer import Answer
from retouch.editing.events import Completed, Edit, EditEvent, Facts, FinalImage, PartialImage, RunningEdit
from retouch.editing.later import Accepted
from retouch.editing.making import CutOut
from retouch.editing.outputs import edit_of
from retouch.editing.story import Editing, Patience

__all__ = [
    "Accepted",
    "Answer",
    "Completed",
    "CutOut",
    "Edit",
    "EditEvent",
    "Editing",
    "Facts",
    "FinalImage",
    "PartialImage",
    "Patience",
    "RunningEdit",
    "edit_of",
]
