"""Step: the engine's picture to pixels. It came from elsewhere, so it is looked at as an upload is."""

from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure
from retouch.domain.picture import RAW, Picture
from retouch.pixels import Bounds, Pixels, inspect, load, opened

_BOUNDS = Bounds(pixels=100_000_000, bytes=400_000_000)


def unpack(picture: Picture) -> Pixels:
    """The pixels. Raises UPSTREAM_ERROR where there are none to be had: another route may do better."""
    try:
        return load(picture if picture.format == RAW else looked_at(picture), param="image")
    except RetouchError as error:
        raise unreadable() from error


def looked_at(picture: Picture) -> Picture:
    """The picture as its bytes are, whatever the engine said of them. Raises INVALID_IMAGE."""
    return inspect(opened(picture).data, param="image", bounds=_BOUNDS)


def unreadable() -> UpstreamFailure:
    """The engine was done, and what it made is no picture."""
    return UpstreamFailure(
        Code.UPSTREAM_ERROR,
        "The model's answer cannot be read as a picture.",
        accepted=Accepted.YES,
        elsewhere=True,
        cause="answer cannot be read as a picture",
    )
