"""Answers of edits on their way to the client, and whether they have arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from retouch.domain.errors import RetouchError
from retouch.domain.picture import Buffer
from retouch.editing import Answer
from retouch.editing.leases import Leases
from retouch.wire import sse
from retouch.wire.answers import Link, answer_headers, stream_answer
from retouch.wire.form import ClientLeft
from retouch.wire.leaving import Presence
from retouch.wire.problems import INTERNAL, error_object

#: Bytes of an event sent at a time: uvicorn copies each piece into a chunk of its own, at best within the caches.
SLICE = 256 * 1024


class Delivery(Protocol):
    """What is told whether an answer has reached its client."""

    async def leave(self) -> None: ...
    def delivered(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an edit was accepted for later; it is made whether or not its client hears of it."""

    leases: Leases
    edit_id: str

    async def leave(self) -> None:
        """A retry joins it."""

    def delivered(self) -> None:
        """No retry joins it any more."""
        self.leases.delivered(self.edit_id)


class Whole(Response):
    """An answer of known length, sent piece by piece, which notes whether its client got it."""

    def __init__(
        self,
        answer: Delivery,
        presence: Presence,
        pieces: Sequence[Buffer],
        headers: Mapping[str, str],
        status: int = 200,
    ) -> None:
        length = sum(map(len, pieces))
        super().__init__(None, status, {**headers, "content-length": str(length)}, "application/json")
        self._answer = answer
        self._presence = presence
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; the last, empty piece follows once the rest is on its way and the client still there."""
        del scope, receive
        try:
            async with self._presence:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                for piece in self._pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (ClientLeft, OSError):
            await self._answer.leave()
        else:
            self._answer.delivered()
        finally:
            self._presence.close()


class EventStream(Response):
    """An edit as server-sent events, with heartbeats, and an end that the SDKs understand."""

    def __init__(self, answer: Answer, presence: Presence, link: Link, heartbeat: float) -> None:
        headers = answer_headers(answer, answer.facts)
        super().__init__(media_type=sse.MEDIA_TYPE, headers={**sse.HEADERS, **headers})
        del self.headers["content-length"]
        self._answer = answer
        self._presence = presence
        self._link = link
        self._heartbeat = heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the edit ends or the client leaves."""
        del scope, receive
        try:
            async with self._presence:
                ended = await self._send_all(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (ClientLeft, OSError):
            await self._answer.leave()
        else:
            if ended:
                self._answer.delivered()
        finally:
            self._presence.close()

    async def _send_all(self, send: Send) -> bool:
        """Send every event; whether the edit ended well."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        events = stream_answer(self._answer, self._link)
        try:
            async for said in sse.with_heartbeats(events, self._heartbeat):
                await _send_event(said, send)
        except OSError:
            raise
        except Exception as error:
            # The status is out already: tell it as an event that both SDKs raise.
            known = error if isinstance(error, RetouchError) else INTERNAL
            await _send_event(sse.event("error", {"type": "error", "error": error_object(known)}), send)
            return False
        return True


async def _send_event(event: sse.Event, send: Send) -> None:
    for piece in event:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE):
            await send({"type": "http.response.body", "body": view[start : start + SLICE], "more_body": True})
