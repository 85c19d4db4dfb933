"""What the OpenAPI document says of projects and uploads."""

from typing import Any

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    more = {"description": description} if description else {}
    return {"type": "object", "required": [*properties], "properties": properties, **more}


CREATED = _object({"id": _TEXT, "credits_charged": _WHOLE, "frame_cost": {**_WHOLE, "deprecated": True}})

PROJECT = _object(
    {
        "id": _TEXT,
        "name": {"type": ["string", "null"]},
        "status": {"type": "string", "enum": ["queued", "rendering", "complete", "error", "canceled"]},
        "image_count": _WHOLE,
        "type": {"type": "string", "example": "AI_IMAGE_EDITOR"},
        "created_at": _TIME,
        "enabled": {"type": "boolean", "description": "False once it is deleted."},
        "credits_charged": {**_WHOLE, "description": "Refunds taken off."},
        "total_frame_cost": {**_WHOLE, "deprecated": True},
        "downloads": {"type": "array", "items": _object({"url": _TEXT, "expires_at": _TIME})},
        "error": {"oneOf": [_object({"code": _TEXT, "message": _TEXT}), {"type": "null"}]},
    }
)

PROJECTS = _object(
    {
        "object": _TEXT,
        "data": {"type": "array", "items": PROJECT},
        "first_id": {"type": ["string", "null"]},
        "last_id": {"type": ["string", "null"]},
        "has_more": {"type": "boolean"},
    }
)

UPLOADS = _object(
    {
        "items": {
            "type": "array",
            "items": _object({"upload_url": _TEXT, "expires_at": _TIME, "file_path": _TEXT}),
        }
    }
)

_MEANINGS = {
    400: "A field that nobody knows, a model or a picture that cannot be used.",
    401: "The API key is missing or wrong: `Unauthorized`.",
    402: "The balance or a spend cap is too low.",
    403: "The key or the account's tier does not allow it.",
    404: "Your account has no such thing: `Not Found`.",
    410: "The address was used already.",
    413: "The file is too large.",
    422: "A value that is not allowed.",
    429: "Too many requests; `retry-after` says when to come back.",
    503: "The address is being used; the message says when it can be used again if nothing comes of that.",
}


def answers(good: dict[str, Any] | None, *statuses: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The good answer, and these errors beside the ones of every endpoint."""
    problem = {"application/json": {"schema": _object({"message": _TEXT})}}
    known: dict[int | str, dict[str, Any]] = {
        code: {"description": _MEANINGS[code], "content": problem} for code in sorted({400, 401, *statuses})
    }
    if good is not None:
        known[status] = {"description": "Success", "content": {"application/json": {"schema": good}}}
    return known
