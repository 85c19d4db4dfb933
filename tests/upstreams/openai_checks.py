"""What OpenAI refuses in an edit."""

import re
from collections.abc import Container
from dataclasses import dataclass

from PIL import Image

from upstreams.drawing import look
from upstreams.server import Part, RefusedError, Seen

STANDARD = {"1024x1024", "1536x1024", "1024x1536"}
FREE = re.compile(r"gpt-image-2(\.5-(sunburst|flare))?(-\d{4}-\d{2}-\d{2})?")
MODELS = re.compile(r"gpt-image-(1|1-mini|1\.5|2|2\.[56]-(sunburst|flare))(-\d{4}-\d{2}-\d{2})?|chatgpt-image-latest")
TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
FIELDS = {
    "image", "image[]", "mask", "prompt", "model", "n", "size", "quality", "background", "output_format",
    "output_compression", "input_fidelity", "stream", "partial_images", "user", "safety_identifier",
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """An edit that passed."""

    model: str
    prompt: str
    pixels: tuple[int, int]
    n: int = 1
    quality: str = "auto"
    background: str = "auto"
    output_format: str = "png"
    stream: bool = False
    partial_images: int = 0

    @property
    def resolved(self) -> dict[str, str]:
        """What the answer says it decided: never auto."""
        return {
            "size": "{}x{}".format(*self.pixels),
            "quality": "high" if self.quality == "auto" else self.quality,
            "background": "opaque" if self.background == "auto" else self.background,
            "output_format": self.output_format,
        }


def refuse(
    message: str,
    code: str | None = "invalid_value",
    *,
    param: str | None = None,
    status: int = 400,
    kind: str = "invalid_request_error",
    **more: object,
) -> RefusedError:
    """An error as OpenAI puts it."""
    error = {"message": message, "type": kind, "param": param, "code": code, **more}
    return RefusedError(status, {"error": error})


def check(seen: Seen) -> Edit:
    """The edit in a request. Raises RefusedError."""
    for part in seen.parts:
        if part.name not in FIELDS:
            raise refuse(f"Unknown parameter: '{part.name}'.", "unknown_parameter", param=part.name)
        if (part.filename is not None) != (part.name in {"image", "image[]", "mask"}):
            raise refuse(f"Invalid type for '{part.name}'.", "invalid_type", param=part.name)
    texts = seen.texts()
    if len(texts) != sum(part.filename is None for part in seen.parts):
        raise refuse("Duplicate parameter.", "invalid_value")
    model, prompt = texts.get("model", ""), texts.get("prompt", "")
    if not MODELS.fullmatch(model):
        raise refuse(f"The model '{model}' does not exist.", "model_not_found", param="model", status=404)
    if not 1 <= len(prompt) <= 32_000:
        raise refuse("Invalid prompt: its length is 1 to 32000.", param="prompt")
    first = _images(seen)
    _mask(seen.files("mask"), first)
    edit = Edit(
        model=model,
        prompt=prompt,
        pixels=_size(texts.get("size", "auto"), model),
        n=_number(texts, "n", 1, 1, 10),
        quality=_one(texts, "quality", "auto", _qualities(model)),
        background=_one(texts, "background", "auto", _backgrounds(model)),
        output_format=_one(texts, "output_format", "png", ("png", "jpeg", "webp")),
        stream=_one(texts, "stream", "false", ("true", "false")) == "true",
        partial_images=_number(texts, "partial_images", 0, 0, 3),
    )
    _together(texts, edit)
    return edit


def _together(texts: dict[str, str], edit: Edit) -> None:
    """What is right alone and wrong in company."""
    if "output_compression" in texts:
        _number(texts, "output_compression", 100, 0, 100)
        if edit.output_format == "png":
            raise refuse("Compression less than 100 is for jpeg and webp.", param="output_compression")
    if edit.background == "transparent" and edit.output_format == "jpeg":
        raise refuse("Transparent background needs png or webp.", param="background")
    if edit.partial_images and not edit.stream:
        raise refuse("partial_images needs stream.", param="partial_images")
    if "input_fidelity" in texts:
        if edit.model not in {"gpt-image-1", "gpt-image-1.5"}:
            raise refuse("Unknown parameter.", "unknown_parameter", param="input_fidelity")
        _one(texts, "input_fidelity", "low", ("low", "high"))
    if len(texts.get("safety_identifier", "")) > 128:
        raise refuse("safety_identifier is too long.", param="safety_identifier")


def _images(seen: Seen) -> Image.Image:
    names = {part.name for part in seen.files("image", "image[]")}
    files = seen.files("image", "image[]")
    if len(names) != 1 or not 1 <= len(files) <= 16 or (names == {"image"} and len(files) > 1):
        raise refuse("Missing or mixed image.", "missing_required_parameter", param="image")
    first, *_ = [_picture(file, "image", 50_000_000) for file in files]
    return first


def _mask(files: list[Part], first: Image.Image) -> None:
    if not files:
        return
    mask = _picture(files[0], "mask", 4_000_000)
    if len(files) > 1 or mask.format != "PNG" or "A" not in mask.getbands() or mask.size != first.size:
        raise refuse("Invalid mask: one PNG with alpha, of the image's size.", "invalid_mask", param="mask")


def _picture(file: Part, param: str, most: int) -> Image.Image:
    if file.media_type not in TYPES:
        message = f"Invalid file '{file.filename}': unsupported mimetype ('{file.media_type}')."
        raise refuse(message, "unsupported_file_mimetype", param=param)
    try:
        picture = look(file.data)
    except OSError:
        raise refuse("Invalid image file.", "invalid_image_file", param=param) from None
    if picture.format != TYPES[file.media_type] or len(file.data) > most:
        raise refuse("Invalid image file or size.", "invalid_image_file", param=param)
    return picture


def _size(text: str, model: str) -> tuple[int, int]:
    if text == "auto":
        return 1024, 1024
    width, _, height = text.partition("x")
    if text in STANDARD or (FREE.fullmatch(model) and width.isdigit() and height.isdigit()):
        size = int(width), int(height)
        even = size[0] % 16 == 0 == size[1] % 16
        shaped = max(size) <= 3840 and max(size) <= 3 * min(size)
        if even and shaped and 655_360 <= size[0] * size[1] <= 8_294_400:
            return size
    raise refuse(f"Invalid size '{text}'.", param="size")


def _qualities(model: str) -> Container[str]:
    return ("low", "medium", "high", "auto", *(("xhigh", "max") if "2.5" in model else ()))


def _backgrounds(model: str) -> Container[str]:
    # gpt-image-2 takes transparent as a preview or not at all, and nothing is said of 2.6: refused here.
    clear = model.startswith(("gpt-image-1", "gpt-image-2.5"))
    return ("opaque", "auto", *(("transparent",) if clear else ()))


def _one(texts: dict[str, str], name: str, default: str, allowed: Container[str]) -> str:
    value = texts.get(name, default)
    if value not in allowed:
        raise refuse(f"Invalid value: '{value}'.", param=name)
    return value


def _number(texts: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = texts.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise refuse(f"Invalid '{name}': {low} to {high}.", param=name)
    return int(text)
