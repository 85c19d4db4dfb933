"""The story of a project, an edit that is made later: `submitting` accepts it, `running` makes it in whatever process
has the time, `changes` is told whenever its status changes, `tidying` takes away what nobody needs any more. `uploads`
are the pictures handed in beforehand.
"""

from retouch.projects.changes import Change, Changes
from retouch.projects.running import Runner
from retouch.projects.showing import project_object
from retouch.projects.submitting import Submission, Submitted, Submitting
from retouch.projects.telling import Teller
from retouch.projects.tidying import Tidying
from retouch.projects.uploads import ENDINGS, PREFIX, Place, Uploading

__all__ = [
    "ENDINGS",
    "PREFIX",
    "Change",
    "Changes",
    "Place",
    "Runner",
    "Submission",
    "Submitted",
    "Submitting",
    "Teller",
    "Tidying",
    "Uploading",
    "project_object",
]
