"""The yardstick: the least that a gateway in Python can do which still looks at its request.

    python -m benchmarks.gateway.lean PORT PROVIDER

The whole body is read, cut at its boundaries without copying, each picture's PNG header checked, and the form put
together anew with another model's name; the answer goes back piece by piece, untouched. It keeps no promise, no
record and no limit: what it costs is what moving the bytes costs.
"""

import re
import struct
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvloop
from aiohttp import web

_BOUNDARY = b"lean-7f3a9c51e0"
_NAME = re.compile(rb'[; ]name="([^"]*)"')
_FILE = re.compile(rb'filename="([^"]*)"')
_KEPT = {"content-type", "content-length", "x-request-id"}
_SESSION = web.AppKey("session", aiohttp.ClientSession)


def parts(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes, memoryview]]:
    """Name, file name (b"" for text) and bytes of each part."""
    mark, view = b"--" + boundary, memoryview(body)
    found: list[tuple[bytes, bytes, memoryview]] = []
    at = body.find(mark)
    while True:
        at += len(mark)
        if body[at : at + 2] == b"--":
            return found
        head = body.find(b"\r\n\r\n", at)
        end = body.find(b"\r\n" + mark, head)
        name, file = _NAME.search(body, at, head), _FILE.search(body, at, head)
        if head < 0 or end < 0 or name is None:
            raise web.HTTPBadRequest
        found.append((name[1], file[1] if file else b"", view[head + 4 : end]))
        at = end + 2


def rebuilt(found: list[tuple[bytes, bytes, memoryview]]) -> bytes:
    """The form for the provider."""
    out: list[bytes | memoryview] = []
    for name, file, data in found:
        out.append(b'--%s\r\nContent-Disposition: form-data; name="%s"' % (_BOUNDARY, name))
        if not file:
            out.append(b"\r\n\r\n%s\r\n" % (b"gpt-image-1" if name == b"model" else bytes(data)))
            continue
        width, height = struct.unpack(">II", data[16:24])
        if bytes(data[:8]) != b"\x89PNG\r\n\x1a\n" or width * height > 40_000_000:
            raise web.HTTPBadRequest
        out += [b'; filename="%s"\r\nContent-Type: image/png\r\n\r\n' % file, data, b"\r\n"]
    return b"".join([*out, b"--%s--\r\n" % _BOUNDARY])


async def handle(request: web.Request) -> web.StreamResponse:
    """One edit."""
    if request.headers.get("authorization") != "Bearer lean":
        raise web.HTTPUnauthorized
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    form = rebuilt(parts(await request.read(), boundary))
    request._read_bytes = None  # the body is not needed any more
    kind = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    headers = {"authorization": "Bearer provider", "content-type": kind}
    session, url = request.app[_SESSION], sys.argv[2] + request.path
    async with session.post(url, data=form, headers=headers) as got:
        del form
        kept = {name: value for name, value in got.headers.items() if name.lower() in _KEPT}
        answer = web.StreamResponse(status=got.status, headers=kept)
        await answer.prepare(request)
        async for piece in got.content.iter_any():
            await answer.write(piece)
        await answer.write_eof()
        return answer


async def session(app: web.Application) -> AsyncIterator[None]:
    """The connections to the provider."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False, read_bufsize=2**18) as opened:
        app[_SESSION] = opened
        yield


if __name__ == "__main__":
    uvloop.install()
    application = web.Application(client_max_size=2**30)
    application.cleanup_ctx.append(session)
    application.router.add_post("/{path:.*}", handle)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
