"""Step zero: nothing to do, so the engine's bytes are the caller's."""

from retouch.domain.edit import Background
from retouch.domain.errors import RetouchError
from retouch.domain.picture import RAW, Picture
from retouch.finishing.plan import Finish, Finished
from retouch.finishing.unpack import looked_at
from retouch.pixels import is_upright, is_whole


def passed_through(picture: Picture, plan: Finish) -> Finished | None:
    """The engine's own bytes where the plan allows it and they are what they should be; else None."""
    if not plan.passthrough or plan.kept is not None or picture.format == RAW:
        return None
    try:
        seen = picture if picture.is_glanced else looked_at(picture)
    except RetouchError:
        return None
    wrong = (
        seen.format != plan.format.value
        or plan.target not in (None, seen.size)
        or not (seen.is_glanced or (is_upright(seen) and is_whole(seen)))
    )
    if wrong or (plan.background is Background.OPAQUE and seen.has_alpha):
        return None
    background = "transparent" if seen.has_alpha else "opaque"
    return Finished(bytes(seen.data), plan.format, seen.size, background, picture.base64)
