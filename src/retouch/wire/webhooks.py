"""/v1/webhooks: where an account wants to be told of its projects, and what was told. Always the caller's own."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field
from starlette.responses import JSONResponse, Response

from retouch.domain.errors import Code, RetouchError, invalid
from retouch.domain.webhook import EVENTS, Delivery, Webhook, new_secret
from retouch.fetch import check_address
from retouch.stores.webhooks import MOST
from retouch.wire.amounts import seconds
from retouch.wire.auth import MayManage
from retouch.wire.json_object import JsonObject, body_of, read_object
from retouch.wire.keys import NO_STORE
from retouch.wire.pages import PAGE_PARAMETERS, list_object, read_page
from retouch.wire.parts import parts_of
from retouch.wire.request_docs import problems

router = APIRouter(tags=["webhooks"])

_ID = re.compile(r"wh_[0-9a-z]{26}")
_DELIVERY = re.compile(r"dlv_[0-9a-z]{26}")
_STATES = ("pending", "delivered", "failed")
_STATE_PARAMETER = {
    "name": "state",
    "in": "query",
    "description": "Only messages that stand so.",
    "schema": {"type": "string", "enum": list(_STATES)},
}

Event = Literal["image.started", "image.completed", "image.errored"]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must hold no control characters")
    return text


Address = Annotated[
    str, Field(max_length=2048, description="An http or https address that is public."), AfterValidator(_printable)
]
Events = Annotated[list[Event], Field(min_length=1, max_length=10, description="What to be told of. Default: all.")]
Description = Annotated[str, Field(max_length=500, description="What it is for."), AfterValidator(_printable)]


class NewWebhook(JsonObject):
    """Where to be told."""

    url: Address
    events: Events | None = None
    description: Description | None = None


class ChangedWebhook(JsonObject):
    """What to change; what is left out stays."""

    url: Address | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="Whether messages are sent. Those of the last 24 hours wait.")


@router.post(
    "/v1/webhooks",
    summary="Make a webhook",
    status_code=201,
    openapi_extra=body_of(NewWebhook),
    responses=problems(400, 401, 403),
    response_class=JSONResponse,
)
async def create_webhook(request: Request, caller: MayManage) -> Response:
    """Have your projects' changes told to an address of yours. `secret` is shown this once."""
    parts = parts_of(request)
    asked = await read_object(request, parts, NewWebhook)
    check_address(asked.url, parts.addresses, param="url")
    secret = new_secret()
    made = await parts.webhooks.add(
        caller.account_id,
        secret,
        url=asked.url,
        description=asked.description or "",
        events=_events(asked.events) or sorted(EVENTS.values()),
        base_url=parts.base_url(request),
    )
    if made is None:
        raise RetouchError(Code.FORBIDDEN, f"An account may have {MOST} webhooks: delete one first.")
    return JSONResponse({**webhook_object(made), "secret": secret}, 201, NO_STORE)


@router.get(
    "/v1/webhooks",
    summary="List your webhooks",
    openapi_extra={"parameters": PAGE_PARAMETERS},
    responses=problems(400, 401, 403),
)
async def list_webhooks(request: Request, caller: MayManage) -> dict[str, Any]:
    """The webhooks of your account, newest first."""
    page = read_page(request)
    found = await parts_of(request).webhooks.list(caller.account_id, after=page.after, limit=page.limit + 1)
    shown, more = page.cut(found)
    return list_object([webhook_object(webhook) for webhook in shown], has_more=more)


@router.get("/v1/webhooks/{webhook_id}", summary="One webhook", responses=problems(401, 403, 404))
async def get_webhook(request: Request, webhook_id: str, caller: MayManage) -> dict[str, Any]:
    """A webhook of your account."""
    return webhook_object(await _find(request, webhook_id, caller.account_id))


@router.patch(
    "/v1/webhooks/{webhook_id}",
    summary="Change a webhook",
    openapi_extra=body_of(ChangedWebhook),
    responses=problems(400, 401, 403, 404),
)
async def change_webhook(request: Request, webhook_id: str, caller: MayManage) -> dict[str, Any]:
    """Change address, events or description, or turn it off and on."""
    parts = parts_of(request)
    await _find(request, webhook_id, caller.account_id)
    asked = await read_object(request, parts, ChangedWebhook)
    if asked.url is not None:
        check_address(asked.url, parts.addresses, param="url")
    changed = await parts.webhooks.change(
        webhook_id,
        caller.account_id,
        url=asked.url,
        events=_events(asked.events),
        description=asked.description,
        enabled=asked.enabled,
    )
    return webhook_object(_found(changed))


