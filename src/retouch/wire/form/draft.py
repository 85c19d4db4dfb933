"""An edit in the making: named values go in as they come, an `EditRequest` comes out."""

from typing import Any

from retouch.domain.edit import Background, EditRequest, ImageInput
from retouch.domain.errors import RetouchError, invalid
from retouch.domain.picture import Format
from retouch.wire.form.bounds import FormBounds
from retouch.wire.form.fields import Role, Slot


class Draft:
    """Gathers what both body forms read, and holds the rules that need more than one field."""

    def __init__(self, bounds: FormBounds) -> None:
        self._bounds = bounds
        self._values: dict[str, Any] = {}
        self._seen: set[str] = set()
        self._images: list[ImageInput] = []
        self._mask: ImageInput | None = None
        self._labels: dict[str, int] = {}

    def label(self, slot: Slot) -> str:
        """What to call the next picture of this name: `image`, `image[2]` ... An index that was sent is kept."""
        ordinal = self._labels.get(slot.base, 0)
        self._labels[slot.base] = ordinal + 1
        if slot.index:
            return f"{slot.base}[{slot.index}]"
        if slot.role is Role.MASK or (slot.index is None and ordinal == 0):
            return slot.base
        return f"{slot.base}[{ordinal}]"

    def set_scalar(self, slot: Slot, raw: object) -> None:
        """Read and keep a scalar's value. Raises RetouchError for a value not allowed and for a field sent twice."""
        field = slot.field
        if field is None:
            raise TypeError(f"{slot.name} is no scalar")
        if field.name in self._seen:
            raise invalid(slot.name, f"`{slot.name}` was sent more than once.")
        self._seen.add(field.name)
        value = field.kind.read(slot.name, raw)
        if value != "" or field.name != "model":  # a name of nothing but blanks is none
            self._values[field.attribute or field.name] = value

    def add_picture(self, slot: Slot, picture: ImageInput) -> None:
        """Keep a picture, in body order. Raises RetouchError for one too many."""
        if slot.role is Role.MASK:
            if self._mask is not None:
                raise invalid("mask", "Only one `mask` may be sent.")
            self._mask = picture
            return
        if len(self._images) >= self._bounds.images:
            raise invalid(slot.base, f"At most {self._bounds.images} images may be sent.")
        self._images.append(picture)

    def finish(self) -> EditRequest:
        """The edit. Raises RetouchError(INVALID_REQUEST) for what is missing or does not go together."""
        if not self._images:
            raise invalid("image", "`image` is missing: send at least one picture.")
        if not str(self._values.get("prompt", "")).strip():
            raise invalid("prompt", "`prompt` is missing: say what to change.")
        sent = {*self._values, "image"} | ({"mask"} if self._mask else set())
        edit = EditRequest(images=tuple(self._images), mask=self._mask, sent=frozenset(sent), **self._values)
        if problem := conflict(edit):
            raise problem
        return edit


def conflict(edit: EditRequest) -> RetouchError | None:
    """Two fields that cannot both be honoured, whatever the model: refused rather than dropped in silence."""
    sized = edit.size not in (None, "auto")
    shaped = edit.aspect_ratio not in (None, "auto")
    lossless = edit.output_format in (None, Format.PNG)
    rules = (
        (
            edit.deferred and edit.stream,
            "async",
            "`async` and `stream` do not go together: what is made later is not streamed.",
        ),
        (
            sized and (edit.resolution is not None or shaped),
            "size",
            "`size` stands alone: leave it out, or leave out `resolution` and `aspect_ratio`.",
        ),
        (shaped and edit.resolution is None, "aspect_ratio", "`aspect_ratio` needs a `resolution`."),
        (
            edit.partial_images > 0 and not edit.stream,
            "partial_images",
            "`partial_images` above 0 needs `stream` to be true.",
        ),
        (
            edit.output_compression not in (None, 100) and lossless,
            "output_compression",
            "`output_compression` below 100 needs `output_format` to be jpeg or webp: png has no loss.",
        ),
        (
            edit.background is Background.TRANSPARENT and edit.output_format is Format.JPEG,
            "background",
            "`background` transparent needs `output_format` to be png or webp.",
        ),
    )
    return next((invalid(param, message) for wrong, param, message in rules if wrong), None)
