"""POST /v1/images/edits: read, begin, deliver."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from retouch.admission.keys import Caller
from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Buffer
from retouch.editing import Answer
from retouch.editing.story import ROUTE
from retouch.projects import Submission
from retouch.wire import sse
from retouch.wire.answers import Link, answer_headers, json_answer, stream_answer
from retouch.wire.auth import MayEdit
from retouch.wire.form import ClientLeft, Lease, read_edit
from retouch.wire.leaving import Presence
from retouch.wire.parts import Parts, parts_of
from retouch.wire.problems import INTERNAL, error_object
from retouch.wire.project_answers import project_headers, project_object
from retouch.wire.request_docs import IDEMPOTENCY_KEY, REQUEST_BODY, RESPONSES
from retouch.wire.via import not_in_circles

router = APIRouter(tags=["edits"], dependencies=[Depends(not_in_circles)])

#: Bytes of an event sent at a time: uvicorn copies each piece into a chunk of its own, at best within the caches.
SLICE = 256 * 1024
#: Characters of an Idempotency-Key.
LONGEST_KEY = 255


@router.post(
    "/v1/images/edits",
    summary="Edit an image",
    openapi_extra={"requestBody": REQUEST_BODY, "parameters": [IDEMPOTENCY_KEY]},
    responses=RESPONSES,
    response_class=Response,
)
async def create_edit(request: Request, caller: MayEdit) -> Response:
    """Edit one or more images by a prompt, and answer with the edited image or images.

    The body is multipart/form-data, as the OpenAI SDKs send it, or JSON.
    """
    parts = parts_of(request)
    key = idempotency_key(request.headers)
    with ExitStack() as held:
        lease = held.enter_context(parts.budget.lease())
        asked = await read_edit(request.receive, request.headers, parts.bounds, lease)
        if asked.deferred or (_prefers_async(request.headers) and not asked.stream):
            return await _later(request, replace(asked, deferred=True), caller, key, lease)
        attempt = _attempt(request.headers)
        answer = await parts.editing.begin(asked, caller, attempt, idempotency_key=key, reserve=lease.take)
        streams = asked.stream
        del asked  # from here on the edit alone holds its pictures, to its end, whoever still waits for it
        answer.when_ended(held.pop_all().close)
    link, presence = _linker(parts, request), Presence(request.receive)
    if streams:
        return EventStream(answer, presence, link, parts.heartbeat_seconds)
    try:
        async with presence:
            body, facts = await json_answer(answer, link)
    except BaseException as error:
        presence.close()
        if isinstance(error, ClientLeft):
            await answer.leave()
        raise
    return Whole(answer, presence, body, answer_headers(answer, facts))


async def _later(request: Request, asked: EditRequest, caller: Caller, key: str | None, lease: Lease) -> Response:
    """Accept the edit as a project; 202, and the project."""
    made = await parts_of(request).projects.submit(Submission(asked, ROUTE, None, key), caller, reserve=lease.take)
    headers = project_headers(made)
    if _prefers_async(request.headers):
        headers["preference-applied"] = "respond-async"
    return JSONResponse(project_object(made.project, request), 202, headers)


def _prefers_async(headers: Mapping[str, str]) -> bool:
    """RFC 7240."""
    wishes = headers.get("prefer", "").lower().split(",")
    return any(wish.partition(";")[0].strip() == "respond-async" for wish in wishes)


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The request's Idempotency-Key. Raises INVALID_REQUEST for one that is too long or not printable."""
    key = headers.get("idempotency-key", "").strip()
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters."
        raise RetouchError(Code.INVALID_REQUEST, message, param="Idempotency-Key")
    return key or None


def _attempt(headers: Mapping[str, str]) -> int | None:
    """How many times the OpenAI SDK has tried before: 0 on its first (openai 3.52.0, _base_client.py); None: not it."""
    text = headers.get("x-stainless-retry-count", "")
    return int(text) if text.isdecimal() and len(text) < 4 else None


def _linker(parts: Parts, request: Request) -> Link:
    return lambda key: parts.link(request, key, int(time.time()) + parts.link_seconds)


class Whole(Response):
    """An answer of known length, sent piece by piece, which notes whether its client got it."""

    def __init__(
        self, answer: Answer, presence: Presence, pieces: Sequence[Buffer], headers: Mapping[str, str]
    ) -> None:
        length = sum(map(len, pieces))
        super().__init__(media_type="application/json", headers={**headers, "content-length": str(length)})
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
