"""A project as its owner sees it, in answers and in messages alike: the fields of Magic Hour's API."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from retouch.domain.errors import Code
from retouch.domain.model import MICRO
from retouch.domain.project import Project

#: Seconds that a link to an image works at most.
LINK_SECONDS = 24 * 3600

#: Error codes that Magic Hour has names of its own for.
_CODES = {
    Code.INVALID_IMAGE: "invalid_file_format",
    Code.PAYLOAD_TOO_LARGE: "file_too_large",
    Code.INVALID_REQUEST: "invalid_parameters",
    Code.UNSUPPORTED_PARAMETER: "invalid_parameters",
}

#: Makes a signed address of a stored image that works until a Unix second.
Link = Callable[[str, int], str]


def project_object(project: Project, link: Link, keep_seconds: float) -> dict[str, Any]:
    """A project (magic_hour 0.90.0, v1_image_projects_get_response.py). Images are kept for `keep_seconds`."""
    charged = whole_credits(project)
    return {
        "id": project.id,
        "name": project.name,
        "status": project.status.value,
        "image_count": project.images_asked,
        "type": "AI_IMAGE_EDITOR",
        "created_at": iso(project.created_at),
        "enabled": project.deleted_at is None,
        "credits_charged": charged,
        "total_frame_cost": charged,
        "downloads": _downloads(project, link, keep_seconds),
        "error": _error(project.error),
    }


def whole_credits(project: Project) -> int:
    """What is charged, refunds taken off; prices are whole credits."""
    return (project.charged - project.refunded) // MICRO


def iso(time_: datetime) -> str:
    """A time as these answers have it."""
    return time_.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _downloads(project: Project, link: Link, keep_seconds: float) -> list[dict[str, str]]:
    if project.finished_at is None or project.deleted_at is not None:
        return []
    now = int(time.time())
    # A link promises no more than the picture's own time.
    expires = min(now + LINK_SECONDS, int(project.finished_at.timestamp() + keep_seconds))
    if expires <= now:
        return []
    at = iso(datetime.fromtimestamp(expires, UTC))
    return [{"url": link(output.key, expires), "expires_at": at} for output in project.outputs]


def _error(error: Mapping[str, Any] | None) -> dict[str, str] | None:
    if error is None:
        return None
    code = Code(error["code"])
    return {"code": _CODES.get(code, code.value.lower()), "message": error["message"]}
