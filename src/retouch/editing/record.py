"""What is written down of an edit: what was asked for, and every call that was tried."""

import logging
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.ledger import ENDED, LEFT
from retouch.domain.picture import Size
from retouch.editing.events import Edit
from retouch.routing.attempts import Attempt

_log = logging.getLogger("retouch.edits")

#: Columns of their own, or how the caller came to the other fields.
_LEFT_OUT = frozenset({"prompt", "model", "sent"})


def parameters_kept(request: EditRequest) -> dict[str, Any]:
    """What was asked for beside the prompt, without image bytes; what was not said is left out."""
    kept: dict[str, Any] = {}
    for field in fields(request):
        value = getattr(request, field.name)
        if field.name not in _LEFT_OUT and value != field.default:
            kept[field.name] = _plain(value)
    return kept


def _plain(value: object) -> object:
    match value:
        case Size():
            return str(value)
        case ImageInput(data=data) if data is not None:
            return {"field": value.field, "bytes": len(data)}
        case ImageInput(url=url):
            # What comes after the path may be a signature.
            parts = urlsplit(url or "")
            return {"field": value.field, "url": urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))}
        case tuple():
            return [_plain(item) for item in value]
    return value


def attempts_kept(edit: Edit) -> tuple[list[dict[str, Any]], int]:
    """Every call that was tried, and what providers are reckoned to ask for the images given, micro-dollars."""
    kept = [_kept(attempt) for attempt in edit.attempts.record]
    return kept, sum(attempt["cost"] for attempt in kept)


def left_behind(edit: Edit) -> list[dict[str, Any]]:
    """The same for a process that ends now: nobody knows what comes of the calls under way, and what they cost."""
    ended = {"cause": ENDED, "cost": None}
    tried = [_kept(attempt) for attempt in (*edit.attempts.record, *edit.attempts.under_way())]
    return [{**attempt, **ended} if attempt["cause"] == LEFT else attempt for attempt in tried]


def _kept(attempt: Attempt) -> dict[str, Any]:
    return {
        "engine": attempt.route.engine,
        "model": attempt.route.model,
        "images": list(attempt.images),
        "seconds": round(attempt.seconds, 3),
        "cause": attempt.cause,
        "cost": attempt.route.cost * attempt.made,
    }


def tell(edit: Edit) -> None:
    """Log every call that was tried."""
    for attempt in edit.attempts.record:
        _log.info(
            "%s %s:%s images %s %.1f s %s",
            edit.id,
            attempt.route.engine,
            attempt.route.model,
            attempt.images,
            attempt.seconds,
            attempt.cause or "ok",
        )
