"""POST /v1/auth/token: a short-lived token in place of a key, for where a key should not go."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from retouch.admission.tokens import LONGEST_LIFE
from retouch.wire.auth import MayAnything
from retouch.wire.json_object import JsonObject, body_of, read_object
from retouch.wire.keys import NO_STORE
from retouch.wire.parts import parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["keys"])


class NewToken(JsonObject):
    """How long a token lives."""

    expires_in: Annotated[int, Field(ge=1, le=LONGEST_LIFE)] | None = Field(
        None, description=f"Seconds. Default: {LONGEST_LIFE}, or until the key ends."
    )


@router.post(
    "/v1/auth/token",
    summary="Issue a short-lived token",
    openapi_extra=body_of(NewToken, required=False),
    responses=problems(400, 401),
    response_class=JSONResponse,
)
async def issue_token(request: Request, caller: MayAnything) -> Response:
    """A bearer token that may do what your key may, counts as your key, and dies with it.

    A token that was issued for a token ends with that one: none can be prolonged.
    """
    parts = parts_of(request)
    asked = await read_object(request, parts, NewToken, optional=True)
    token, ends = parts.tokens.issue(caller, LONGEST_LIFE if asked.expires_in is None else asked.expires_in)
    answer: dict[str, Any] = {
        "object": "token",
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": max(1, round(ends.timestamp() - time.time())),
        "expires_at": int(ends.timestamp()),
        "scopes": sorted(caller.scopes),
    }
    return JSONResponse(answer, headers=NO_STORE)
