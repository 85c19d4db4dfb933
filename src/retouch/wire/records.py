"""GET /v1/edits: what was asked for, by whom it was done, what it cost, and the images. Always the caller's own."""

import re
import time
from typing import Any

from fastapi import APIRouter, Request

from retouch.admission.credits import decimal
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.ledger import EditRecord, EditState, Output
from retouch.wire.amounts import seconds
from retouch.wire.auth import MayRead
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import Parts, parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["edits"])

_ID = re.compile(r"edit_[0-9a-z]{26}")
_STATES = tuple(state.value for state in EditState)
_STATE_PARAMETER = {
    "name": "state",
    "in": "query",
    "description": "Only edits that stand so.",
    "schema": {"type": "string", "enum": list(_STATES)},
}


@router.get(
    "/v1/edits",
    summary="List your edits",
    openapi_extra={"parameters": [*PAGE_PARAMETERS, _STATE_PARAMETER]},
    responses=problems(400, 401, 403),
)
async def list_edits(request: Request, caller: MayRead) -> dict[str, Any]:
    """The edits of your account, newest first, whichever of its keys asked for them."""
    page, state = read_page(request, "state"), request.query_params.get("state") or None
    if state is not None and state not in _STATES:
        raise invalid("state", f"`state` must be one of {', '.join(_STATES)}.")
    parts = parts_of(request)
    found = await parts.credits.edits(caller.account_id, after=page.after, state=state, limit=page.limit + 1)
    edits, more = page.cut(found)
    return list_object([edit_object(edit, parts, request) for edit in edits], has_more=more)


@router.get("/v1/edits/{edit_id}", summary="One edit", responses=problems(401, 403, 404))
async def get_edit(request: Request, edit_id: str, caller: MayRead) -> dict[str, Any]:
    """An edit of your account, with links to its images, signed anew."""
    parts = parts_of(request)
    found = await parts.ledger.find(edit_id, caller.account_id) if _ID.fullmatch(edit_id) else None
    if found is None:
        raise RetouchError(Code.NOT_FOUND, "Your account has no such edit.")
    return edit_object(found, parts, request)


def edit_object(edit: EditRecord, parts: Parts, request: Request) -> dict[str, Any]:
    """An edit, in credits; `cost` is what providers are reckoned to ask, in dollars."""
    expires_at = int(time.time()) + parts.link_seconds
    kept = edit.finished_at is not None and edit.finished_at.timestamp() + parts.keep_seconds > time.time()
    return {
        "id": edit.id,
        "object": "edit",
        "state": edit.state.value,
        "model": edit.asked_model,
        "served_by": {"model": edit.model, "engine": edit.engine, "engine_model": edit.engine_model},
        "prompt": edit.prompt,
        "parameters": edit.parameters,
        "user": edit.end_user,
        "key_id": edit.key_id,
        "images": {"asked": edit.images_asked, "made": edit.images_made},
        "price": decimal(edit.price),
        "charged": decimal(edit.charged),
        "refunded": decimal(edit.refunded),
        "cost": edit.cost / 1e6,
        "attempts": [{**attempt, "cost": _dollars(attempt["cost"])} for attempt in edit.attempts],
        "outputs": [
            output_object(output, parts.link(request, output.key, expires_at) if kept else None, expires_at)
            for output in edit.outputs
        ],
        "error": edit.error and {"code": edit.error["code"], "message": edit.error["message"]},
        "created_at": seconds(edit.created_at),
        "finished_at": seconds(edit.finished_at),
    }


def _dollars(cost: int | None) -> float | None:
    return None if cost is None else cost / 1e6


def output_object(output: Output, url: str | None, expires_at: int) -> dict[str, Any]:
    """An image; `url` is null once it has expired."""
    return {
        "index": output.index,
        "url": url,
        "expires_at": expires_at if url else None,
        "size": f"{output.width}x{output.height}",
        "output_format": output.format,
        "background": output.background,
        "revised_prompt": output.revised_prompt,
    }
