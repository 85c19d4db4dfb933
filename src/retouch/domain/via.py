"""The servers that a request has come through, so that one whose engine leads back to it is found and refused.

Each Retouch names itself in the header `retouch-via` of what its engines send to other servers of the kind.
"""

import hashlib
import re
from contextvars import ContextVar

from retouch.domain.errors import Code, RetouchError

HEADER = "retouch-via"
#: So many servers may stand in a row.
MOST = 4

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_via: ContextVar[tuple[str, ...]] = ContextVar("via", default=())


def server_name(secret: bytes) -> str:
    """What a server is called on the way: the same in all processes that share a secret, and not the secret."""
    return hashlib.sha256(b"retouch-via\0" + secret).hexdigest()[:16]


def arrive(header: str | None, own: str) -> None:
    """Note where the request of this task has come from, and that it is here, at the server `own`.

    Raises INVALID_REQUEST naming the header where it has been here before, or has come too far.
    """
    names = _NAME.findall(header or "")
    if own in names:
        raise _refusal("This request has come through this server before: an engine's base_url leads back to it.")
    if len(names) >= MOST:
        raise _refusal(f"This request has come through {len(names)} servers; at most {MOST} may stand in a row.")
    _via.set((*names, own))


def onward() -> dict[str, str]:
    """The header for what this task's request is passed on to; none where no request is behind it."""
    names = _via.get()
    return {HEADER: ", ".join(names)} if names else {}


def _refusal(message: str) -> RetouchError:
    return RetouchError(Code.INVALID_REQUEST, message, param=HEADER, retryable=False)
