"""How an edit ended that did not succeed: what is kept of it, and the same error made again from that."""

import asyncio
from collections.abc import Mapping
from typing import Any

from retouch.domain.errors import Code, RetouchError

INTERNAL = "An unexpected error occurred while processing your request"


def known(error: BaseException, seconds: float) -> RetouchError:
    """The error as a caller may read it: what nobody foresaw says nothing of itself."""
    match error:
        case RetouchError():
            return error
        case TimeoutError():
            message = f"The edit took longer than {seconds:.0f} s"
            return RetouchError(Code.UPSTREAM_TIMEOUT, message, retryable=False)
        case asyncio.CancelledError():
            return shutting_down()
    return RetouchError(Code.INTERNAL_SERVER_ERROR, INTERNAL, retryable=False)


def shutting_down() -> RetouchError:
    """The server stopped before the edit was done."""
    return RetouchError(Code.OVERLOADED, "The server is shutting down. Please try again.", retry_after=5)


def kept(error: RetouchError) -> dict[str, Any]:
    """An error as JSON."""
    return {
        "code": error.code.value,
        "message": error.message,
        "param": error.param,
        "extras": error.extras,
        "retry_after": error.retry_after,
        "retryable": error.retryable,
    }


def again(kept: Mapping[str, Any]) -> RetouchError:
    """The error that was kept."""
    return RetouchError(
        Code(kept["code"]),
        kept["message"],
        param=kept.get("param"),
        extras=kept.get("extras"),
        retry_after=kept.get("retry_after"),
        retryable=kept.get("retryable"),
    )
