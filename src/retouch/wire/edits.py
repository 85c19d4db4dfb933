"""POST /v1/images/edits: read, begin, deliver."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from retouch.admission.keys import Caller
from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.editing.story import ROUTE
from retouch.projects import Submission
from retouch.wire.answers import Link, answer_headers, json_answer
from retouch.wire.auth import MayEdit
from retouch.wire.form import ClientLeft, Lease, read_edit
from retouch.wire.leaving import Presence
from retouch.wire.parts import Parts, parts_of
from retouch.wire.project_answers import project_headers, project_object
from retouch.wire.request_docs import IDEMPOTENCY_KEY, REQUEST_BODY, RESPONSES
from retouch.wire.sending import EventStream, Receipt, Whole
from retouch.wire.via import not_in_circles

router = APIRouter(tags=["edits"], dependencies=[Depends(not_in_circles)])

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
        presence = Presence(request.receive)
        try:
            answer = await parts.editing.begin(
                asked, caller, _attempt(request.headers), idempotency_key=key, reserve=lease.take, wanted=presence
            )
        except BaseException:
            presence.close()
            raise
        streams = asked.stream
        del asked  # from here on the edit alone holds its pictures, to its end, whoever still waits for it
        answer.when_ended(held.pop_all().close)
    link = _linker(parts, request)
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
    """Accept the edit as a project; 202, and the project. A client that leaves before has asked for nothing."""
    parts, presence = parts_of(request), Presence(request.receive)
    submission = Submission(asked, ROUTE, None, key, _attempt(request.headers))
    try:
        async with presence:
            made = await parts.projects.submit(submission, caller, reserve=lease.take)
    except BaseException:
        presence.close()
        raise
    headers = project_headers(made)
    if _prefers_async(request.headers):
        headers["preference-applied"] = "respond-async"
    receipt = Receipt(parts.editing.leases, made.project.id)
    return Whole(receipt, presence, [orjson.dumps(project_object(made.project, request))], headers, status=202)


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
