"""What the routes are given: the parts that `app.py` built, and the few settings that show on the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from retouch.admission.keys import Caller, KeyStore, authenticate
from retouch.editing import Editing
from retouch.routing.choose import Chooser
from retouch.stores.links import signed
from retouch.stores.objects import Objects
from retouch.wire.form import Budget, FormBounds
from retouch.wire.problems import ErrorFormat, chosen_format

#: Where signed links lead.
FILES = "/v1/files/"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a route may use. `secrets` signs links: the first one new ones, all of them are accepted."""

    editing: Editing
    chooser: Chooser
    keys: KeyStore
    objects: Objects
    secrets: tuple[bytes, ...]
    ready: Callable[[], Awaitable[None]]
    bounds: FormBounds
    budget: Budget
    public_url: str | None
    link_seconds: int
    heartbeat_seconds: float
    metrics_public: bool
    default_error_format: ErrorFormat
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def authenticate(self, request: Request) -> Caller:
        """Who is asking. Raises INVALID_API_KEY."""
        headers = request.headers
        caller = await authenticate(self.keys, headers.get("authorization"), headers.get("api-key"))
        request.state.caller = caller
        return caller

    def error_format(self, request: Request) -> ErrorFormat:
        """The form in which this caller reads errors."""
        caller: Caller | None = getattr(request.state, "caller", None)
        return chosen_format(request.headers, self.default_error_format, caller.error_format if caller else None)

    def base_url(self, request: Request) -> str:
        """Where callers reach this server, without a slash at the end."""
        return self.public_url or str(request.base_url).rstrip("/")

    def link(self, request: Request, key: str, expires_at: int) -> str:
        """A signed address of a stored picture, good until the Unix second `expires_at`."""
        return self.base_url(request) + signed(FILES + key, expires_at, self.secrets[0])


def parts_of(request: Request) -> Parts:
    """The parts that serve this request."""
    parts: Parts = request.app.state.parts
    return parts
