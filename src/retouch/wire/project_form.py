"""From the body of POST /v1/ai-image-editor to an `EditRequest`.

Fields as in magic_hour 0.90.0, types/params/v1_ai_image_editor_create_body.py.
"""

from typing import Literal

from pydantic import Field

from retouch.admission.keys import Caller
from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.errors import RetouchError, invalid
from retouch.domain.resolution import ASPECT_RATIOS, Resolution
from retouch.projects import PREFIX
from retouch.wire.form import Lease
from retouch.wire.json_object import JsonObject
from retouch.wire.parts import Parts

COUNTS = (1, 4, 9, 16)
#: A prompt may be escaped to the last character.
LONGEST_BODY = 256 * 1024
#: Spellings of `style.model`, which is deprecated.
_STYLE_MODELS = {"Nano Banana": "nano-banana", "Seedream": "seedream-v4", "default": "default"}


class Assets(JsonObject):
    """The pictures: paths of uploads, or http(s) addresses. The first is the one that is edited."""

    image_file_paths: list[str] | None = Field(None, max_length=10)
    image_file_path: str | None = Field(None, description="Deprecated: the only picture.")


class Style(JsonObject):
    """What to do."""

    prompt: str = Field(min_length=1, max_length=15_000)
    model: Literal["Nano Banana", "Seedream", "default"] | None = Field(None, description="Deprecated.")


class NewProject(JsonObject):
    """An edit that is to be made later."""

    assets: Assets
    style: Style
    name: str | None = Field(None, max_length=512)
    image_count: float | None = Field(None, json_schema_extra={"enum": list(COUNTS)})
    model: str | None = Field(None, max_length=256, description="An id of GET /v1/models, or `default`.")
    aspect_ratio: str | None = Field(None, json_schema_extra={"enum": list(ASPECT_RATIOS)})
    resolution: str | None = Field(None, json_schema_extra={"enum": [*Resolution, "auto"]})


async def edit_of(asked: NewProject, caller: Caller, parts: Parts, lease: Lease) -> EditRequest:
    """What is asked for, with the pictures that were uploaded. Raises INVALID_REQUEST, NOT_FOUND."""
    count = 1 if asked.image_count is None else asked.image_count
    if count not in COUNTS:
        raise invalid("image_count", f"`image_count` must be one of {', '.join(map(str, COUNTS))}.")
    if asked.aspect_ratio is not None and asked.aspect_ratio not in ASPECT_RATIOS:
        raise invalid("aspect_ratio", f"`aspect_ratio` must be one of {', '.join(ASPECT_RATIOS)}.")
    if asked.resolution not in (None, "auto", *Resolution):
        raise invalid("resolution", f"`resolution` must be one of {', '.join(Resolution)} or auto.")
    return EditRequest(
        prompt=asked.style.prompt,
        images=await _images(asked.assets, caller, parts, lease),
        model=asked.model or _STYLE_MODELS.get(asked.style.model or "default"),
        n=int(count),
        resolution=_resolution(asked.resolution),
        aspect_ratio=asked.aspect_ratio,
        response_format="url",
    )


def _resolution(text: str | None) -> Resolution | Literal["auto", "usual"]:
    return "usual" if text is None else "auto" if text == "auto" else Resolution(text)


async def _images(assets: Assets, caller: Caller, parts: Parts, lease: Lease) -> tuple[ImageInput, ...]:
    named = [(f"assets.image_file_paths[{at}]", path) for at, path in enumerate(assets.image_file_paths or ())]
    if assets.image_file_path is not None:
        if named:
            raise invalid("assets.image_file_path", "Give `assets.image_file_paths` alone, or `image_file_path` alone.")
        named = [("assets.image_file_path", assets.image_file_path)]
    if not named:
        raise invalid("assets.image_file_paths", "`assets.image_file_paths` must hold at least one picture.")
    return tuple([await _image(path, field, caller, parts, lease) for field, path in named])


async def _image(path: str, field: str, caller: Caller, parts: Parts, lease: Lease) -> ImageInput:
    if path.startswith(("http://", "https://")):
        return ImageInput(field, url=path)
    if not path.startswith(PREFIX):
        message = f"`{field}` must be the `file_path` of an upload, beginning with {PREFIX}, or an http(s) address."
        raise invalid(field, message)
    found = await parts.uploading.read(path, field, caller)
    lease.take(len(found.data or b""))
    return found


#: What this API calls the fields that the rest knows by OpenAI's names.
_NAMES = {"n": "image_count", "prompt": "style.prompt", "image": "assets.image_file_paths", "size": "resolution"}


def named(error: RetouchError) -> RetouchError:
    """The error by this API's names of fields."""
    if error.param in _NAMES:
        name = _NAMES[error.param]
        if error.message.startswith(f"{error.param} "):
            error.message = name + error.message.removeprefix(error.param)
        error.param = name
    return error
