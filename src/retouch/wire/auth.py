"""Who may call an endpoint: each names the scope that it asks for as a parameter of its own.

    async def create_edit(request: Request, caller: MayEdit) -> Response: ...

The parameter is a dependency, so the key is looked at before anything else of the request is read, the OpenAPI
document says so, and a test can tell which endpoint asks for nothing.
"""

from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from retouch.admission.keys import Caller
from retouch.domain.rights import SCOPES
from retouch.wire.parts import parts_of

_DESCRIPTION = "An API key, or a token: `Authorization: Bearer ...`. Azure's clients send a key as `api-key: ...`."


class Needs(SecurityBase):
    """Asks for a key that has one of some scopes."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes
        self.model = HTTPBearer(description=_DESCRIPTION)
        self.scheme_name = "key"

    async def __call__(self, request: Request) -> Caller:
        """Raises RetouchError: INVALID_API_KEY, FORBIDDEN."""
        caller = await parts_of(request).authenticate(request)
        caller.require(*self.scopes)
        return caller


MayEdit = Annotated[Caller, Security(Needs("edit"))]
MayRead = Annotated[Caller, Security(Needs("read"))]
MayManage = Annotated[Caller, Security(Needs("manage"))]
#: Any valid key: there is none without a scope.
MayAnything = Annotated[Caller, Security(Needs(*SCOPES))]
