"""Messages to addresses that callers name: sent under the same rules as pictures are read, and no answer is looked at
but its status. A redirect is an answer like any other: it is not followed.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from retouch.domain.errors import invalid
from retouch.fetch.addresses import is_public
from retouch.fetch.connections import ClosedAddressError, Gate, open_session
from retouch.fetch.settings import FetchSettings
from retouch.fetch.targets import UnfitError, is_named

#: What the owner of an address is told of a host that is closed, unknown or silent: no map of our network.
_NO_WAY = "its host is not a public one, cannot be found or does not answer"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message: a status, or why there is none. `seconds` is how long it took."""

    status: int | None
    error: str | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends messages, `settings.seconds` each at most. `resolver` and `gate` replace the real ones in tests."""

    def __init__(
        self, settings: FetchSettings, *, resolver: AbstractResolver | None = None, gate: Gate = is_public
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._gate = gate
        self._public: aiohttp.ClientSession | None = None
        self._named: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._public = open_session(self._resolver or ThreadedResolver(), self._gate)
        self._named = open_session(self._resolver or ThreadedResolver(), None)
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in (self._public, self._named):
            if session is not None:
                await session.close()
        self._public = self._named = None

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """POST a message. Raises nothing: whatever goes wrong is what came of it."""
        started = time.monotonic()
        status, error = None, None
        try:
            async with asyncio.timeout(self._settings.seconds):
                status = await self._post(url, body, headers)
        except TimeoutError:
            error = f"no answer within {self._settings.seconds:g} s"
        except (aiohttp.ClientConnectorError, ClosedAddressError):
            error = _NO_WAY
        except UnfitError as unfit:
            error = str(unfit).rstrip(".")
        except (aiohttp.ClientError, OSError, ValueError):
            error = "the connection broke off, or what came is no HTTP"
        return Sent(status, error, round(time.monotonic() - started, 3))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        if not self._settings.enabled:
            raise UnfitError("this server sends nothing to addresses")
        if self._public is None or self._named is None:
            raise RuntimeError("the sender is not open")
        target = URL(url)
        session = self._named if is_named(target, self._settings, self._gate) else self._public
        sent = {"accept": "*/*", **headers}
        async with session.post(target, data=body, headers=sent, allow_redirects=False) as answer:
            return answer.status


def check_address(url: str, settings: FetchSettings, *, param: str) -> None:
    """Refuse what could never be sent to, before it is kept. Raises INVALID_REQUEST naming `param`.

    Where a name leads to is looked at with each message: it may change.
    """
    if not settings.enabled:
        raise invalid(param, f"`{param}`: this server sends nothing to addresses.")
    try:
        is_named(URL(url), settings, is_public)
    except ClosedAddressError:
        raise invalid(param, f"`{param}`: the address's host is not a public one.") from None
    except UnfitError as error:
        raise invalid(param, f"`{param}`: {error}") from None
    except ValueError:
        raise invalid(param, f"`{param}` must be an http or https address.") from None
