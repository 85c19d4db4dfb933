"""Refusals over HTTP, field by field, in the form of the first seed and in that of OpenAI."""

import json
from typing import Any

import pytest

from retouch.stores.database import Database
from support.money import Customer, balance, customer
from support.server import Server
from support.shop import send

SEED_402 = {
    "error": "Insufficient balance",
    "code": "INSUFFICIENT_BALANCE",
    "message": "Account balance is too low for this operation",
    "current_balance": 1.25,
    "required_amount": 5,
}


async def test_402_in_both_forms(shop: Server, database: Database) -> None:
    """The first seed's body, field by field, and the one that OpenAI's SDKs read."""
    who = await customer(database, 1.25)
    flat = await send(shop, who, headers={"retouch-error-format": "flat"})
    assert (flat.status, json.loads(flat.body)) == (402, SEED_402)
    nested = json.loads((await send(shop, who)).body)
    assert nested.pop("error") == {
        "message": SEED_402["message"],
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_balance",
    }
    assert nested == {name: value for name, value in SEED_402.items() if name != "error"}
    assert flat.headers["x-should-retry"] == "false"
    assert await balance(database, who) == 1.25


async def test_429_in_both_forms(shop: Server, database: Database) -> None:
    """Its retry_after is true to the millisecond; the header is rounded up."""
    who = await customer(database, 100, requests_per_minute=1)
    first = await send(shop, who)
    limits = [first.headers[f"x-ratelimit-{name}-requests"] for name in ("limit", "remaining", "reset")]
    assert limits == ["1", "0", "60s"]
    flat = await send(shop, who, headers={"retouch-error-format": "flat"})
    body = json.loads(flat.body)
    wait = body.pop("retry_after")
    assert flat.status == 429
    assert body.pop("message").startswith("Too many requests. Please try again later.")
    assert body == {"error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED"}
    assert 0 < wait <= 60
    assert wait <= int(flat.headers["retry-after"]) < wait + 1
    assert flat.headers["x-ratelimit-remaining-requests"] == "0"
    nested = json.loads((await send(shop, who)).body)
    assert (nested["error"]["type"], nested["error"]["code"]) == ("requests", "rate_limit_exceeded")
    assert nested["code"] == "RATE_LIMIT_EXCEEDED"
    shift = b"update request_windows set began = began - make_interval(secs => %(wait)s) where holder = %(id)s"
    await database.run(shift, {"wait": wait, "id": who.account})
    assert (await send(shop, who)).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "flat", "nested"),
    [
        (
            {"model": "no-such-model"},
            400,
            {"error": "Invalid model specified", "code": "INVALID_MODEL"},
            {"type": "invalid_request_error", "code": "model_not_found"},
        ),
        (
            {"prompt": "crash"},
            500,
            {
                "error": "Internal server error",
                "code": "INTERNAL_SERVER_ERROR",
                "message": "An unexpected error occurred while processing your request",
            },
            {"type": "server_error", "code": "internal_server_error"},
        ),
    ],
)
async def test_400_and_500_in_both_forms(  # noqa: PLR0917
    shop: Server,
    database: Database,
    fields: dict[str, Any],
    status: int,
    flat: dict[str, str],
    nested: dict[str, str],
) -> None:
    """And nothing is charged in the end."""
    who = await customer(database, 100)
    answer = await send(shop, who, headers={"retouch-error-format": "flat"}, **fields)
    body = json.loads(answer.body)
    assert answer.status == status
    assert body == {"message": body["message"], **flat}
    found = json.loads((await send(shop, who, **fields)).body)
    assert {name: found["error"][name] for name in nested} == nested
    assert (found["code"], found["message"]) == (flat["code"], body["message"])
    assert await balance(database, who) == 100


async def test_401_in_both_forms(shop: Server, database: Database) -> None:
    stranger = Customer("", "", "rt-nobody")
    flat = await send(shop, stranger, headers={"retouch-error-format": "flat"})
    body = json.loads(flat.body)
    assert (flat.status, body) == (401, {**body, "error": "Invalid API key", "code": "INVALID_API_KEY"})
    assert set(body) == {"error", "code", "message"}
    nested = json.loads((await send(shop, stranger)).body)
    assert (nested["error"]["type"], nested["error"]["code"]) == ("invalid_request_error", "invalid_api_key")
