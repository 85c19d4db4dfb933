"""What each kind of server takes, refuses and answers."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from PIL import Image

from upstreams.drawing import look
from upstreams.server import RefusedError, Seen

_FORMATS = ("png", "jpg", "jpeg", "webp")
_SEED_TAG = re.compile(r"<sd_cpp_extra_args>(.*?)</sd_cpp_extra_args>")


def detail(message: str) -> object:
    """FastAPI's errors."""
    return {"detail": message}


def text(message: str) -> object:
    """stable-diffusion.cpp's errors."""
    return {"error": message}


def numbered(message: str) -> object:
    """LocalAI's errors: the code is a number."""
    return {"error": {"code": 400, "message": message, "type": "", "param": None}}


def openai(message: str) -> object:
    """OpenAI's errors."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_value"}}


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One route of a server.

    required, optional: text fields (or JSON members). images: the fields of images. most: how many. mask: its field,
    and whether it is needed; alpha: it must have alpha, else it must have none. default: the format of answers where
    it cannot or need not be asked for. drawn: the one size, or the size where none is asked for (None: that of the
    first image). result, host: the path of a result, and what stands before it. leaks: it tells of its disk.
    """

    error: Callable[[str], object]
    required: frozenset[str] = frozenset({"prompt", "model"})
    optional: frozenset[str] = frozenset({"size"})
    images: tuple[str, ...] = ("image", "image[]")
    most: int = 16
    json: bool = False
    mask: str | None = None
    mask_needed: bool = False
    alpha: bool = False
    default: Literal["url", "b64_json"] = "b64_json"
    formats: tuple[str, ...] = _FORMATS
    kinds: tuple[str, ...] = ("PNG", "JPEG", "WEBP")
    drawn: tuple[int, int] | None = None
    fixed: bool = False
    result: str = "/v1/images/{number}/content"
    host: str = ""
    leaks: bool = False

    def refuse(self, status: int, message: str) -> RefusedError:
        """An error in this server's shape."""
        return RefusedError(status, self.error(message))

    def answers(self, edit: dict[str, Any]) -> str:
        """url or b64_json."""
        return str(edit.get("response_format", self.default))

    def size(self, edit: dict[str, Any]) -> tuple[int, int]:
        """What is drawn."""
        if self.drawn is not None and (self.fixed or "size" not in edit):
            return self.drawn
        if "size" not in edit:
            first: tuple[int, int] = edit["first"]
            return first
        width, _, height = str(edit["size"]).partition("x")
        return int(width), int(height)


_TUNED = frozenset({"size", "response_format", "seed", "negative_prompt", "output_format", "output_compression"})
_VLLM = Spec(error=detail, optional=_TUNED | {"n"}, mask="mask_image")
_LOCALAI = Spec(error=numbered, default="url", drawn=(512, 512), result="/generated-images/b64{number}.png")
_OPENAI = frozenset({"n", "size", "quality", "background", "input_fidelity", "safety_identifier", "stream", "user"})

SPECS: dict[str, dict[str, Spec]] = {
    "vllm-omni": {"POST /v1/images/edits": _VLLM},
    "sglang": {"POST /v1/images/edits": Spec(error=detail, optional=_TUNED, leaks=True)},
    "localai": {
        "POST /v1/images/generations": replace(
            _LOCALAI,
            json=True,
            images=("file", "ref_images"),
            optional=frozenset({"size", "response_format", "seed", "n", "step"}),
            kinds=("PNG", "JPEG"),
        ),
        "POST /v1/images/inpainting": replace(
            _LOCALAI,
            optional=frozenset({"steps"}),
            images=("image",),
            most=1,
            mask="mask",
            mask_needed=True,
            fixed=True,
            host="http://localai.internal:8080",
        ),
    },
    "sd-cpp": {
        "POST /v1/images/edits": Spec(
            error=text,
            optional=frozenset({"n", "size", "output_format", "output_compression"}),
            images=("image[]",),
            mask="mask",
            formats=("png", "jpeg"),
            kinds=("PNG", "JPEG"),
        )
    },
    "xinference": {
        "POST /v1/images/edits": Spec(
            error=detail, optional=frozenset({"size", "response_format"}), mask="mask", default="url"
        )
    },
    "aquiles": {
        "POST /v1/images/edits": Spec(
            error=detail,
            optional=frozenset({"size", "response_format", "input_fidelity"}),
            most=10,
            default="url",
            drawn=(1024, 1024),
        )
    },
    "retouch": {
        "POST /v1/images/edits": Spec(
            error=openai, optional=_TUNED | _OPENAI | {"partial_images"}, mask="mask", alpha=True, default="url"
        )
    },
    "plain": {"POST /v1/images/edits": Spec(error=detail, mask="mask", alpha=True)},
}


