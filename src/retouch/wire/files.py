"""GET and HEAD of a signed link: the picture itself, with type, length, ETag and byte ranges (RFC 9110).

No API key: the signature is the permission. Only what our own encoders wrote is served, sandboxed and unsniffed.
"""

import re
import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from retouch.domain.picture import Format
from retouch.stores.links import verify
from retouch.stores.objects import not_found
from retouch.wire.parts import FILES, parts_of

router = APIRouter(tags=["files"])

_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "accept-ranges": "bytes",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@router.api_route("/v1/files/{key:path}", methods=["GET", "HEAD"], summary="An edited image by its signed link")
async def get_file(request: Request, key: str) -> Response:
    """The image behind a link of an edit's answer. 404 when the link is wrong, expired or its image deleted."""
    parts = parts_of(request)
    media_type = _media_type(key)
    if media_type is None or not _signed(request, key, parts.secrets):
        raise not_found()
    stored = await parts.objects.head(key)
    etag = f'"{(stored.etag or "").strip(chr(34))}"'
    headers = {**_SAFE, "etag": etag, "cache-control": "private, max-age=3600, immutable"}
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    span = _span(request, stored.size, etag)
    if span is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{stored.size}"})
    start, end = span
    status = 200
    if (start, end) != (0, stored.size):
        status, headers["content-range"] = 206, f"bytes {start}-{end - 1}/{stored.size}"
    if request.method == "HEAD":
        headers["content-length"] = str(end - start)
        return Response(status_code=status, headers=headers, media_type=media_type)
    body = await parts.objects.get_range(key, start, end)
    return Response(body, status, headers, media_type)


def _signed(request: Request, key: str, secrets: tuple[bytes, ...]) -> bool:
    expires, signature = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
        return False
    return verify(FILES + key, int(expires), signature, secrets, now=time.time())


def _media_type(key: str) -> str | None:
    ending = key.rpartition(".")[2]
    return Format(ending).media_type if ending in set(Format) else None


def _matches(header: str | None, etag: str) -> bool:
    if not header:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag in tags or "*" in tags


def _span(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """The bytes asked for, end exclusive; all of them where no single range applies; None when out of bounds."""
    whole = (0, size)
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return whole  # no range, several ranges or nonsense: RFC 9110 lets a server answer with everything
    condition = request.headers.get("if-range")
    if condition is not None and condition != etag:
        return whole
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end) if start < end else None
