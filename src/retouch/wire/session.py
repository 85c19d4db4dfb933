"""Signing in and out of the pages: a cookie for the token of a link, or for an API key."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from retouch.admission.keys import Caller, authenticate
from retouch.admission.sessions import SESSION_LASTS, end_session, exchange_key, exchange_link
from retouch.domain.errors import Code, RetouchError
from retouch.wire.account import own_account
from retouch.wire.parts import SESSION_COOKIE, Parts, parts_of

router = APIRouter(tags=["session"])

#: The header that carries a link's token, so that no body has to be read of a stranger.
LINK_TOKEN = "x-sign-in-token"  # noqa: S105 - a name
_USED_UP = "This sign-in link was used already or is older than ten minutes. `retouch signin` prints a new one."
_NO_STORE = {"cache-control": "no-store"}


@router.post("/v1/session", summary="Sign in", response_class=JSONResponse)
async def sign_in(request: Request) -> Response:
    """Answer with a session's cookie for an API key, or for the token of a sign-in link (`x-sign-in-token`)."""
    parts = parts_of(request)
    if token := request.headers.get(LINK_TOKEN):
        cookie = await exchange_link(parts.sessions, token)
        if cookie is None:
            raise RetouchError(Code.INVALID_API_KEY, _USED_UP, retryable=False)
    else:
        # A key alone: what a short-lived token may do must not outlive it.
        headers = request.headers
        caller = await authenticate(parts.keys, headers.get("authorization"), headers.get("api-key"))
        cookie = await exchange_key(parts.sessions, caller.key_id)
    answer = JSONResponse({"signed_in": True}, headers=_NO_STORE)
    answer.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_https(parts, request),
    )
    return answer


@router.get("/v1/session", summary="Who is signed in")
async def who(request: Request) -> Response:
    """What the cookie stands for: `signed_in`, and if so the account, the key, its scopes, and whether the account is
    the server's owner.
    """
    parts = parts_of(request)
    caller = await parts.signed_in(request)
    owner = caller is not None and (await own_account(parts, caller.account_id)).is_owner
    return JSONResponse(_session(caller, owner=owner), headers=_NO_STORE)


@router.delete("/v1/session", summary="Sign out", status_code=204)
async def sign_out(request: Request) -> Response:
    """End the session, and take its cookie away. A request that is not signed in changes nothing."""
    parts = parts_of(request)
    if await parts.signed_in(request):
        await end_session(parts.sessions, request.cookies[SESSION_COOKIE])
    answer = Response(status_code=204)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=_https(parts, request))
    return answer


def _session(caller: Caller | None, *, owner: bool) -> dict[str, Any]:
    if caller is None:
        return {"signed_in": False}
    return {
        "signed_in": True,
        "account_id": caller.account_id,
        "key_id": caller.key_id,
        "scopes": sorted(caller.scopes),
        "owner": owner,
    }


def _https(parts: Parts, request: Request) -> bool:
    return parts.base_url(request).startswith("https:")
