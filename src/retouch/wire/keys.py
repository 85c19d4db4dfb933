"""/v1/keys: the API keys of the caller's own account. Another account's keys are not found, whatever is tried."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field
from starlette.responses import JSONResponse, Response

from retouch.admission.grants import granted
from retouch.admission.keys import hash_key, new_key, shown
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.rights import Rights
from retouch.routing.catalog import MICRO
from retouch.routing.choose import Chooser
from retouch.stores.api_keys import ApiKey
from retouch.wire.auth import MayManage
from retouch.wire.json_object import JsonObject, body_of, read_object
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["keys"])

#: A key's answer holds it whole this once, and no cache may keep it.
NO_STORE = {"cache-control": "no-store"}

_ID = re.compile(r"key_[0-9a-z]{26}")
_LONGEST_YEARS = 100


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must hold no control characters")  # PostgreSQL takes no NUL, a terminal no escape
    return text


Name = Annotated[str, Field(max_length=200, description="What the key is for."), AfterValidator(_printable)]
Scope = Literal["edit", "read", "manage"]


class NewKey(JsonObject):
    """What a new key may do. What is left out is as with the key that makes it, and nothing may be wider."""

    name: Name | None = None
    scopes: Annotated[list[Scope], Field(min_length=1)] | None = Field(
        None, description="Default: `edit` and `read`, as far as the key that makes it has them."
    )
    models: Annotated[list[str], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Ids of the only models that it may use."
    )
    spend_cap: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = Field(
        None, description="Credits that may be charged through it in all."
    )
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Its own rate, in place of the account's."
    )
    expires_in: Annotated[int, Field(ge=1, le=_LONGEST_YEARS * 366 * 86400)] | None = Field(
        None, description="Seconds after which it ends."
    )
    expires_at: Annotated[int, Field(ge=0, le=253_402_300_799)] | None = Field(
        None, description="When it ends, Unix seconds; in place of `expires_in`."
    )
    error_format: Literal["openai", "flat", "message"] | None = Field(None, description="How it reads errors.")


class Renamed(JsonObject):
    """What of a key can be changed."""

    name: Name


@router.post(
    "/v1/keys",
    summary="Make a key",
    status_code=201,
    openapi_extra=body_of(NewKey, required=False),
    responses=problems(400, 401, 403),
    response_class=JSONResponse,
)
async def create_key(request: Request, caller: MayManage) -> Response:
    """Make a key of your account. `key` is shown this once; only its hash is kept."""
    parts = parts_of(request)
    asked = await read_object(request, parts, NewKey, optional=True)
    wanted = Rights(
        models=None if asked.models is None else _model_ids(asked.models, parts.chooser),
        spend_cap=None if asked.spend_cap is None else _micro(asked.spend_cap),
        requests_per_minute=asked.requests_per_minute,
        expires_at=_expiry(asked),
    )
    rights, key = granted(caller, wanted, asked.scopes), new_key()
    made = await parts.keys.add(
        caller.account_id,
        hash_key(key),
        shown(key),
        name=asked.name or "",
        rights=rights,
        error_format=asked.error_format,
    )
    return JSONResponse({**key_object(made), "key": key}, 201, NO_STORE)


@router.get(
    "/v1/keys",
    summary="List the keys",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def list_keys(request: Request, caller: MayManage) -> dict[str, Any]:
    """The keys of your account, newest first, revoked and expired ones included."""
    page = read_page(request)
    found = await parts_of(request).keys.list(caller.account_id, after=page.after, limit=page.limit + 1)
    keys, more = page.cut(found)
    return list_object([key_object(key) for key in keys], has_more=more)


@router.get("/v1/keys/{key_id}", summary="One key", responses=problems(401, 403, 404))
async def get_key(request: Request, key_id: str, caller: MayManage) -> dict[str, Any]:
    """A key of your account."""
    return _found(await parts_of(request).keys.get(_known(key_id), caller.account_id))


@router.patch(
    "/v1/keys/{key_id}",
    summary="Rename a key",
    openapi_extra=body_of(Renamed),
    responses=problems(400, 401, 403, 404),
)
async def rename_key(request: Request, key_id: str, caller: MayManage) -> dict[str, Any]:
    """Call a key something else. What it may do cannot be changed: make another, and revoke this one."""
    parts = parts_of(request)
    asked = await read_object(request, parts, Renamed)
    return _found(await parts.keys.rename(_known(key_id), caller.account_id, asked.name))


@router.delete("/v1/keys/{key_id}", summary="Revoke a key", responses=problems(401, 403, 404))
async def revoke_key(request: Request, key_id: str, caller: MayManage) -> dict[str, Any]:
    """End a key for good: here at once, within a second at every server process; its tokens with it.

    Again is harmless.
    """
    parts = parts_of(request)
    await parts.keys.revoke(_known(key_id), account_id=caller.account_id)
    parts.known_keys.forget()
    return _found(await parts.keys.get(key_id, caller.account_id))


def key_object(key: ApiKey) -> dict[str, Any]:
    """A key as answers show it: never whole. Times in Unix seconds, `spend_cap` in credits; null is no bound."""
    return {
        "id": key.id,
        "object": "api_key",
        "name": key.name,
        "prefix": key.prefix,
        "state": key.state(datetime.now(UTC)),
        "scopes": sorted(key.scopes),
        "models": None if key.models is None else sorted(key.models),
        "spend_cap": None if key.spend_cap is None else key.spend_cap / MICRO,
        "requests_per_minute": key.requests_per_minute,
        "error_format": key.error_format,
        "created_at": _seconds(key.created_at),
        "expires_at": _seconds(key.expires_at),
        "revoked_at": _seconds(key.revoked_at),
        "last_used_at": _seconds(key.last_used_at),
    }


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _known(key_id: str) -> str:
    """The id, if it can be one at all: PostgreSQL takes no NUL."""
    if not _ID.fullmatch(key_id):
        raise _no_key()
    return key_id


def _found(key: ApiKey | None) -> dict[str, Any]:
    if key is None:
        raise _no_key()
    return key_object(key)


def _no_key() -> RetouchError:
    return RetouchError(Code.NOT_FOUND, "Your account has no such key.")


def _micro(credit: float) -> int:
    amount = Decimal(repr(credit)) * MICRO
    if amount != int(amount):
        raise invalid("spend_cap", "`spend_cap` may have at most six decimals.")
    return int(amount)


def _model_ids(names: list[str], chooser: Chooser) -> frozenset[str]:
    """Ids for ids and aliases."""
    found = [chooser.catalog.find(name) for name in names]
    for place, (name, model) in enumerate(zip(names, found, strict=True)):
        if model is None:
            raise invalid(f"models[{place}]", f"There is no model {name!r}: see GET /v1/models.")
    return frozenset(model.id for model in found if model)


def _expiry(asked: NewKey) -> datetime | None:
    now = datetime.now(UTC)
    if asked.expires_in is not None:
        if asked.expires_at is not None:
            raise invalid("expires_at", "Send `expires_in` or `expires_at`, not both.")
        return now + timedelta(seconds=asked.expires_in)
    if asked.expires_at is None:
        return None
    at = datetime.fromtimestamp(asked.expires_at, UTC)
    if at <= now:
        raise invalid("expires_at", "`expires_at` must be in the future: Unix seconds.")
    return at
