"""What fal's endpoints refuse in an input: what their models are typed to take, and not a field more.

From the JavaScript client's types (@fal-ai/client 1.10.1, types/endpoints.d.ts); errors as pydantic puts them.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from upstreams.drawing import look
from upstreams.server import RefusedError

Check = Callable[[Any], bool]
TYPES = {"PNG", "JPEG", "WEBP"}
WIDE = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")


@dataclass(frozen=True)
class Edit:
    """An input that passed: the pictures as they were decoded, and the rest as it came."""

    endpoint: str
    images: tuple[Image.Image, ...]
    mask: Image.Image | None
    values: Mapping[str, Any]


def text(value: Any) -> bool:
    return isinstance(value, str)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def number(value: Any) -> bool:
    return whole(value) or isinstance(value, float)


def between(low: int, high: int) -> Check:
    return lambda value: whole(value) and low <= value <= high


def one(*allowed: str) -> Check:
    return lambda value: value in allowed


def many(most: int) -> Check:
    return lambda value: isinstance(value, list) and 1 <= len(value) <= most and all(map(text, value))


def sized(rule: Callable[[int, int], bool], *presets: str) -> Check:
    """A preset, or an object of two whole numbers that a rule allows."""

    def check(value: Any) -> bool:
        if isinstance(value, str):
            return value in {"square_hd", "square", "portrait_4_3", "landscape_4_3", "landscape_16_9", *presets}
        known = isinstance(value, dict) and set(value) == {"width", "height"} and all(map(whole, value.values()))
        return known and rule(value["width"], value["height"])

    return check


COMMON: dict[str, Check] = {"prompt": text, "num_images": between(1, 4), "seed": whole, "sync_mode": flag}
PNG_JPEG = {"output_format": one("png", "jpeg")}
ANY_FORMAT = {"output_format": one("png", "jpeg", "webp")}
SEEDREAM = COMMON | {
    "image_urls": many(10), "num_images": between(1, 6), "max_images": between(1, 6), "enable_safety_checker": flag,
}  # fmt: skip
BANANA = COMMON | ANY_FORMAT | {
    "image_urls": many(14), "aspect_ratio": one("auto", *WIDE), "limit_generations": flag,
    "safety_tolerance": one(*"123456"),
}  # fmt: skip
KNOBS = {
    "negative_prompt": text, "num_inference_steps": whole, "guidance_scale": number, "enable_safety_checker": flag,
    "acceleration": one("none", "regular", "high"),
    "image_size": sized(lambda width, height: min(width, height) > 0 and width * height <= 2048 * 2048),
}  # fmt: skip
QWEN = COMMON | KNOBS | PNG_JPEG | {"image_url": text}
PLUS = COMMON | KNOBS | ANY_FORMAT | {"image_urls": many(3)}
GPT = COMMON | ANY_FORMAT | {
    "image_urls": many(16), "mask_url": text, "quality": one("low", "medium", "high"),
    "image_size": sized(
        lambda width, height: width % 16 == 0 == height % 16
        and 655_360 <= width * height <= 8_294_400
        and max(width, height) <= min(3840, 3 * min(width, height)),
        "auto",
    ),
}  # fmt: skip
ENDPOINTS: dict[str, dict[str, Check]] = {
    "fal-ai/bytedance/seedream/v4/edit": SEEDREAM | {
        "image_size": sized(lambda w, h: w * h >= 921_600 and max(w, h) <= 4096, "auto", "auto_2K", "auto_4K"),
        "enhance_prompt_mode": one("standard", "fast"),
    },
    "fal-ai/bytedance/seedream/v4.5/edit": SEEDREAM | {
        "image_size": sized(
            lambda w, h: (min(w, h) >= 1920 and max(w, h) <= 4096) or 2560 * 1440 <= w * h <= 4096 * 4096,
            "auto_2K", "auto_4K",
        ),
    },
    "fal-ai/nano-banana/edit": BANANA,
    "fal-ai/nano-banana-pro/edit": BANANA | {"resolution": one("1K", "2K", "4K"), "enable_web_search": flag},
    "fal-ai/nano-banana-2/edit": BANANA | {
        "aspect_ratio": one("auto", *WIDE, "4:1", "1:4", "8:1", "1:8"),
        "resolution": one("0.5K", "1K", "2K", "4K"),
        "enable_web_search": flag, "thinking_level": one("minimal", "high"),
    },
    "fal-ai/qwen-image-edit": QWEN,
    "fal-ai/qwen-image-edit-plus": PLUS,
    "fal-ai/qwen-image-edit-2509": PLUS,
    "fal-ai/qwen-image-edit-2511": PLUS,
    "fal-ai/qwen-image-edit/inpaint": QWEN | {"mask_url": text, "strength": number},
    "fal-ai/flux-2/klein/9b/edit": COMMON | ANY_FORMAT | {
        "image_urls": many(4), "num_inference_steps": whole, "enable_safety_checker": flag,
        "image_size": sized(lambda width, height: 0 < width * height <= 2048 * 2048),
    },
    "fal-ai/flux-pro/v1/fill": COMMON | PNG_JPEG | {
        "image_url": text, "mask_url": text, "safety_tolerance": one(*"123456"), "enhance_prompt": flag,
    },
    "openai/gpt-image-2.5/flare/edit": GPT,
    "openai/gpt-image-2.5/sunburst/edit": GPT,
}  # fmt: skip
NEEDS_MASK = {"fal-ai/qwen-image-edit/inpaint", "fal-ai/flux-pro/v1/fill"}


def refuse(message: str, kind: str, *where: str | int, status: int = 422) -> RefusedError:
    """A model's error."""
    return RefusedError(status, {"detail": [{"loc": ["body", *where], "msg": message, "type": kind, "input": None}]})


