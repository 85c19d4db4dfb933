"""Somebody who receives webhooks, and checks them as Standard Webhooks and Magic Hour's guide say."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

TOLERANCE = 300


@dataclass(frozen=True)
class Received:
    """A message as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    def is_signed(self, secret: str) -> bool:
        """By both kinds of signature, now."""
        return self.is_standard(secret) and self.is_magic_hours(secret)

    def is_standard(self, secret: str) -> bool:
        """Standard Webhooks: any of the signatures may be right."""
        stamp = self.headers["webhook-timestamp"]
        content = f"{self.headers['webhook-id']}.{stamp}.".encode() + self.body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split() and _is_now(stamp)

    def is_magic_hours(self, secret: str) -> bool:
        """Magic Hour: one signature, in hexadecimal."""
        stamp = self.headers["magic-hour-event-timestamp"]
        right = hmac.new(secret.encode(), f"{stamp}.".encode() + self.body, hashlib.sha256).hexdigest()
        return right == self.headers["magic-hour-event-signature"] and _is_now(stamp)


def _is_now(stamp: str) -> bool:
    return abs(time.time() - int(stamp)) < TOLERANCE


@dataclass
class Receiver:
    """A server on 127.0.0.1: `answers` are the statuses of the next messages, one each; 204 when there are none."""

    answers: deque[int] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._news = asyncio.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}/hook"
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def until(self, enough: Callable[[list[Received]], bool], seconds: float = 60) -> None:
        """Wait until what was received is enough."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: enough(self.received))

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self._news:
            self.received.append(Received(headers, body))
            self._news.notify_all()
        status = self.answers.popleft() if self.answers else 204
        return web.Response(status=status, headers={"location": "/elsewhere"} if status in {302, 307} else {})
