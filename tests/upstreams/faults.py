"""What a stand-in provider is ordered to do with one request instead of behaving well."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One order. What is None or False is done as usual, so that a fault may combine several.

    unread: close the connection before the request's body is read. dropped: read it all and close without an answer.
    hold: answer only once this is set. status, body, headers: answer this instead. cut_after: send so many bytes of
    the usual answer's body, then close. mangled: send the usual answer with its end cut off, as if it were whole.
    size: draw pictures of this size. images: draw so many.
    """

    unread: bool = False
    dropped: bool = False
    hold: asyncio.Event | None = None
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    mangled: bool = False
    size: tuple[int, int] | None = None
    images: int | None = None


def answers(status: int, body: object = b"", **headers: str) -> Fault:
    """Answer with this status; a body that is not bytes is sent as JSON. `retry_after="3"` is the header."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, body=raw, headers={"content-type": kind, **named})


def busy(**headers: str) -> Fault:
    """429, as OpenAI puts it."""
    error = {"message": "Rate limit reached", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    return answers(429, {"error": error}, **headers)


def fails() -> Fault:
    """500 with a body that must not be relayed."""
    error = {"message": "Traceback: /srv/secret/path.py", "type": "server_error", "param": None, "code": None}
    return answers(500, {"error": error})


def expired(key: str) -> Fault:
    """401, with the key in its message."""
    message = f"Incorrect API key provided: {key}. You can find your API key at https://platform.example/keys."
    code = "invalid_api_key"
    return answers(401, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})


def slow(until: asyncio.Event) -> Fault:
    """Answer well, but not before `until` is set."""
    return Fault(hold=until)


def cut(after: int = 100) -> Fault:
    """Send so many bytes of the answer's body, then close."""
    return Fault(cut_after=after)


def drops() -> Fault:
    """Read the request and close without a word."""
    return Fault(dropped=True)


def hangs_up() -> Fault:
    """Close before the request is read."""
    return Fault(unread=True)


def mangles() -> Fault:
    """An answer that is no JSON."""
    return Fault(mangled=True)


def draws(*, size: tuple[int, int] | None = None, images: int | None = None) -> Fault:
    """Pictures of another size, or another number of them."""
    return Fault(size=size, images=images)
