"""No request goes in circles: what has come through this server before is refused (domain/via.py)."""

from fastapi import Request

from retouch.domain.via import HEADER, arrive, server_name
from retouch.wire.parts import parts_of


async def not_in_circles(request: Request) -> None:
    """A dependency of every route that engines of another Retouch call. Raises INVALID_REQUEST."""
    # The database's own secret, which stays when RETOUCH_SECRET is set or changed.
    arrive(request.headers.get(HEADER), server_name(parts_of(request).secrets[-1]))
