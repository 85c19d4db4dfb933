"""What every stand-in is built on: an HTTP server on loopback that records, obeys its orders, and notices leaving."""

import asyncio
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import BodyPartReader, web

from upstreams.faults import Fault

KEY = "sk-stand-in-key-0123456789abcdef"


@dataclass(frozen=True)
class Part:
    """One part of a form. `filename` and `media_type` are None for text."""

    name: str
    data: bytes
    filename: str | None = None
    media_type: str | None = None

    @property
    def text(self) -> str:
        """The part as text."""
        return self.data.decode()


@dataclass(frozen=True)
class Seen:
    """A request as it arrived: `parts` of a form in their order, or the `json` body."""

    method: str
    path: str
    headers: Mapping[str, str]
    parts: tuple[Part, ...] = ()
    json: Any = None

    def texts(self) -> dict[str, str]:
        """The form's text parts by name."""
        return {part.name: part.text for part in self.parts if part.filename is None}

    def files(self, *names: str) -> list[Part]:
        """The form's files of these names, in order."""
        return [part for part in self.parts if part.filename is not None and part.name in names]


class RefusedError(Exception):
    """The provider's own refusal: a status and a JSON body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass
class Upstream:
    """A provider on 127.0.0.1. Tests read `seen` and `left`, and put orders into `faults`.

    seen: every request whose body was read, in order, refused ones too. arrived: set when a request has been read.
    left: set when a client closed its connection before it had its answer. faults: what is done with the next
    requests, one each; None and an empty queue are good behaviour. repaints: pictures are the first one repainted, as
    generative models make them, and not drawn from nothing.
    """

    key: str = KEY
    faults: deque[Fault | None] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    repaints: bool = False

    async def __aenter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What an operator sets, for APIs below /v1."""
        return f"{self.root}/v1"

    def order(self, *faults: Fault | None) -> None:
        """What to do with the next requests."""
        self.faults.extend(faults)

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """The provider: check what came and answer it. Raises RefusedError."""
        raise NotImplementedError

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        fault = (self.faults.popleft() if self.faults else None) or Fault()
        try:
            return await self._obey(request, fault)
        except asyncio.CancelledError:
            self.left.set()
            raise
        except RefusedError as refused:
            return web.json_response(refused.body, status=refused.status)

    async def _obey(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.unread:
            return hang_up(request)
        seen = await _read(request)
        self.seen.append(seen)
        self.arrived.set()
        if fault.dropped:
            return hang_up(request)
        if fault.hold is not None:
            await fault.hold.wait()
        if fault.status is not None:
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
        return _spoilt(request, await self.answer(request, seen, fault), fault)


def hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close the connection at once."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _spoilt(request: web.Request, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    if fault.mangled:
        response.body = response.body[:-2]
    if fault.cut_after is not None:
        return _Cut(response, fault.cut_after)
    return response


class _Cut(web.Response):
    """An answer that announces its length and breaks off."""

    def __init__(self, whole: web.Response, after: int) -> None:
        super().__init__(body=whole.body, status=whole.status, content_type=whole.content_type)
        self._after = after

    async def write_eof(self, data: bytes = b"") -> None:
        assert isinstance(self.body, bytes)
        assert self._req is not None
        await web.StreamResponse.write(self, self.body[: self._after])
        hang_up(self._req)


async def _read(request: web.Request) -> Seen:
    headers = {name.lower(): value for name, value in request.headers.items()}
    head = (request.method, request.path, headers)
    if request.content_type == "application/json":
        return Seen(*head, json=orjson.loads(await request.read()))
    if request.content_type != "multipart/form-data":
        await request.read()
        return Seen(*head)
    parts = []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read(decode=False))
        parts.append(Part(part.name or "", data, part.filename, part.headers.get("content-type")))
    return Seen(*head, parts=tuple(parts))
