"""The web pages: files of `retouch/studio`, as they are, under a Content-Security-Policy that lets in nothing else.

A page is one HTML file and one ES module; they speak the public API and know nothing that it does not tell.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from retouch.domain.errors import Code, RetouchError

router = APIRouter(include_in_schema=False)

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

#: No inline script or style, nothing from elsewhere, no frame. Pictures that the page made itself are blobs.
POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self' blob:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
))  # fmt: skip

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Asked for anew each time, and answered 304: a new version is whole at once.
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the pages, plain and packed."""

    media_type: str
    data: bytes
    packed: bytes
    etag: str


@router.get("/")
async def home() -> Response:
    """The studio is what a browser sees first."""
    return RedirectResponse("/studio/", status_code=307, headers=_HEADERS)


@router.get("/studio/{path:path}", response_class=Response)
async def page(request: Request, path: str) -> Response:
    """A page, by its name without its ending, or a style or module. 404 for what is not there."""
    found = pages().get(path or "index.html") or pages().get(f"{path}.html")
    if found is None:
        raise RetouchError(Code.NOT_FOUND, "Not Found")
    headers = {**_HEADERS, "etag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers={**headers, "content-encoding": "gzip"}, media_type=found.media_type)
    return Response(found.data, headers=headers, media_type=found.media_type)


@cache
def pages() -> Mapping[str, Page]:
    """Every file of the pages by its path. Read once: only these names are ever served."""
    return dict(_walk(files("retouch.studio"), ""))


def _walk(folder: Traversable, path: str) -> list[tuple[str, Page]]:
    found: list[tuple[str, Page]] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _walk(item, f"{path}{item.name}/")
        elif media_type := _TYPES.get(item.name.rpartition(".")[2]):
            data = item.read_bytes()
            etag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
            found.append((path + item.name, Page(media_type, data, gzip.compress(data, mtime=0), etag)))
    return found
