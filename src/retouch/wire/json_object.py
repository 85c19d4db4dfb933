"""A small JSON body, read within bounds and checked against a model; an error names the field and what is allowed."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from retouch.domain.errors import Code, RetouchError, invalid
from retouch.wire.form import Body, FormBounds
from retouch.wire.parts import Parts

#: No body of this kind is longer unless a route says so, bytes.
MAX_BYTES = 64 * 1024

_START = re.compile(r"^(Input|Value|String|List|Value error,) (should|must) ")


class JsonObject(BaseModel):
    """The fields of a request body: of the right type, none unknown. One that is null is absent, unless it says so."""

    model_config = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=True)


Fields = TypeVar("Fields", bound=JsonObject)


async def read_object(
    request: Request, parts: Parts, fields: type[Fields], *, optional: bool = False, max_bytes: int = MAX_BYTES
) -> Fields:
    """The body of a request; an empty one is `{}` where a body is `optional`.

    Raises RetouchError: INVALID_REQUEST, UNSUPPORTED_PARAMETER, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT.
    """
    data = bytearray()
    with parts.budget.lease() as lease:
        bounds = FormBounds(body_bytes=max_bytes, body_seconds=30, idle_seconds=10)
        body = Body(request.receive, request.headers, bounds, lease)
        while piece := await body.piece():
            data += piece
    try:
        return fields.model_validate_json(bytes(data) or (b"{}" if optional else b""))
    except ValidationError as error:
        raise _told(error, fields) from None


def body_of(fields: type[JsonObject], *, required: bool = True) -> dict[str, Any]:
    """What the OpenAPI document says of a body."""
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": fields.model_json_schema()}}}
    }


def _told(error: ValidationError, fields: type[JsonObject]) -> RetouchError:
    """The first thing that is wrong."""
    wrong = error.errors(include_url=False)[0]
    name = _spelled(wrong["loc"])
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(f"`{field}`" for field in fields.model_fields)
        message = f"`{name}` is not a field of this request. It takes {known}."
        return RetouchError(Code.UNSUPPORTED_PARAMETER, message, param=name)
    if wrong["type"] == "missing":
        return invalid(name, f"`{name}` is required.")
    if not name:
        return RetouchError(Code.INVALID_REQUEST, "The body must be a JSON object.")
    return invalid(name, f"`{name}` must {_START.sub('', wrong['msg'])}.")


def _spelled(place: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
