"""No request goes in circles: what has come through this server before is refused (domain/via.py)."""

import hashlib
from functools import cache

from fastapi import Request

from retouch.domain.via import HEADER, arrive
from retouch.wire.parts import parts_of


async def not_in_circles(request: Request) -> None:
    """A dependency of every route that engines of another Retouch call. Raises INVALID_REQUEST."""
    arrive(request.headers.get(HEADER), server_name(parts_of(request).secrets[-1]))


@cache
def server_name(secret: bytes) -> str:
    """What this server is called on the way: the same in all processes that share a database, and no secret."""
    return hashlib.sha256(b"retouch-via\0" + secret).hexdigest()[:16]
