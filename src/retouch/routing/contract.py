"""What a model's public contract accepts: counts, lengths, sizes, formats."""

from collections.abc import Sequence

from retouch.domain.edit import EditRequest
from retouch.domain.errors import invalid, invalid_image
from retouch.domain.model import Model
from retouch.domain.picture import Picture, Size


def check_contract(model: Model, request: EditRequest, pictures: Sequence[Picture]) -> None:
    """Hold a request to the limits of the model it goes to.

    Raises INVALID_REQUEST or INVALID_IMAGE naming the field and what the model takes.
    """
    limits = model.limits
    if request.n > limits.n:
        raise invalid("n", f"n must be between 1 and {limits.n} on {model.id}; got {request.n}")
    if len(request.prompt) > limits.prompt:
        raise invalid(
            "prompt", f"The prompt may have {limits.prompt} characters on {model.id}; it has {len(request.prompt)}"
        )
    if len(pictures) > limits.images:
        raise invalid("image", f"{model.id} takes {_images(limits.images)}; {len(pictures)} were sent")
    if isinstance(request.size, Size) and model.sizes is not None and request.size not in model.sizes:
        allowed = ", ".join(map(str, model.sizes))
        raise invalid("size", f"size must be one of {allowed} or auto on {model.id}; got {request.size}")
    _check_resolution(model, request)
    for picture, source in zip(pictures, request.images, strict=True):
        _check_picture(model, picture, source.field)


def _check_resolution(model: Model, request: EditRequest) -> None:
    for field, value, known in (
        ("resolution", request.resolution, model.resolutions),
        ("aspect_ratio", request.aspect_ratio, model.aspect_ratios),
    ):
        if value is not None and value not in known and (value, known) != ("auto", ()):
            allowed = f"one of {', '.join(known)}" if known else "left out: it takes sizes alone"
            raise invalid(field, f"{field} must be {allowed} on {model.id}; got {value}")


def _check_picture(model: Model, picture: Picture, field: str) -> None:
    limits = model.limits
    if limits.formats is not None and picture.format not in limits.formats:
        allowed = ", ".join(sorted(limits.formats))
        raise invalid_image(field, f"{model.id} takes {allowed} images; {field} is {picture.format}")
    if limits.bytes is not None and len(picture.data) >= limits.bytes:
        size = len(picture.data) / 1e6
        raise invalid_image(
            field, f"Images must be under {limits.bytes / 1e6:g} MB on {model.id}; {field} has {size:.1f}"
        )
    if limits.square and picture.size.width != picture.size.height:
        raise invalid_image(field, f"{model.id} takes square images; {field} is {picture.size}")


def _images(count: int) -> str:
    return "one image" if count == 1 else f"up to {count} images"
