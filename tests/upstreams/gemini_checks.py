"""What Google refuses in a generateContent request for an image, in its own words."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from upstreams.drawing import look
from upstreams.server import RefusedError, Seen

PATH = re.compile(r"/(v1|v1beta)/models/([^/:]+):generateContent")
TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
WIDE = {"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}
#: By model: aspect ratios, image sizes.
MODELS: dict[str, tuple[set[str], set[str]]] = {
    "gemini-2.5-flash-image": (WIDE, set()),
    "gemini-3-pro-image": (WIDE, {"1K", "2K", "4K"}),
    "gemini-3.1-flash-image": (WIDE | {"1:4", "4:1", "1:8", "8:1"}, {"512", "1K", "2K", "4K"}),
    "gemini-3.1-flash-lite-image": (WIDE | {"1:4", "4:1", "1:8", "8:1"}, {"1K"}),
}
MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class Edit:
    """An edit that passed. `images` are media type and bytes, in order."""

    model: str
    prompt: str
    images: tuple[tuple[str, bytes], ...]
    sizes: tuple[tuple[int, int], ...]
    ratio: str | None = None
    image_size: str | None = None
    seed: int | None = None


def refuse(
    message: str, status: str = "INVALID_ARGUMENT", code: int = 400, details: list[dict[str, Any]] | None = None
) -> RefusedError:
    """An error as Google puts it."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return RefusedError(code, {"error": error | ({"details": details} if details else {})})


def wrong_key() -> RefusedError:
    """A key that is wrong or has expired: 400, not 401."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return refuse("API key not valid. Please pass a valid API key.", details=[info])


def check(seen: Seen, key: str) -> Edit:
    """The edit in a request. Raises RefusedError."""
    path = PATH.fullmatch(seen.path)
    if path is None or seen.method != "POST":
        raise RefusedError(404, "Not Found")
    if "x-goog-api-key" not in seen.headers:
        raise refuse("Method doesn't allow unregistered callers.", "PERMISSION_DENIED", 403)
    if seen.headers["x-goog-api-key"] != key:
        raise wrong_key()
    version, model = path.groups()
    if model not in MODELS:
        message = f"models/{model} is not found for API version {version}, or is not supported for generateContent."
        raise refuse(message, "NOT_FOUND", 404)
    if int(seen.headers.get("content-length", 0)) > MOST_BYTES or not isinstance(seen.json, dict):
        raise refuse("Request payload is not JSON, or its size exceeds the limit.")
    root = fields(seen.json, "", contents=list, generationConfig=dict, safetySettings=list)
    config = fields(
        root.get("generationConfig", {}),
        "generation_config",
        responseModalities=list,
        imageConfig=dict,
        candidateCount=int,
        seed=int,
    )
    image = fields(config.get("imageConfig", {}), "generation_config.image_config", aspectRatio=str, imageSize=str)
    if "IMAGE" not in config.get("responseModalities", ()):
        raise refuse("The stand-in draws images only.")
    if config.get("candidateCount", 1) != 1:
        raise refuse("Multiple candidates is not enabled for this model")
    if not -(2**31) <= config.get("seed", 0) < 2**31:
        raise refuse("Invalid value at 'generation_config.seed' (TYPE_INT32)")
    prompt, images = _parts(root.get("contents", []))
    ratios, sizes = MODELS[model]
    return Edit(
        model=model,
        prompt=prompt,
        images=tuple((kind, data) for kind, data, _ in images),
        sizes=tuple(size for *_, size in images),
        ratio=_one(image.get("aspectRatio"), ratios, "aspect_ratio"),
        image_size=_one(image.get("imageSize"), sizes, "image_size"),
        seed=config.get("seed"),
    )


def fields(value: Mapping[str, Any], where: str, **known: Callable[[Any], Any]) -> dict[str, Any]:
    """An object with no field but these, each of its type; snake case is read too, as protobuf's JSON is."""
    found = {}
    for name, item in value.items():
        camel = re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)
        kind = known.get(camel)
        if kind is None:
            spot = f"at '{where}'" if where else "at root"
            raise refuse(f'Invalid JSON payload received. Unknown name "{name}" {spot}: Cannot find field.')
        if not isinstance(item, kind) or isinstance(item, bool):  # type: ignore[arg-type]
            raise refuse(f"Invalid value at '{where}.{name}'")
        found[camel] = item
    return found


def _parts(contents: list[Any]) -> tuple[str, list[tuple[str, bytes, tuple[int, int]]]]:
    if len(contents) != 1:
        raise refuse("* GenerateContentRequest.contents: contents is not specified")
    content = fields(contents[0], "contents[0]", role=str, parts=list)
    if content.get("role", "user") != "user":
        raise refuse("Please use a valid role: user, model.")
    texts, images = [], []
    for at, item in enumerate(content.get("parts", [])):
        part = fields(item, f"contents[0].parts[{at}]", text=str, inlineData=dict)
        if len(part) != 1:
            raise refuse(f"* contents[0].parts[{at}].data: required oneof field 'data' must have one initialized field")
        texts += [part["text"]] if "text" in part else []
        images += [_image(part["inlineData"], at)] if "inlineData" in part else []
    if not "".join(texts) or not images or len(images) > 14:
        raise refuse("An edit has a prompt and 1 to 14 images.")
    return "".join(texts), images


def _image(blob: dict[str, Any], at: int) -> tuple[str, bytes, tuple[int, int]]:
    found = fields(blob, f"contents[0].parts[{at}].inline_data", mimeType=str, data=str)
    kind = found.get("mimeType", "")
    if kind not in TYPES:
        raise refuse(f"Unsupported MIME type: {kind}")
    try:
        # protobuf's JSON reads both alphabets; the SDK sends the one for URLs.
        data = base64.b64decode(found.get("data", ""), validate=True, altchars=_alphabet(found))
    except binascii.Error:
        raise refuse("Invalid value at 'data' (TYPE_BYTES), Base64 decoding failed") from None
    try:
        picture = look(data)
    except OSError:
        raise refuse("Unable to process input image. Please retry or report in https://example.test/help") from None
    if picture.format != TYPES[kind]:
        raise refuse("Provided image is not valid.")
    return kind, data, picture.size


def _alphabet(blob: dict[str, str]) -> bytes:
    return b"-_" if set(blob.get("data", "")) & {"-", "_"} else b"+/"


def _one(value: str | None, allowed: set[str], name: str) -> str | None:
    if value is not None and value not in allowed:
        raise refuse(f"Invalid value at 'generation_config.image_config.{name}': {value}")
    return value
