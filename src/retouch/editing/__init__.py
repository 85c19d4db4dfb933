"""The story of one edit, whichever way it is delivered: `story` tells it, `making` does what its calls share."""

from retouch.editing.events import Completed, Edit, EditEvent, FinalImage, PartialImage, RunningEdit
from retouch.editing.story import Editing

__all__ = ["Completed", "Edit", "EditEvent", "Editing", "FinalImage", "PartialImage", "RunningEdit"]
