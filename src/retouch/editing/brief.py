"""Work so short that handing it to a thread would cost more than doing it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from retouch.admission.fingerprint import fingerprint
from retouch.domain.edit import EditRequest
from retouch.domain.picture import Buffer

Result = TypeVar("Result")

#: Bytes that are hashed or looked through in about a millisecond.
BRIEF_BYTES = 2_000_000


def brief(buffers: Iterable[Buffer | None]) -> bool:
    """Whether going through all of this once keeps the event loop for a millisecond or so at most."""
    return sum(len(buffer or b"") for buffer in buffers) <= BRIEF_BYTES


async def in_place_or_thread(work: Callable[[], Result], *, in_place: bool) -> Result:
    """What `work` gives, done right here or in a thread."""
    return work() if in_place else await asyncio.to_thread(work)


async def fingerprint_of(route: str, request: EditRequest) -> str:
    """The fingerprint of a request, taken here where its pictures are small."""
    pictures = (source.data for source in (*request.images, request.mask) if source)
    return await in_place_or_thread(lambda: fingerprint(route, request), in_place=brief(pictures))
