"""fal's errors: of a model, of a request, of an account.

Shapes and words from fal's pages "Model errors", "Request errors" and "Queue", and from the Python client 1.0.3:
`{"detail": [{loc, msg, type}]}` (a model), `{"detail": "text", "error_type"}` (a request; the type is also the header
x-fal-error-type), `{"detail": "text"}` (auth, balance, unknown application).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from retouch.domain.errors import Accepted, Code, UpstreamFailure
from retouch.engines.upstream import Answer, Refusal, blocked, clean, refused, retry_after

PROVIDER = "fal"
_LONGEST = 64 * 1024
_FIELDS = {"prompt": "prompt", "image_url": "image", "image_urls": "image", "mask_url": "mask"}


@dataclass(frozen=True, slots=True)
class _Word:
    """What an error type comes to. All of these may go better elsewhere."""

    code: Code
    message: str
    accepted: Accepted
    param: str | None = None


_BAD_IMAGE = _Word(Code.INVALID_IMAGE, "fal cannot use `image`", Accepted.NO, "image")
# The platform gave up before a model had the request; it charges nothing.
_NOT_STARTED = _Word(Code.OVERLOADED, "The provider fal is busy", Accepted.NO)
_WORDS = {
    # How the Nano Banana endpoints refuse; it sometimes goes better at another try.
    "no_media_generated": _Word(Code.UPSTREAM_ERROR, "The provider fal gave no image", Accepted.YES),
    "generation_timeout": _Word(Code.UPSTREAM_TIMEOUT, "The provider fal took too long", Accepted.YES),
    "feature_not_supported": _Word(Code.INVALID_REQUEST, "fal's model cannot do this edit", Accepted.NO),
    "file_download_error": _Word(Code.UPSTREAM_ERROR, "The provider fal could not read its input", Accepted.NO),
    **dict.fromkeys(
        ("image_too_small", "image_too_large", "image_load_error", "file_too_large", "unsupported_image_format"),
        _BAD_IMAGE,
    ),
    "face_detection_error": _BAD_IMAGE,
    **dict.fromkeys(
        ("request_timeout", "startup_timeout", "runner_scheduling_failure", "runner_connection_timeout"),
        _NOT_STARTED,
    ),
    "runner_connection_refused": _NOT_STARTED,
    "runner_disconnected": _Word(Code.UPSTREAM_ERROR, "The provider fal lost its worker", Accepted.YES),
}


async def fal_refusal(answer: Answer) -> Refusal:
    """What an answer of any status but success says; one that cannot be read still has its status."""
    try:
        body = bytes(await answer.read(_LONGEST))
    except UpstreamFailure:
        body = b""
    return read_fal_problem(answer.status, answer.headers, body)


def read_fal_problem(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The refusal in an error body. An exhausted balance comes as 403, and counts as the 402 that it is."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    found = found if isinstance(found, dict) else {}
    detail = found.get("detail")
    first: dict[str, Any] = {}
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        first = detail[0]
    message = str(first.get("msg") or (detail if isinstance(detail, str) else ""))
    if status == 403 and "balance" in message.lower():
        status = 402
    return Refusal(
        status=status,
        message=message,
        code=str(first.get("type") or found.get("error_type") or headers.get("x-fal-error-type") or ""),
        param=_param(first.get("loc")),
        retry_after=retry_after(headers),
    )


def submit_failure(refusal: Refusal) -> UpstreamFailure:
    """The queue did not take the request."""
    return _by_word(refusal) or refused(PROVIDER, refusal)


def job_failure(refusal: Refusal) -> UpstreamFailure:
    """The queue took the request, and its result is an error: the job is over, and fal charges for images alone."""
    failure = _by_word(refusal) or refused(PROVIDER, refusal)
    # What was refused as an input was not worked on; whatever else went wrong, the model had it.
    refused_input = refusal.code in _WORDS or refusal.status in {400, 422}
    if failure.accepted is Accepted.UNKNOWN or not refused_input:
        failure.accepted = Accepted.YES
    return failure


def _by_word(refusal: Refusal) -> UpstreamFailure | None:
    if refusal.code == "content_policy_violation":
        return blocked(PROVIDER, refusal.message, accepted=Accepted.YES)
    word = _WORDS.get(refusal.code)
    if word is None:
        return None
    said = clean(refusal.message) if word.code is not Code.OVERLOADED else ""
    return UpstreamFailure(
        word.code,
        word.message + (f": {said}" if said else "."),
        accepted=word.accepted,
        elsewhere=True,
        cause=f"{PROVIDER}: {refusal.status} {refusal.code}",
        param=word.param,
        retry_after=refusal.retry_after,
    )


def _param(where: object) -> str | None:
    """`["body", "image_urls", 0]` is our `image`."""
    names = [name for name in where if isinstance(name, str) and name != "body"] if isinstance(where, list) else []
    return _FIELDS.get(names[0], names[0]) if names else None