def check(endpoint: str, values: Any, uploads: Mapping[str, bytes]) -> Edit:
    """The edit in an input; `uploads` are the files by address. Raises RefusedError."""
    if not isinstance(values, dict):
        raise refuse("Input should be a valid dictionary", "model_attributes_type")
    known = ENDPOINTS[endpoint]
    for name, value in values.items():
        if name not in known:
            raise refuse("Extra inputs are not permitted", "extra_forbidden", name)
        if not known[name](value):
            raise refuse(f"Input is not valid: {str(value)[:60]}", "value_error", name)
    needed = {"prompt", "image_url" if "image_url" in known else "image_urls"}
    for name in needed | ({"mask_url"} if endpoint in NEEDS_MASK else set()):
        if not values.get(name):
            raise refuse("Field required", "missing", name)
    if len(values["prompt"]) > 5000:
        raise refuse("String should have at most 5000 characters", "string_too_long", "prompt")
    urls = values.get("image_urls") or [values["image_url"]]
    if len(urls) + values.get("num_images", 1) > 15 and "seedream" in endpoint:
        raise refuse("Inputs and outputs together must not exceed 15", "value_error", "num_images")
    images = [_picture(url, uploads, "image_urls", at) for at, url in enumerate(urls)]
    mask = _picture(values["mask_url"], uploads, "mask_url") if "mask_url" in values else None
    if mask is not None and mask.size != images[0].size:
        raise refuse("The mask must have the size of the image", "value_error", "mask_url")
    return Edit(endpoint, tuple(images), mask, values)


def _picture(url: str, uploads: Mapping[str, bytes], *where: str | int) -> Image.Image:
    head, _, body = url.partition(";base64,")
    try:
        data = base64.b64decode(body, validate=True) if head.startswith("data:image/") else uploads[url]
    except (KeyError, binascii.Error):
        raise refuse("Failed to download the file.", "file_download_error", *where) from None
    try:
        picture = look(data)
    except OSError:
        raise refuse("Failed to load the image.", "image_load_error", *where) from None
    if picture.format not in TYPES:
        raise refuse("Unsupported image format.", "unsupported_image_format", *where)
    return picture
