"""Google's error bodies: {"error": {code, message, status, details[]}} (google-genai 3.4.0, errors.py)."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from retouch.domain.errors import UpstreamFailure
from retouch.engines.upstream import Answer, Refusal, retry_after

_LONGEST = 64 * 1024
#: protobuf's Duration in JSON.
_DURATION = re.compile(r"(\d{1,6}(?:\.\d+)?)s")
#: Seen by users of the API for pictures that it cannot read (google-gemini/gemini-cli issues 5064 and 27244).
_BAD_IMAGE = ("unable to process input image", "provided image is not valid")


async def google_refusal(answer: Answer) -> Refusal:
    """What an answer of any status but success says; one that cannot be read still has its status."""
    try:
        body = bytes(await answer.read(_LONGEST))
    except UpstreamFailure:
        body = b""
    return read_google_problem(answer.status, answer.headers, body)


def read_google_problem(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The refusal in an error body.

    A wrong key comes as 400 with ErrorInfo API_KEY_INVALID, and a region or an account without billing as 400
    FAILED_PRECONDITION: both are the operator's account, so they count as the 401 and 403 that others send.
    """
    error = _error(body)
    listed = error.get("details")
    details = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    message, word = str(error.get("message") or ""), str(error.get("status") or "")
    reason = next((str(row["reason"]) for row in details if row.get("reason")), "")
    if status == 400 and reason == "API_KEY_INVALID":
        status = 401
    elif status == 400 and word == "FAILED_PRECONDITION":
        status = 403
    # UNAVAILABLE is "the model is overloaded": Google's own word that nothing was started.
    code = "overloaded" if status == 503 and word == "UNAVAILABLE" else reason or word
    return Refusal(
        status=status,
        message=message,
        code=code,
        param="image" if message.lower().startswith(_BAD_IMAGE) else None,
        retry_after=_delay(details, headers),
    )


def _error(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    # Some of Google's front ends wrap the object in a list.
    found = found[0] if isinstance(found, list) and found else found
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {}


def _delay(details: list[dict[str, Any]], headers: Mapping[str, str]) -> float | None:
    """Seconds from RetryInfo, else from the headers."""
    for row in details:
        if delay := _DURATION.fullmatch(str(row.get("retryDelay", ""))):
            return retry_after({"retry-after": delay[1]})
    return retry_after(headers)
