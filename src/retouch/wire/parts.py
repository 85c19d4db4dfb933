"""What the routes are given: the parts that `app/parts.py` built, and the few settings that show on the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from retouch.admission.keys import Caller, authenticate
from retouch.admission.remembered import RememberedKeys
from retouch.admission.sessions import SessionStore, find_session, same_origin
from retouch.admission.tokens import Tokens
from retouch.admission.uses import Uses
from retouch.editing import Editing
from retouch.fetch import FetchSettings
from retouch.projects import Submitting, Uploading
from retouch.routing.choose import Chooser
from retouch.stores.accounts import Accounts
from retouch.stores.api_keys import ApiKeys
from retouch.stores.credits import Credits
from retouch.stores.ledger import Ledger
from retouch.stores.links import signed
from retouch.stores.objects import Objects
from retouch.stores.traffic import Traffic
from retouch.stores.webhooks import Webhooks
from retouch.wire.form import Budget, FormBounds
from retouch.wire.problems import ErrorFormat, chosen_format, is_project_route

#: Where signed links lead.
FILES = "/v1/files/"

#: The cookie of somebody who is signed in to the pages.
SESSION_COOKIE = "retouch_session"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a route may use. `secrets` signs links: the first one new ones, all of them are accepted.

    Outputs are kept for `keep_seconds`; a new account starts with `starting_balance` micro-credits.
    """

    editing: Editing
    chooser: Chooser
    projects: Submitting
    uploading: Uploading
    keys: ApiKeys
    known_keys: RememberedKeys
    tokens: Tokens
    uses: Uses
    sessions: SessionStore
    ledger: Ledger
    accounts: Accounts
    credits: Credits
    traffic: Traffic
    webhooks: Webhooks
    addresses: FetchSettings
    objects: Objects
    secrets: tuple[bytes, ...]
    ready: Callable[[], Awaitable[None]]
    bounds: FormBounds
    budget: Budget
    public_url: str | None
    link_seconds: int
    keep_seconds: float
    starting_balance: int
    heartbeat_seconds: float
    metrics_public: bool
    default_error_format: ErrorFormat
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def authenticate(self, request: Request) -> Caller:
        """Who is asking. Raises INVALID_API_KEY."""
        caller = await self.signed_in(request)
        if caller is None:
            headers = request.headers
            caller = await authenticate(
                self.known_keys, headers.get("authorization"), headers.get("api-key"), self.tokens
            )
        self.uses.note(caller.key_id)
        request.state.caller = caller
        return caller

    async def signed_in(self, request: Request) -> Caller | None:
        """Who sent this by a page of ours, signed in and showing no key; None for everybody else."""
        headers, cookie = request.headers, request.cookies.get(SESSION_COOKIE)
        if not cookie or "authorization" in headers or "api-key" in headers:
            return None
        origins = {str(base).rstrip("/") for base in (self.public_url, request.base_url) if base}
        return await find_session(self.sessions, cookie) if same_origin(headers, origins) else None

    def error_format(self, request: Request) -> ErrorFormat:
        """The form in which this caller reads errors."""
        caller: Caller | None = getattr(request.state, "caller", None)
        default = "message" if is_project_route(request.url.path) else self.default_error_format
        return chosen_format(request.headers, default, caller.error_format if caller else None)

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
