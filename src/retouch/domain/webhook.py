"""Addresses at which accounts are told of their projects, and the messages to them, signed."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: Events by the project's status that they tell of, as Magic Hour names them (webhook-reference/openapi.json).
EVENTS: Mapping[str, str] = {"rendering": "image.started", "complete": "image.completed", "error": "image.errored"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address of an account. `failing_since`: when the first of only failures was; the secret is not told again."""

    id: str
    account_id: str
    url: str
    description: str
    events: Sequence[str]
    enabled: bool
    failing_since: datetime | None
    disabled_because: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as its log shows it: `state` is pending, delivered or failed; `log` has an entry for each try."""

    id: str
    event: str
    project_id: str
    state: str
    next_at: datetime
    log: Sequence[Mapping[str, Any]]
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that was taken to be sent. `tries` is the fence, `number` counts from 1;
    `former_secret` signs too while it still counts."""

    id: str
    webhook_id: str
    account_id: str
    project_id: str
    event: str
    tries: int
    number: int
    url: str
    base_url: str
    secret: str
    former_secret: str | None


_PREFIX = "whsec_"


def new_secret() -> str:
    """A new secret of 256 random bits, in the spelling that Standard Webhooks and Magic Hour share."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(message_id: str, timestamp: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers that prove a message, made at `timestamp` (Unix seconds): the first of `keys` is the secret of now.

    Standard Webhooks (standard-webhooks.md, v1): HMAC-SHA256 by the bytes behind `whsec_`, over id, timestamp and body,
    one signature a key. Magic Hour: by the whole secret as text, over timestamp and body, one signature alone.
    """
    stamp = str(timestamp)
    standard = [_v1(key, b".".join((message_id.encode(), stamp.encode(), body))) for key in keys]
    plain = hmac.digest(keys[0].encode(), b".".join((stamp.encode(), body)), "sha256").hex()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(standard),
        "magic-hour-event-timestamp": stamp,
        "magic-hour-event-signature": plain,
    }


def _v1(key: str, content: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(raw, content, "sha256")).decode()
