"""/v1/accounts: for the owner, who makes accounts, sets their limits and grants them credits.

To everybody else the others' accounts do not exist. `unlimited` is set from the command line alone.
"""

import re
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from retouch.admission.keys import Caller
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.model import AccountTier
from retouch.stores.accounts import Account
from retouch.wire.account import account_object, entries_page, entry_object, own_account
from retouch.wire.amounts import micro
from retouch.wire.auth import MayManage
from retouch.wire.edits import idempotency_key
from retouch.wire.json_object import JsonObject, body_of, read_object
from retouch.wire.keys import Name
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import Parts, parts_of
from retouch.wire.request_docs import IDEMPOTENCY_KEY, problems

router = APIRouter(tags=["accounts"])

_ID = re.compile(r"acct_[0-9a-z]{26}")
_TIERS = tuple(tier.value for tier in AccountTier)

Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
Cap = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Tier = Annotated[str, Field(json_schema_extra={"enum": list(_TIERS)})]

_CALLED = "What to call it."
_OR_NULL = "Null: the server's own, or none where it has none."


def _unsaid() -> None:
    """The value of a limit that is left out."""


class NewAccount(JsonObject):
    """Who is to be charged."""

    name: Name = Field(description=_CALLED)
    tier: Tier = AccountTier.FREE.value


class ChangedAccount(JsonObject):
    """What of an account is to change. What is left out stays; a limit that is null is the server's own again."""

    # By factories, because the schema would call any other default what a field has that is left out.
    name: Name = Field(default_factory=str, description=_CALLED)
    tier: Tier = Field(default_factory=str)
    requests_per_minute: Limit | None = Field(default_factory=_unsaid, description=_OR_NULL)
    concurrent_edits: Limit | None = Field(default_factory=_unsaid, description=_OR_NULL)
    images_per_day: Limit | None = Field(default_factory=_unsaid, description=_OR_NULL)
    spend_cap: Cap | None = Field(default_factory=_unsaid, description=f"Credits in all. {_OR_NULL}")


class NewGrant(JsonObject):
    """Credits to be added; below zero they are taken."""

    amount: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
    note: Name = ""


@router.get(
    "/v1/accounts",
    summary="List the accounts",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def list_accounts(request: Request, caller: MayManage) -> dict[str, Any]:
    """All accounts, the oldest first; your own alone, if it is not the owner's."""
    page, parts = read_page(request), parts_of(request)
    own = await own_account(parts, caller.account_id)
    if not own.is_owner:
        return list_object([account_object(own)] if page.after is None else [], has_more=False)
    accounts, more = page.cut(await parts.accounts.list(after=page.after, limit=page.limit + 1))
    return list_object([account_object(account) for account in accounts], has_more=more)


@router.post(
    "/v1/accounts",
    summary="Make an account",
    status_code=201,
    openapi_extra=body_of(NewAccount),
    responses=problems(400, 401, 403),
    response_class=JSONResponse,
)
async def create_account(request: Request, caller: MayManage) -> Response:
    """Make an account, with the credits that the server gives to new ones. The owner's account alone may."""
    parts = parts_of(request)
    await _require_owner(parts, caller)
    asked = await read_object(request, parts, NewAccount)
    made = await parts.accounts.create(asked.name, tier=_tier(asked.tier), balance=parts.starting_balance)
    return JSONResponse(account_object(made), 201)


@router.get("/v1/accounts/{account_id}", summary="One account", responses=problems(401, 403, 404))
async def get_account_by_id(request: Request, account_id: str, caller: MayManage) -> dict[str, Any]:
    """An account: any for the owner, else your own."""
    return account_object(await _visible(parts_of(request), caller, account_id))


@router.patch(
    "/v1/accounts/{account_id}",
    summary="Change an account",
    openapi_extra=body_of(ChangedAccount),
    responses=problems(400, 401, 403, 404),
)
async def change_account(request: Request, account_id: str, caller: MayManage) -> dict[str, Any]:
    """Set name, tier and limits; null takes a limit back to the server's own. The owner's account alone may."""
    parts = parts_of(request)
    account = await _visible(parts, caller, account_id)
    await _require_owner(parts, caller)
    asked = await read_object(request, parts, ChangedAccount)
    given = asked.model_dump(exclude_unset=True)
    if "tier" in given:
        given["tier"] = _tier(asked.tier)
    if asked.spend_cap is not None:
        given["spend_cap"] = micro("spend_cap", asked.spend_cap)
    changed = await parts.accounts.set(replace(account, **given))
    parts.known_keys.forget()  # a key's caller has its account's tier
    assert changed is not None, "it was found above, and accounts are not deleted"  # noqa: S101
    return account_object(changed)


@router.get(
    "/v1/accounts/{account_id}/credits",
    summary="An account's ledger",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403, 404),
)
async def list_account_credits(request: Request, account_id: str, caller: MayManage) -> dict[str, Any]:
    """Every grant, charge, refund and adjustment of an account, newest first."""
    account = await _visible(parts_of(request), caller, account_id)
    return await entries_page(request, account.id)


@router.post(
    "/v1/accounts/{account_id}/grants",
    summary="Grant credits",
    status_code=201,
    openapi_extra={**body_of(NewGrant), "parameters": [IDEMPOTENCY_KEY]},
    responses=problems(400, 401, 403, 404),
    response_class=JSONResponse,
)
async def grant_credits(request: Request, account_id: str, caller: MayManage) -> Response:
    """Add credits to an account, or take them. The owner's account alone may.

    With an `Idempotency-Key` it is done once, however often it is asked; the first entry is the answer.
    """
    parts = parts_of(request)
    reference = idempotency_key(request.headers)
    account = await _visible(parts, caller, account_id)
    await _require_owner(parts, caller)
    asked = await read_object(request, parts, NewGrant)
    amount = micro("amount", asked.amount)
    if amount == 0:
        raise invalid("amount", "`amount` must not be 0.")
    entry = await parts.credits.grant(account.id, amount, note=asked.note, reference=reference)
    assert entry is not None, "the account was found above"  # noqa: S101
    return JSONResponse(entry_object(entry), 201)


async def _visible(parts: Parts, caller: Caller, account_id: str) -> Account:
    """The caller's own account, or any for the owner. Raises NOT_FOUND."""
    own = await own_account(parts, caller.account_id)
    if account_id == own.id:
        return own
    found = await parts.accounts.find(account_id) if own.is_owner and _ID.fullmatch(account_id) else None
    if found is None:
        raise RetouchError(Code.NOT_FOUND, "There is no such account.")
    return found


async def _require_owner(parts: Parts, caller: Caller) -> None:
    if not (await own_account(parts, caller.account_id)).is_owner:
        raise RetouchError(Code.FORBIDDEN, "Only the owner's account may do this.")


def _tier(name: str) -> str:
    if name not in _TIERS:
        raise invalid("tier", f"`tier` must be one of {', '.join(_TIERS)}.")
    return name
