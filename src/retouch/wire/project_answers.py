"""What a project looks like, whichever request it is the answer to."""

from functools import partial
from typing import Any

from starlette.requests import Request

from retouch.domain.project import Project
from retouch.projects import Submitted
from retouch.projects.showing import project_object as shown
from retouch.projects.showing import whole_credits
from retouch.wire.parts import parts_of
from retouch.wire.problems import rate_headers


def project_object(project: Project, request: Request) -> dict[str, Any]:
    """A project as it is answered, with links that begin where the request came in."""
    parts = parts_of(request)
    return shown(project, partial(parts.link, request), parts.keep_seconds)


def project_headers(made: Submitted) -> dict[str, str]:
    """The headers of an answer that accepts a project."""
    before = {"retouch-joined": made.joined, "idempotent-replayed": made.replayed}
    charged = str(whole_credits(made.project))
    return {
        "retouch-edit-id": made.project.id,
        "retouch-credits-charged": charged,
        **{name: "true" for name, so in before.items() if so},
        **rate_headers(made.rate),
    }
