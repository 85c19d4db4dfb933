"""Every field of POST /v1/images/edits, one line each. To add a parameter, add its line."""

import difflib
import re
from dataclasses import dataclass
from enum import Enum, auto

from retouch.domain.edit import QUALITIES, Background, Fit, MaskSource
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Format
from retouch.domain.resolution import ASPECT_RATIOS, Resolution
from retouch.wire.form.values import Choice, Dimensions, Kind, Switch, Text, Whole


@dataclass(frozen=True, slots=True)
class Field:
    """A scalar field: its canonical name, its kind, and other spellings.

    The name is also the attribute of EditRequest, unless `attribute` is.
    """

    name: str
    kind: Kind
    spellings: tuple[str, ...] = ()
    attribute: str | None = None


def _words(*words: str) -> dict[str, object]:
    return {word: word for word in words}


FIELDS: tuple[Field, ...] = (
    Field("prompt", Text(256 * 1024)),
    Field("model", Text(256, trimmed=True)),
    Field("n", Whole(1, 16)),
    Field("size", Dimensions()),
    Field("resolution", Choice({**{word.value: word for word in Resolution}, "auto": "auto"})),
    Field("aspect_ratio", Choice(_words(*ASPECT_RATIOS))),
    Field("quality", Choice(_words(*QUALITIES))),
    Field("response_format", Choice(_words("url", "b64_json"))),
    Field("background", Choice({word.value: word for word in Background})),
    Field("output_format", Choice({**{word.value: word for word in Format}, "jpg": Format.JPEG})),
    Field("output_compression", Whole(0, 100)),
    Field("input_fidelity", Choice(_words("low", "high"))),
    Field("moderation", Choice(_words("auto", "low"))),
    Field("partial_images", Whole(0, 3)),
    Field("stream", Switch()),
    Field("user", Text(512)),
    Field("safety_identifier", Text(512)),
    Field("seed", Whole(0, 2**63 - 1)),
    Field("mask_source", Choice({word.value: word for word in MaskSource})),
    Field("fit", Choice({word.value: word for word in Fit})),
    Field("negative_prompt", Text(32_000)),
    Field("async", Switch(), attribute="deferred"),
)

_BY_NAME = {spelling: field for field in FIELDS for spelling in (field.name, *field.spellings)}
#: Also `images[][image_url]`, which the Python SDK makes of a nested object in extra_body (3.52.0, observed).
_PICTURE = re.compile(r"(image|images|mask)(\[([0-9]{0,4})\])?(?:\[image_url\])?")
_LONGEST_NAME = 64


class Role(Enum):
    """What a field's name makes of its value."""

    IMAGE = auto()
    MASK = auto()
    SCALAR = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the value of a field goes. `base` is the name without index; `index` what stood between brackets."""

    role: Role
    name: str
    base: str = ""
    index: str | None = None
    field: Field | None = None


def slot_of(name: str) -> Slot:
    """What the field `name`, spelled as the caller spells it, is for."""
    if field := _BY_NAME.get(name):
        return Slot(Role.SCALAR, name, field=field)
    if match := _PICTURE.fullmatch(name):
        role = Role.MASK if match[1] == "mask" else Role.IMAGE
        return Slot(role, name, base=match[1], index=match[3])
    return Slot(Role.UNKNOWN, shown(name))


def shown(name: str) -> str:
    """A caller's own name, made short and printable enough for a sentence or a log line."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return "".join(character if character.isprintable() else "?" for character in short)


def unknown(name: str) -> RetouchError:
    """The error for a field that no line above names, with a suggestion when one is close."""
    name = shown(name)
    if "[file_id]" in name:
        return no_file_id(name)
    close = difflib.get_close_matches(name.lower(), [*_BY_NAME, "image", "images", "mask"], n=1, cutoff=0.75)
    hint = f" Did you mean `{close[0]}`?" if close else ""
    return RetouchError(Code.UNSUPPORTED_PARAMETER, f"`{name}` is not a parameter of image edits.{hint}", param=name)


def no_file_id(param: str) -> RetouchError:
    """The error for a picture given by `file_id` (OpenAI's JSON body, openai-openapi ImageInputReferenceParam)."""
    return RetouchError(
        Code.UNSUPPORTED_PARAMETER,
        "`file_id` is not supported: there is no files API here. Send the picture itself, a data URL or an address.",
        param=param,
    )
