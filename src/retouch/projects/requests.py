"""An edit's request as JSON, without its pictures, and back."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from retouch.domain.edit import Background, EditRequest, Fit, ImageInput, MaskSource
from retouch.domain.picture import Format, Size
from retouch.domain.resolution import Resolution

_PICTURES = frozenset({"images", "mask"})


def kept(request: EditRequest) -> dict[str, Any]:
    """What differs from the defaults, as JSON has it."""
    found: dict[str, Any] = {}
    for field in fields(request):
        value = getattr(request, field.name)
        if field.name in _PICTURES or value == field.default:
            continue
        found[field.name] = _plain(value)
    return found


def again(kept: Mapping[str, Any], images: tuple[ImageInput, ...], mask: ImageInput | None) -> EditRequest:
    """The request that was kept, with its pictures."""
    values = {name: _READ.get(name, _same)(value) for name, value in kept.items()}
    return EditRequest(images=images, mask=mask, **values)


def _plain(value: object) -> object:
    match value:
        case Size():
            return [value.width, value.height]
        case frozenset():
            return sorted(value)
    return value


def _same(value: Any) -> Any:
    return value


def _size(value: Any) -> Any:
    return Size(*value) if isinstance(value, list) else value


def _resolution(value: Any) -> Any:
    return Resolution(value) if value in set(Resolution) else value


_READ: dict[str, Callable[[Any], Any]] = {
    "size": _size,
    "resolution": _resolution,
    "background": Background,
    "output_format": Format,
    "mask_source": MaskSource,
    "fit": Fit,
    "sent": frozenset,
}
