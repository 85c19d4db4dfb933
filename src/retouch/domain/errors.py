"""What can go wrong, in words that a caller may read.

A `RetouchError` is the only exception whose text reaches a caller; anything else becomes INTERNAL_SERVER_ERROR
and its text stays in the log. Codes know nothing of HTTP: `wire/problems.py` maps them to statuses and bodies.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum


class Code(StrEnum):
    """Every error code of the public API (design.md, Errors)."""

    INVALID_REQUEST = "INVALID_REQUEST"
    UNSUPPORTED_PARAMETER = "UNSUPPORTED_PARAMETER"
    INVALID_IMAGE = "INVALID_IMAGE"
    INVALID_MASK = "INVALID_MASK"
    PROMPT_NOT_SUPPORTED = "PROMPT_NOT_SUPPORTED"
    MASK_REQUIRED = "MASK_REQUIRED"
    CONTENT_POLICY_VIOLATION = "CONTENT_POLICY_VIOLATION"
    INVALID_MODEL = "INVALID_MODEL"
    INVALID_API_KEY = "INVALID_API_KEY"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    GONE = "GONE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    OVERLOADED = "OVERLOADED"
    UPSTREAM_TIMEOUT = "UPSTREAM_TIMEOUT"


class RetouchError(Exception):
    """An error whose message is meant for the caller.

    `param` is the request field at fault, spelled as the caller spells it. `extras` go into the top level of the
    body (`not_understood`, `can_do`, `current_balance` ...). `retry_after` is in seconds; `retryable=False` says
    that trying again cannot help, whatever the status suggests.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        param: str | None = None,
        extras: Mapping[str, object] | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.extras = dict(extras or {})
        self.retry_after = retry_after
        self.retryable = retryable

    def __reduce__(self) -> tuple[Callable[..., "RetouchError"], tuple[object, ...]]:
        # Exceptions pickle by their positional arguments only; this one comes back from worker processes whole.
        return _rebuild, (self.code, self.message, vars(self))


class DatabaseAway(RetouchError):  # noqa: N818 - it names what happened
    """The database does not answer. The log is told where it is noticed (stores/database.py), and nowhere else."""


def _rebuild(code: Code, message: str, rest: dict[str, object]) -> RetouchError:
    error = RetouchError(code, message)
    vars(error).update(rest)
    return error


def invalid(param: str, message: str) -> RetouchError:
    """A value that is not allowed: `message` says what is."""
    return RetouchError(Code.INVALID_REQUEST, message, param=param)


def invalid_image(param: str, message: str) -> RetouchError:
    """An input picture that cannot be used."""
    return RetouchError(Code.INVALID_IMAGE, message, param=param)


def invalid_mask(message: str, param: str = "mask") -> RetouchError:
    """A mask that cannot be used."""
    return RetouchError(Code.INVALID_MASK, message, param=param)


class Accepted(StrEnum):
    """Whether a provider took a call on: only what it surely did not may be sent again (design.md, Retries)."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"


class UpstreamFailure(RetouchError):  # noqa: N818 - it is what failed, not another kind of error
    """A provider's failure, with what routing has to know: is the call spent, and does another route help.

    `accepted` is NO when the provider surely did not start (connection refused, 429, a refusal before work), UNKNOWN
    when the body was sent and no answer came, YES when it worked and failed. `elsewhere` says that another route may
    still succeed; a caller's own mistake and a content refusal fail everywhere alike. `cause` is a short plain cause
    for the edit's record: no secrets, no bodies.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        accepted: Accepted,
        elsewhere: bool,
        cause: str,
        param: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(code, message, param=param, retry_after=retry_after, retryable=retryable)
        self.accepted = accepted
        self.elsewhere = elsewhere
        self.cause = cause


def withdrawn(cause: str) -> UpstreamFailure:
    """Nobody waited for the images any more, and it is sure that no provider makes them or charges for them."""
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        "The edit was cancelled before it began, because its client had left.",
        accepted=Accepted.NO,
        elsewhere=False,
        cause=cause,
    )
