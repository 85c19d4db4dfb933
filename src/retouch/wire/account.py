"""What an account has and has used: /v1/account, /v1/balance, /v1/usage, /v1/credits. Always the caller's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request

from retouch.admission.credits import decimal
from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.ledger import Entry
from retouch.domain.model import MICRO, AccountTier
from retouch.stores.accounts import Account
from retouch.stores.credits import Used
from retouch.wire.amounts import seconds
from retouch.wire.auth import MayRead
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import Parts, parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["account"])

#: What usage can be told apart by, and how far back it reaches at most.
BY = ("day", "model", "key")
MOST_DAYS = 366

_USAGE_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "days",
        "in": "query",
        "description": "So many days back, today (UTC) included.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": 30},
    },
    {
        "name": "by",
        "in": "query",
        "description": "What to tell apart: `day`, `model`, `key`, with commas between them.",
        "schema": {"type": "string", "default": "day,model,key"},
    },
]


@router.get("/v1/account", summary="Your account", responses=problems(401, 403))
async def get_account(request: Request, caller: MayRead) -> dict[str, Any]:
    """Tier and whole credits, as Magic Hour's SDK reads them (magic_hour 0.90.0); and the limits that are set."""
    account = await own_account(parts_of(request), caller.account_id)
    whole = account.balance // MICRO
    return {**account_object(account), "email": None, "credits": whole, "subscription": None}


@router.get("/v1/balance", summary="Your balance", responses=problems(401, 403))
async def get_balance(request: Request, caller: MayRead) -> dict[str, Any]:
    """What is left, and what was spent in all, in credits."""
    account = await own_account(parts_of(request), caller.account_id)
    return {
        "object": "balance",
        "balance": decimal(account.balance),
        "spent": decimal(account.spent),
        "unlimited": account.unlimited,
    }


@router.get(
    "/v1/credits",
    summary="Your ledger",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def list_credits(request: Request, caller: MayRead) -> dict[str, Any]:
    """Every grant, charge, refund and adjustment, newest first, each with the balance after it."""
    return await entries_page(request, caller.account_id)


@router.get(
    "/v1/usage",
    summary="Your usage",
    openapi_extra={"parameters": _USAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def get_usage(request: Request, caller: MayRead) -> dict[str, Any]:
    """Edits, images, credits and what providers are reckoned to ask, by day, model and key; the latest day first."""
    for name in request.query_params:
        if name not in {"days", "by"}:
            raise RetouchError(Code.UNSUPPORTED_PARAMETER, f"`{name}` is not a parameter of usage.", param=name)
    by = list(dict.fromkeys(filter(None, request.query_params.get("by", ",".join(BY)).split(","))))
    if set(by) - set(BY):
        raise invalid("by", f"`by` takes {', '.join(BY)}, with commas between them.")
    text = request.query_params.get("days") or "30"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_DAYS):
        raise invalid("days", f"`days` must be a whole number from 1 to {MOST_DAYS}.")
    now = datetime.now(UTC)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=int(text) - 1)
    found = await parts_of(request).credits.usage(caller.account_id, since, now, by)
    return {
        "object": "list",
        "since": seconds(since),
        "until": seconds(now),
        "data": [usage_object(used) for used in found],
    }


async def own_account(parts: Parts, account_id: str) -> Account:
    """An account that is known to be there, because a key of it was shown."""
    found = await parts.accounts.find(account_id)
    assert found is not None, "keys go with their account"  # noqa: S101
    return found


async def entries_page(request: Request, account_id: str) -> dict[str, Any]:
    """A page of an account's ledger."""
    page = read_page(request)
    after = None
    if page.after is not None:
        if not (page.after.isascii() and page.after.isdigit() and len(page.after) < 19):
            raise invalid("after", "`after` must be the `last_id` of another page.")
        after = int(page.after)
    found = await parts_of(request).credits.entries(account_id, after=after, limit=page.limit + 1)
    entries, more = page.cut(found)
    return list_object([entry_object(entry) for entry in entries], has_more=more)


def account_object(account: Account) -> dict[str, Any]:
    """An account. Amounts in credits; a limit that is null is the server's own."""
    return {
        "id": account.id,
        "object": "account",
        "name": account.name,
        "tier": account.tier,
        "resolutions": list(AccountTier(account.tier).resolutions),
        "balance": decimal(account.balance),
        "spent": decimal(account.spent),
        "unlimited": account.unlimited,
        "limits": {
            "requests_per_minute": account.requests_per_minute,
            "concurrent_edits": account.concurrent_edits,
            "images_per_day": account.images_per_day,
            "spend_cap": None if account.spend_cap is None else decimal(account.spend_cap),
        },
        "created_at": seconds(account.created_at),
    }


def entry_object(entry: Entry) -> dict[str, Any]:
    """A line of the ledger, in credits: grants and refunds above 0, charges below."""
    return {
        "id": str(entry.id),
        "object": "entry",
        "kind": entry.kind,
        "amount": decimal(entry.amount),
        "balance": decimal(entry.balance),
        "edit_id": entry.edit_id,
        "note": entry.note,
        "created_at": seconds(entry.created_at),
    }


def usage_object(used: Used) -> dict[str, Any]:
    """A line of usage: credits after refunds, and the providers' estimated cost in dollars."""
    named = {"day": used.day and used.day.isoformat(), "model": used.model, "key_id": used.key_id}
    return {
        **{name: value for name, value in named.items() if value is not None},
        "edits": used.edits,
        "complete": used.complete,
        "images": used.images,
        "charged": decimal(used.charged),
        "refunded": decimal(used.refunded),
        "credits": decimal(used.charged - used.refunded),
        "cost": used.cost / 1e6,
    }
