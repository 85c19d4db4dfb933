"""OpenAI's POST /v1/moderations, as strict as the real one.

Facts from the Python SDK 3.52.0 (types/moderation_create_params.py, moderation_*_input_param.py, moderation.py); one
picture a request (antiwork/gumroad pull request 4709). What is flagged is ordered by words in the prompt, and by the
width of pictures: an odd one is violent.
"""

import base64
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from upstreams.drawing import look
from upstreams.faults import Fault
from upstreams.openai_checks import refuse
from upstreams.server import Seen, Upstream

#: With what each may be found in (class CategoryAppliedInputTypes).
CATEGORIES = {
    "harassment": ["text"],
    "harassment/threatening": ["text"],
    "hate": ["text"],
    "hate/threatening": ["text"],
    "illicit": ["text"],
    "illicit/violent": ["text"],
    "self-harm": ["text", "image"],
    "self-harm/instructions": ["text", "image"],
    "self-harm/intent": ["text", "image"],
    "sexual": ["text", "image"],
    "sexual/minors": ["text"],
    "violence": ["text", "image"],
    "violence/graphic": ["text", "image"],
}
MODELS = {"omni-moderation-latest", "omni-moderation-2024-09-26"}
TYPES = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
LARGEST = 20_000_000


@dataclass
class ModerationUpstream(Upstream):
    """The stand-in; `asked` is what each request held: a text or None, and pictures' formats and sizes."""

    def __post_init__(self) -> None:
        self.asked: list[tuple[str | None, list[tuple[str, tuple[int, int]]]]] = []

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """Check the input as OpenAI would, and judge it."""
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            raise refuse("Incorrect API key provided: sk-st...", "invalid_api_key", status=401)
        if (seen.method, seen.path) != ("POST", "/v1/moderations"):
            raise refuse(f"Invalid URL ({seen.method} {seen.path})", "unknown_url", status=404)
        text, pictures = _input(seen.json)
        self.asked.append((text, pictures))
        found: dict[str, list[str]] = {name: [] for name in CATEGORIES} | _found(text, pictures)
        result = {
            "flagged": any(found.values()),
            "categories": {name: bool(kinds) for name, kinds in found.items()},
            "category_scores": {name: 0.97 if kinds else 0.0001 for name, kinds in found.items()},
            "category_applied_input_types": {
                name: [
                    kind for kind, sent in (("text", text), ("image", pictures)) if sent and kind in CATEGORIES[name]
                ]
                for name in CATEGORIES
            },
        }
        return web.json_response({"id": "modr-1", "model": "omni-moderation-2024-09-26", "results": [result]})


def _input(body: Any) -> tuple[str | None, list[tuple[str, tuple[int, int]]]]:
    if not isinstance(body, dict) or body.keys() - {"input", "model"} or "input" not in body:
        raise refuse("Invalid body", param="input")
    if body.get("model", "omni-moderation-latest") not in MODELS:
        raise refuse(f"Invalid model: {body['model']}", "model_not_found", param="model")
    texts, pictures = [], []
    for part in body["input"]:
        match part:
            case {"type": "text", "text": str(text)} if len(part) == 2:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url)}} if len(part) == 2:
                pictures.append(_picture(url))
            case _:
                raise refuse("Invalid input part", param="input")
    if len(pictures) > 1:
        raise refuse(f"Number of images ({len(pictures)}) exceeds maximum of 1", "too_many_images", param="input")
    return "\n".join(texts) if texts else None, pictures


def _picture(url: str) -> tuple[str, tuple[int, int]]:
    head, _, data = url.partition(";base64,")
    raw, kind = base64.b64decode(data, validate=True), head.removeprefix("data:image/")
    if kind not in TYPES or len(raw) > LARGEST:
        raise refuse("Invalid image", "invalid_image", param="input")
    image = look(raw)
    if image.format != TYPES[kind]:
        raise refuse("Invalid image", "invalid_image", param="input")
    return kind, image.size


def _found(text: str | None, pictures: list[tuple[str, tuple[int, int]]]) -> dict[str, list[str]]:
    said = (text or "").upper()
    found = {name: ["text"] for name in CATEGORIES if name.upper() in said.split()}
    if any(width % 2 for _, (width, _) in pictures):
        found["violence"] = [*found.get("violence", []), "image"]
    return found