def check(seen: Seen, spec: Spec) -> dict[str, Any]:
    """The fields of an edit that passed, and its `first` image's size. Raises RefusedError."""
    fields, images = _of_json(seen, spec) if spec.json else _of_form(seen, spec)
    if wrong := fields.keys() - spec.required - spec.optional:
        raise spec.refuse(400, f"unknown fields {sorted(wrong)}")
    if missing := [name for name in spec.required if not fields.get(name)]:
        raise spec.refuse(422, f"missing {missing}")
    if not 1 <= len(images) <= spec.most:
        raise spec.refuse(422, "image or url is required")
    pictures = [_picture(data, spec) for data in images]
    _mask(seen, spec, pictures[0])
    _values(fields, spec)
    return {**fields, "first": pictures[0].size}


def _values(fields: dict[str, Any], spec: Spec) -> None:
    known = {
        "size": r"\d+x\d+",
        "n": r"[1-9]|10",
        "seed": r"\d{1,10}",
        "output_compression": r"\d\d?|100",
        "response_format": "b64_json|url",
        "output_format": "|".join(spec.formats),
        "quality": "low|medium|high",
        "input_fidelity": "low|high",
        "background": "transparent|opaque",
        "stream": "true",
        "partial_images": "[0-3]",
    }
    for name, pattern in known.items():
        if name in fields and not re.fullmatch(pattern, str(fields[name])):
            raise spec.refuse(400, f"bad {name}")
    if spec.json and not all(isinstance(fields.get(name, 0), int) for name in ("n", "seed", "step")):
        raise spec.refuse(400, "a number was expected")


def _of_form(seen: Seen, spec: Spec) -> tuple[dict[str, Any], list[bytes]]:
    files = seen.files(*spec.images)
    names = {part.name for part in files}
    stray = [
        part.name for part in seen.parts if part.filename is not None and part.name not in {*spec.images, spec.mask}
    ]
    if stray or len(names) > 1 or (names == {"image"} and len(files) > 1):
        raise spec.refuse(400, f"files under unknown or mixed names {stray}")
    if any(not (part.media_type or "").startswith("image/") for part in files):
        raise spec.refuse(415, "not an image")
    return dict(seen.texts()), [part.data for part in files]


def _of_json(seen: Seen, spec: Spec) -> tuple[dict[str, Any], list[bytes]]:
    if not isinstance(seen.json, dict):
        raise spec.refuse(400, "JSON expected")
    first, more = spec.images
    texts = [seen.json.get(first), *seen.json.get(more, [])]
    try:
        images = [base64.b64decode(str(item), validate=True) for item in texts if item]
    except binascii.Error:
        raise spec.refuse(400, "illegal base64") from None
    return {name: value for name, value in seen.json.items() if name not in spec.images}, images


def _mask(seen: Seen, spec: Spec, first: Image.Image) -> None:
    files = [] if spec.mask is None else seen.files(spec.mask)
    if spec.mask_needed and not files:
        raise spec.refuse(400, "missing mask file")
    for file in files:
        mask = _picture(file.data, spec)
        if mask.size != first.size or ("A" in mask.getbands()) != spec.alpha or file.media_type != "image/png":
            raise spec.refuse(400, "a mask of another size or kind")


def _picture(data: bytes, spec: Spec) -> Image.Image:
    try:
        picture = look(data)
    except OSError:
        raise spec.refuse(400, "undecodable image") from None
    if picture.format not in spec.kinds:
        raise spec.refuse(400, "undecodable image")
    return picture


def seed_in(prompt: str) -> str | None:
    """The knobs that stable-diffusion.cpp would read out of a prompt."""
    found = _SEED_TAG.search(prompt)
    return found[1] if found else None
