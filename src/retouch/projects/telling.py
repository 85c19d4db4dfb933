"""Messages about projects, sent to the addresses that accounts have named.

What is to be told lies in the outbox (stores/webhooks.py), written with the change itself. Every process that works
empties it: what one has taken and not told, because it died, another sends a minute later. So a message may come twice,
under one id.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson

from retouch.domain.errors import DatabaseAway
from retouch.domain.ledger import EditState
from retouch.domain.project import Project
from retouch.domain.webhook import EVENTS, Message, signed
from retouch.fetch import Sender
from retouch.projects.showing import project_object
from retouch.stores.webhooks import Webhooks

_log = logging.getLogger("retouch.webhooks")

#: Messages under way in a process, and of those to one address: one that hangs does not hold up the others.
PLACES, EACH = 16, 4
#: Seconds between looks at the outbox, and between the times that it is tidied.
LOOK, TIDY = 0.5, 60.0
#: Pauses between tries: 1, 2, 4, 8 s and so on, at most an hour, as Magic Hour's guides have it; each up to half less,
#: so that messages held up together do not come back together.
LONGEST = timedelta(hours=1)
_DOUBLINGS = 12

#: The event that is told of before the project ends.
_STARTED = EVENTS["rendering"]


class Finding(Protocol):
    """Where projects are kept."""

    async def find(self, id_: str, account_id: str, /) -> Project | None:
        """An account's project."""
        ...


#: Makes a signed address below a base: of an image's key, until a Unix second.
LinkBelow = Callable[[str, str, int], str]


class Teller:
    """Sends what lies in the outbox. `public_url` begins links where the operator has set it."""

    def __init__(
        self,
        webhooks: Webhooks,
        projects: Finding,
        sender: Sender,
        link: LinkBelow,
        *,
        public_url: str | None,
        keep_seconds: float,
    ) -> None:
        self._webhooks = webhooks
        self._projects = projects
        self._sender = sender
        self._link = link
        self._public_url = public_url
        self._keep_seconds = keep_seconds
        self._under_way: set[asyncio.Task[None]] = set()
        self._to: Counter[str] = Counter()
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled. What is under way then is sent again later, by whoever is there."""
        tidied = -TIDY
        try:
            while True:
                self._freed.clear()
                try:
                    await self._take()
                    if time.monotonic() - tidied >= TIDY:
                        tidied = time.monotonic()
                        await self._webhooks.tidy()
                except DatabaseAway:
                    pass  # the log was told where it was noticed; messages wait for the next look
                except Exception:
                    _log.exception("messages could not be read; trying again")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), LOOK)
        finally:
            for task in self._under_way:
                task.cancel()
            if self._under_way:
                await asyncio.wait(self._under_way)

    async def _take(self) -> None:
        free = PLACES - len(self._under_way)
        if free <= 0:
            return
        busy = [webhook for webhook, count in self._to.items() if count >= EACH]
        for message in await self._webhooks.claim(most=free, each=EACH, busy=busy):
            self._to[message.webhook_id] += 1
            task = asyncio.create_task(self._tell(message))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._under_way.discard(task)
        self._freed.set()
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, DatabaseAway):
            _log.error("a message could not be sent; it is tried again", exc_info=error)

    async def _tell(self, message: Message) -> None:
        try:
            body = orjson.dumps({"type": message.event, "payload": await self._payload(message)})
            keys = [message.secret, *([message.former_secret] if message.former_secret else [])]
            now = datetime.now(UTC)
            headers = signed(message.id, int(now.timestamp()), body, keys)
            sent = await self._sender.send(message.url, body, {"content-type": "application/json", **headers})
            entry = {
                "at": int(now.timestamp()),
                "status": sent.status,
                "error": None if sent.ok else sent.error or _REFUSED,
                "seconds": sent.seconds,
            }
            await self._webhooks.note(message, entry, ok=sent.ok, pause=pause(message.number))
        finally:
            self._to[message.webhook_id] -= 1
            if not self._to[message.webhook_id]:
                del self._to[message.webhook_id]

    async def _payload(self, message: Message) -> dict[str, Any]:
        project = await self._projects.find(message.project_id, message.account_id)
        if project is None:
            raise LookupError(f"{message.project_id} is gone")
        if message.event == _STARTED:  # as it was then, however late this comes
            project = replace(project, state=EditState.RUNNING, outputs=(), error=None, refunded=0, finished_at=None)
        base = self._public_url or message.base_url
        return project_object(project, lambda key, expires: self._link(base, key, expires), self._keep_seconds)


#: What the log says of any status that is no success.
_REFUSED = "it did not answer with success"


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    longest = min(timedelta(seconds=2 ** min(tries - 1, _DOUBLINGS)), LONGEST)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nobody gains by guessing it
