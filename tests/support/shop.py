"""Edits of the test engine that are charged, and what accounts are told of them."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from support.http import Answer
from support.images import encoded, photo
from support.money import Customer
from support.projects import ask
from support.server import Server

PHOTO = encoded(photo())
IMAGE = base64.b64encode(PHOTO).decode()


async def send(server: Server, who: Customer, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
    """Ask for an edit of the test engine."""
    body = {"model": "repaint", "prompt": "paint it", "image": IMAGE, "response_format": "url", **fields}
    return await ask(server, who, "POST", "/v1/images/edits", body, headers=headers)


async def read(server: Server, who: Customer, path: str) -> Any:
    """What an account is told there."""
    answer = await ask(server, who, "GET", path)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


async def running(server: Server, who: Customer) -> int:
    """How many edits of an account run."""
    return len((await read(server, who, "/v1/edits?state=running"))["data"])


async def reaches(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    """Wait for a number that can only be looked at."""
    async with asyncio.timeout(30):
        while await count() != wanted:
            await asyncio.sleep(0.02)
