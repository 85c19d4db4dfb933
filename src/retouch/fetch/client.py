"""The client that reads a caller's addresses: bounded, pinned, and re-checked at every redirect."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from retouch.domain.edit import ImageInput
from retouch.domain.errors import invalid, invalid_image
from retouch.domain.picture import Buffer
from retouch.domain.units import in_words
from retouch.fetch.addresses import is_public
from retouch.fetch.connections import ClosedAddressError, Gate, open_session
from retouch.fetch.settings import FetchSettings
from retouch.fetch.targets import UnfitError, is_named

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Called with the size of each piece, bytes, before it is kept; may raise to stop the fetch.
Reserve = Callable[[int], None]


class OwnFiles(Protocol):
    """Knows the addresses of files that this server keeps itself."""

    async def read(self, url: str, param: str, most: int) -> Buffer | None:
        """A file of at most `most` bytes, or None where the address is not ours. Raises RetouchError as `fetch`."""
        ...


class Fetcher:
    """Reads pictures from addresses; opened and closed with the application, on its event loop.

    What `own` knows is read from there, also where fetching is off. `resolver` and `gate` replace the system's
    resolver and `is_public` in tests.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        own: OwnFiles | None = None,
        resolver: AbstractResolver | None = None,
        gate: Gate = is_public,
    ) -> None:
        self._settings = settings
        self._own = own
        self._resolver = resolver
        self._gate = gate
        self._places = asyncio.Semaphore(settings.at_once)
        self._public: aiohttp.ClientSession | None = None
        self._named: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the two clients: one for the public internet, one for the hosts that the operator named."""
        self._public = open_session(self._resolver or ThreadedResolver(), self._gate)
        self._named = open_session(self._resolver or ThreadedResolver(), None)

    async def close(self) -> None:
        """Close the clients and whatever they are reading."""
        for session in (self._public, self._named):
            if session is not None:
                await session.close()
        self._public = self._named = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def fetch_all(
        self, images: Sequence[ImageInput], *, at_once: int = 4, reserve: Reserve | None = None
    ) -> tuple[ImageInput, ...]:
        """The same pictures in the same order, those given by address now with their bytes.

        At most `at_once` are read at a time; the first failure stops the others. Raises RetouchError as `fetch`.
        """
        places = asyncio.Semaphore(at_once)

        async def one(image: ImageInput) -> ImageInput:
            if image.url is None or image.data is not None:
                return image
            async with places:
                data = await self.fetch(image.url, param=image.field, reserve=reserve)
            return replace(image, data=data, url=None)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(image)) for image in images]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return tuple(task.result() for task in tasks)

    async def fetch(self, url: str, *, param: str, reserve: Reserve | None = None) -> Buffer:
        """What an http(s) address holds, at most `max_bytes` bytes; whether it is a picture is not looked at.

        Raises RetouchError: INVALID_IMAGE naming `param`, INVALID_REQUEST where fetching is off; and what `reserve`
        raises. A host that is closed, unknown or silent always gives the same sentence, so that the answers are no
        map of our network.
        """
        try:
            async with asyncio.timeout(self._settings.seconds), self._places:
                if self._own and (kept := await self._own.read(url, param, self._settings.max_bytes)) is not None:
                    if reserve is not None:
                        reserve(len(kept))
                    return kept
                if not self._settings.enabled:
                    raise invalid(param, f"`{param}`: this server does not fetch addresses; send the picture itself.")
                return await self._follow(url, param, reserve)
        except TimeoutError:
            seconds = f"{self._settings.seconds:g}"
            raise invalid_image(param, f"`{param}`: the address was not read within {seconds} s.") from None
        except (aiohttp.ClientConnectorError, ClosedAddressError):
            raise invalid_image(
                param, f"`{param}`: the address's host is not a public one, cannot be found or does not answer."
            ) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise invalid_image(param, f"`{param}`: the address could not be read.") from None

    async def _follow(self, url: str, param: str, reserve: Reserve | None) -> Buffer:
        target = URL(url)
        for _ in range(self._settings.redirects + 1):
            session = self._session(target, param)
            async with session.get(target, allow_redirects=False) as answer:
                if answer.status not in _REDIRECTS:
                    return await self._read(answer, param, reserve)
                target = target.join(URL(answer.headers.get("location", "")))
        raise invalid_image(param, f"`{param}`: the address redirects more than {self._settings.redirects} times.")

    def _session(self, target: URL, param: str) -> aiohttp.ClientSession:
        """The client that may read `target`: each hop comes through here before anything is sent."""
        if self._public is None or self._named is None:
            raise RuntimeError("the fetcher is not open")
        try:
            return self._named if is_named(target, self._settings, self._gate) else self._public
        except UnfitError as error:
            raise invalid_image(param, f"`{param}`: {error}") from None

    async def _read(self, answer: aiohttp.ClientResponse, param: str, reserve: Reserve | None) -> Buffer:
        if answer.status != HTTPStatus.OK:
            raise invalid_image(param, f"`{param}`: the address answered with status {answer.status}.")
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise invalid_image(param, f"`{param}`: the address answered with compressed content.")
        data = bytearray()
        self._bound(answer.content_length or 0, param)
        async for piece in answer.content.iter_any():
            self._bound(len(data) + len(piece), param)
            if reserve is not None:
                reserve(len(piece))
            data += piece
        if not data:
            raise invalid_image(param, f"`{param}`: the address holds nothing.")
        return data

    def _bound(self, size: int, param: str) -> None:
        if size > self._settings.max_bytes:
            raise invalid_image(param, f"`{param}`: the address holds more than {in_words(self._settings.max_bytes)}.")
