"""From a request to the edit it asks for."""

from collections.abc import Mapping

from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.wire.form import header
from retouch.wire.form.body import Body, Receive
from retouch.wire.form.bounds import FormBounds, Lease
from retouch.wire.form.draft import Draft
from retouch.wire.form.json_body import fill_from_json
from retouch.wire.form.multipart import fill_from_multipart


async def read_edit(receive: Receive, headers: Mapping[str, str], bounds: FormBounds, lease: Lease) -> EditRequest:
    """Read the body of POST /v1/images/edits: multipart/form-data or application/json.

    `receive` is ASGI's (Starlette: `request.receive`; do not touch `request.stream()` as well), `headers` has
    lower-case names or is case-insensitive (`request.headers`). The bytes of the body, and later those of its
    pictures, are counted in `lease`, which the caller holds until the edit is done:

        with budget.lease() as lease:
            edit = await read_edit(request.receive, request.headers, bounds, lease)

    Pictures given by address come back as `ImageInput.url`, still to be fetched. Raises RetouchError for whatever
    the caller got wrong, naming the field; REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE and OVERLOADED by the bounds; and
    ClientLeft when there is no one left to answer. After an error the rest of the body is unread: see `drain`.
    """
    kind, parameters = header.parse(headers.get("content-type", ""))
    if kind not in ("multipart/form-data", "application/json"):
        raise RetouchError(
            Code.INVALID_REQUEST,
            "The body must be multipart/form-data or application/json, and content-type must say which.",
            param="content-type",
        )
    body = Body(receive, headers, bounds, lease)
    draft = Draft(bounds)
    if kind == "application/json":
        await fill_from_json(draft, body, bounds, lease)
    else:
        await fill_from_multipart(draft, body, parameters.get("boundary", ""), bounds, lease)
    return draft.finish()
