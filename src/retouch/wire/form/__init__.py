"""From bytes on the wire to an `EditRequest`: both body forms of POST /v1/images/edits.

The way of a body: `body` hands it on chunk by chunk within bounds; `multipart` or `json_body` cuts it into named
values; `draft` looks each name up in the table of `fields` and gathers what `values` and `pictures` make of it.
Nothing is decoded as a picture here, and nothing is written to disk.
"""

from retouch.wire.form.body import Body, ClientLeft, Receive, drain
from retouch.wire.form.bounds import Budget, FormBounds, Lease
from retouch.wire.form.edit import read_edit
from retouch.wire.form.fields import FIELDS, Field

__all__ = [
    "FIELDS",
    "Body",
    "Budget",
    "ClientLeft",
    "Field",
    "FormBounds",
    "Lease",
    "Receive",
    "drain",
    "read_edit",
]