@router.delete(
    "/v1/webhooks/{webhook_id}",
    summary="Delete a webhook",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
async def delete_webhook(request: Request, webhook_id: str, caller: MayManage) -> Response:
    """Send nothing to it any more, and forget what was sent."""
    if not (_ID.fullmatch(webhook_id) and await parts_of(request).webhooks.delete(webhook_id, caller.account_id)):
        raise _no_webhook()
    return Response(status_code=204)


@router.post(
    "/v1/webhooks/{webhook_id}/rotate",
    summary="Give a webhook a new secret",
    responses=problems(401, 403, 404),
    response_class=JSONResponse,
)
async def rotate_webhook(request: Request, webhook_id: str, caller: MayManage) -> Response:
    """`secret` is shown this once. For 24 hours `webhook-signature` also holds a signature by the former one."""
    secret = new_secret()
    await _find(request, webhook_id, caller.account_id)
    changed = await parts_of(request).webhooks.rotate(webhook_id, caller.account_id, secret)
    return JSONResponse({**webhook_object(_found(changed)), "secret": secret}, headers=NO_STORE)


@router.get(
    "/v1/webhooks/{webhook_id}/deliveries",
    summary="What was told to a webhook",
    openapi_extra={"parameters": [*PAGE_PARAMETERS, _STATE_PARAMETER]},
    responses=problems(400, 401, 403, 404),
)
async def list_deliveries(request: Request, webhook_id: str, caller: MayManage) -> dict[str, Any]:
    """Its messages, newest first, each with every try. They are kept for 30 days."""
    page, state = read_page(request, "state"), request.query_params.get("state") or None
    if state is not None and state not in _STATES:
        raise invalid("state", f"`state` must be one of {', '.join(_STATES)}.")
    await _find(request, webhook_id, caller.account_id)
    found = await parts_of(request).webhooks.deliveries(
        webhook_id, caller.account_id, state=state, after=page.after, limit=page.limit + 1
    )
    shown, more = page.cut(found)
    return list_object([delivery_object(delivery) for delivery in shown], has_more=more)


@router.post(
    "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    summary="Send a message again",
    status_code=202,
    responses=problems(400, 401, 403, 404),
)
async def redeliver(request: Request, webhook_id: str, delivery_id: str, caller: MayManage) -> dict[str, Any]:
    """Send it at once, and try for another 24 hours, whatever came of it before. It keeps its id."""
    webhook = await _find(request, webhook_id, caller.account_id)
    if not webhook.enabled:
        raise RetouchError(Code.INVALID_REQUEST, "This webhook is turned off: PATCH `enabled` to true first.")
    if not _DELIVERY.fullmatch(delivery_id):
        raise _no_delivery()
    again = await parts_of(request).webhooks.redeliver(delivery_id, webhook_id, caller.account_id)
    if again is None:
        raise _no_delivery()
    return delivery_object(again)


def webhook_object(webhook: Webhook) -> dict[str, Any]:
    """A webhook as answers show it, without its secret. Times in Unix seconds."""
    return {
        "id": webhook.id,
        "object": "webhook",
        "url": webhook.url,
        "description": webhook.description,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        "disabled_because": webhook.disabled_because,
        "failing_since": seconds(webhook.failing_since),
        "created_at": seconds(webhook.created_at),
    }


def delivery_object(delivery: Delivery) -> dict[str, Any]:
    """A message as answers show it. What the address answered is not shown, but for the status."""
    return {
        "id": delivery.id,
        "object": "webhook.delivery",
        "event": delivery.event,
        "project_id": delivery.project_id,
        "state": delivery.state,
        "tries": list(delivery.log),
        "next_try_at": seconds(delivery.next_at) if delivery.state == "pending" else None,
        "created_at": seconds(delivery.created_at),
        "delivered_at": seconds(delivery.delivered_at),
    }


def _events(asked: list[Event] | None) -> list[str] | None:
    return None if asked is None else sorted(set(asked))


async def _find(request: Request, webhook_id: str, account_id: str) -> Webhook:
    """The caller's webhook. Raises NOT_FOUND, for another's as for none."""
    if not _ID.fullmatch(webhook_id):  # PostgreSQL takes no NUL
        raise _no_webhook()
    return _found(await parts_of(request).webhooks.find(webhook_id, account_id))


def _found(webhook: Webhook | None) -> Webhook:
    if webhook is None:
        raise _no_webhook()
    return webhook


def _no_webhook() -> RetouchError:
    return RetouchError(Code.NOT_FOUND, "Your account has no such webhook.")


def _no_delivery() -> RetouchError:
    return RetouchError(Code.NOT_FOUND, "This webhook has no such delivery.")
