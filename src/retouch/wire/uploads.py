"""Pictures handed in beforehand, as Magic Hour's API has it: ask for an address, PUT the bytes there, name the path.

Facts from magic_hour 0.90.0: the SDK sends neither key nor content type with the PUT, and takes any 2xx.
"""

import time
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from retouch.domain.errors import invalid
from retouch.domain.project import Upload
from retouch.projects import ENDINGS, PREFIX, Place
from retouch.projects.showing import iso
from retouch.stores.links import sign, verify
from retouch.stores.objects import not_found
from retouch.wire.auth import MayEdit
from retouch.wire.form import Body, FormBounds
from retouch.wire.json_object import JsonObject, body_of, read_object
from retouch.wire.parts import FILES, Parts, parts_of
from retouch.wire.project_docs import UPLOADS, answers

router = APIRouter(tags=["projects"])


class File(JsonObject):
    """A file to be handed in."""

    type: Literal["image", "video", "audio"]
    extension: str = Field(description=f"One of {', '.join(ENDINGS)}, without a dot. What counts is the content.")


class NewUploads(JsonObject):
    """Files to be handed in."""

    items: list[File] = Field(min_length=1, max_length=100)


@router.post(
    "/v1/files/upload-urls",
    summary="Addresses to upload pictures to",
    openapi_extra=body_of(NewUploads),
    responses=answers(UPLOADS, 403, 422),
    response_class=Response,
)
async def create_uploads(request: Request, caller: MayEdit) -> Response:
    """For each file an address that takes one PUT within an hour, and the path by which requests name it for a week."""
    parts = parts_of(request)
    asked = await read_object(request, parts, NewUploads)
    for at, file in enumerate(asked.items):
        if file.type != "image":
            raise invalid(f"items[{at}].type", f"`items[{at}].type` must be image: nothing else is edited here.")
        if file.extension not in ENDINGS:
            raise invalid(f"items[{at}].extension", f"`items[{at}].extension` must be one of {', '.join(ENDINGS)}.")
    places = await parts.uploading.offer(caller, [file.extension for file in asked.items])
    return JSONResponse(
        {
            "items": [
                {"upload_url": _url(place, request), "expires_at": iso(place.expires_at), "file_path": place.path}
                for place in places
            ]
        }
    )


@router.put(
    "/v1/files/" + PREFIX + "{name}",
    summary="Upload a picture to its address",
    responses=answers(None, 403, 404, 410, 413, 503),
    response_class=Response,
)
async def put_upload(request: Request, name: str) -> Response:
    """Take the picture, once. No API key: the signature is the permission."""
    parts = parts_of(request)
    upload = await parts.uploading.find(PREFIX + name)
    if not _signed(request, upload, parts.secrets):
        raise not_found()
    upload = await parts.uploading.claim(upload, parts.bounds.body_seconds)
    try:
        with parts.budget.lease() as lease:
            body = Body(request.receive, request.headers, _bounds(upload, parts), lease)
            data = bytearray()
            while piece := await body.piece():
                data += piece
            await parts.uploading.keep(upload, data)
    except BaseException:
        await parts.uploading.release(upload)
        raise
    return Response(status_code=200)


def _bounds(upload: Upload, parts: Parts) -> FormBounds:
    own = parts.bounds
    return FormBounds(body_bytes=upload.max_bytes, body_seconds=own.body_seconds, idle_seconds=own.idle_seconds)


def _url(place: Place, request: Request) -> str:
    parts, expires = parts_of(request), int(place.expires_at.timestamp())
    signature = sign(FILES + place.path, expires, parts.secrets[0], purpose=_purpose(place))
    query = urlencode({"expires": expires, "signature": signature})
    return f"{parts.base_url(request)}{FILES}{place.path}?{query}"


def _signed(request: Request, upload: Upload, secrets: tuple[bytes, ...]) -> bool:
    expires, signature = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
        return False
    path, purpose = FILES + upload.path, _purpose(upload)
    return verify(path, int(expires), signature, secrets, now=time.time(), purpose=purpose)


def _purpose(upload: Upload | Place) -> str:
    """What else the signature holds: whose it is, and how much may come."""
    return f"upload {upload.account_id} {upload.max_bytes}"
