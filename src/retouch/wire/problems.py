"""Errors as HTTP answers: one table from code to status, and the bodies that each family of clients reads.

The default body serves the OpenAI SDKs (`error` object) and clients of flat gateways (`code`, `message` at the top)
at once; only the type of `error` cannot be both, so the header `retouch-error-format` or the key's own setting
selects another form (design.md, Errors).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import orjson
from starlette.responses import Response

from retouch.admission.credits import LimitReached
from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import Rate

ErrorFormat = Literal["openai", "flat", "message"]
FORMATS: tuple[ErrorFormat, ...] = ("openai", "flat", "message")

#: Above this the OpenAI Python SDK gives up on the header instead of waiting (openai 3.52.0, _base_client.py).
LONGEST_RETRY_AFTER = 120


@dataclass(frozen=True, slots=True)
class Row:
    """How one code looks on the wire. `title` is the plain sentence of the flat form."""

    status: int
    type: str
    code: str
    title: str


_REQUEST = "invalid_request_error"

TABLE: Mapping[Code, Row] = {
    Code.INVALID_REQUEST: Row(400, _REQUEST, "invalid_value", "Invalid request"),
    Code.UNSUPPORTED_PARAMETER: Row(400, _REQUEST, "unknown_parameter", "Unsupported parameter"),
    Code.INVALID_IMAGE: Row(400, _REQUEST, "invalid_image", "Invalid image"),
    Code.INVALID_MASK: Row(400, _REQUEST, "invalid_mask", "Invalid mask"),
    Code.PROMPT_NOT_SUPPORTED: Row(400, _REQUEST, "unsupported_edit", "Prompt not supported"),
    Code.MASK_REQUIRED: Row(400, _REQUEST, "mask_required", "Mask required"),
    Code.CONTENT_POLICY_VIOLATION: Row(
        400, "image_generation_user_error", "moderation_blocked", "Content policy violation"
    ),
    Code.INVALID_MODEL: Row(400, _REQUEST, "model_not_found", "Invalid model specified"),
    Code.INVALID_API_KEY: Row(401, _REQUEST, "invalid_api_key", "Invalid API key"),
    Code.INSUFFICIENT_BALANCE: Row(402, "insufficient_quota", "insufficient_balance", "Insufficient balance"),
    Code.FORBIDDEN: Row(403, _REQUEST, "forbidden", "Forbidden"),
    Code.NOT_FOUND: Row(404, _REQUEST, "not_found", "Not found"),
    Code.REQUEST_TIMEOUT: Row(408, _REQUEST, "request_timeout", "Request timeout"),
    Code.IDEMPOTENCY_CONFLICT: Row(409, _REQUEST, "idempotency_conflict", "Idempotency conflict"),
    Code.GONE: Row(410, _REQUEST, "gone", "Gone"),
    Code.PAYLOAD_TOO_LARGE: Row(413, _REQUEST, "payload_too_large", "Payload too large"),
    Code.RATE_LIMIT_EXCEEDED: Row(429, "requests", "rate_limit_exceeded", "Rate limit exceeded"),
    Code.INTERNAL_SERVER_ERROR: Row(500, "server_error", "internal_server_error", "Internal server error"),
    Code.UPSTREAM_ERROR: Row(502, "server_error", "upstream_error", "Upstream error"),
    Code.OVERLOADED: Row(503, "server_error", "overloaded", "Overloaded"),
    Code.UPSTREAM_TIMEOUT: Row(504, "server_error", "upstream_timeout", "Upstream timeout"),
}

#: What the caller reads when the cause is ours: never the exception's own text.
INTERNAL = RetouchError(
    Code.INTERNAL_SERVER_ERROR, "An unexpected error occurred while processing your request", retryable=False
)


def error_object(error: RetouchError) -> dict[str, Any]:
    """The `error` object of OpenAI's bodies; also the payload of an error event in a stream."""
    row = TABLE[error.code]
    return {"message": error.message, "type": row.type, "param": error.param, "code": row.code}


def problem_body(error: RetouchError, form: ErrorFormat) -> dict[str, Any]:
    """The whole body of an error answer in one of the three forms."""
    if form == "message":
        return {"message": error.message}
    extras = dict(error.extras)
    if error.retry_after is not None:
        extras["retry_after"] = error.retry_after
    head = TABLE[error.code].title if form == "flat" else error_object(error)
    return {"error": head, "code": error.code.value, "message": error.message, **extras}


def problem_headers(error: RetouchError) -> dict[str, str]:
    """`retry-after` where it helps, `x-should-retry: false` where a retry cannot mend anything."""
    headers: dict[str, str] = {}
    wait = error.retry_after
    if wait is not None and 0 < wait <= LONGEST_RETRY_AFTER:
        headers["retry-after"] = str(ceil(wait))  # never too early
    if isinstance(error, LimitReached):
        headers.update(rate_headers(error.rate))
    if error.retryable is False or _hopeless(error):
        headers["x-should-retry"] = "false"
    if error.code is Code.INVALID_API_KEY:
        headers["www-authenticate"] = "Bearer"
    if error.code in {Code.REQUEST_TIMEOUT, Code.PAYLOAD_TOO_LARGE}:
        headers["connection"] = "close"  # the rest of the body is still on its way
    return headers


def rate_headers(rate: Rate | None) -> dict[str, str]:
    """The limit of requests a minute as OpenAI's headers tell it; none where none is set."""
    if rate is None:
        return {}
    return {
        "x-ratelimit-limit-requests": str(rate.limit),
        "x-ratelimit-remaining-requests": str(rate.remaining),
        "x-ratelimit-reset-requests": f"{ceil(rate.reset)}s",
    }


def problem(error: RetouchError, form: ErrorFormat, status: int | None = None) -> Response:
    """An error as an answer. `status` replaces the table's where a route needs another (GET /v1/models/{id}: 404)."""
    return Response(
        orjson.dumps(problem_body(error, form)),
        status or TABLE[error.code].status,
        problem_headers(error),
        "application/json",
    )


#: Where project routes have words of their own (magic_hour 0.90.0, error schemas).
_PROJECT_MESSAGES = {Code.INVALID_API_KEY: "Unauthorized", Code.NOT_FOUND: "Not Found"}
_PROJECT_ROUTES = ("/v1/ai-image-editor", "/v1/image-projects", "/v1/files/upload-urls", "/v1/files/api-assets/")


def is_project_route(path: str) -> bool:
    """Whether an address is one of Magic Hour's API, whose errors are `{"message"}` unless the caller wants others."""
    return path.startswith(_PROJECT_ROUTES)


def project_problem(error: RetouchError, form: ErrorFormat) -> Response:
    """An error as Magic Hour's API answers it: a value that is not allowed is 422."""
    if form == "message" and error.code in _PROJECT_MESSAGES:
        error = RetouchError(error.code, _PROJECT_MESSAGES[error.code], retryable=False)
    return problem(error, form, 422 if error.code is Code.INVALID_REQUEST else None)


def chosen_format(headers: Mapping[str, str], default: ErrorFormat, key: str | None = None) -> ErrorFormat:
    """The body's form: the request's header, then the key's own setting, then the server's default."""
    for wanted in (headers.get("retouch-error-format"), key):
        for form in FORMATS:
            if wanted == form:
                return form
    return default


def _hopeless(error: RetouchError) -> bool:
    status = TABLE[error.code].status
    too_long = error.retry_after is not None and error.retry_after > LONGEST_RETRY_AFTER
    return too_long or (status < 500 and status not in {408, 429})
