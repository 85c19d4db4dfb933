"""GET /v1/activity: what runs and waits on this installation, for whoever has to keep it running.

It tells whose edits take up the server and how long they have waited, not what they are about: neither prompts nor
pictures, names of projects or end users. An account reads those of its own in GET /v1/edits.
"""

from typing import Any

from fastapi import APIRouter, Request

from retouch.admission.credits import decimal
from retouch.stores.traffic import UnderWay
from retouch.wire.account import own_account
from retouch.wire.amounts import seconds
from retouch.wire.auth import MayManage
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["accounts"])


@router.get(
    "/v1/activity",
    summary="What runs and waits",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def list_activity(request: Request, caller: MayManage) -> dict[str, Any]:
    """Edits and projects that are not finished, the oldest first: of all accounts for the owner, else of your own.

    Whose they are, where they stand and what they cost; neither prompts nor pictures.
    """
    page, parts = read_page(request), parts_of(request)
    own = await own_account(parts, caller.account_id)
    of = None if own.is_owner else own.id
    found, more = page.cut(await parts.traffic.under_way(of, after=page.after, limit=page.limit + 1))
    return list_object([activity_object(edit) for edit in found], has_more=more)


def activity_object(edit: UnderWay) -> dict[str, Any]:
    """An edit under way, in the words of GET /v1/edits; amounts in credits, times in Unix seconds."""
    return {
        "id": edit.id,
        "object": "activity",
        "kind": "project" if edit.later else "edit",
        "state": edit.state.value,
        "account": {"id": edit.account_id, "name": edit.account},
        "key": {"id": edit.key_id, "name": edit.key},
        "model": edit.asked_model,
        "served_by": {"model": edit.model, "engine": edit.engine, "engine_model": edit.engine_model},
        "images": {"asked": edit.images_asked, "made": edit.images_made},
        "attempt": edit.attempt,
        "charged": decimal(edit.charged),
        "created_at": seconds(edit.created_at),
        "started_at": seconds(edit.started_at),
    }
