"""Google's POST /v1beta/models/{model}:generateContent for images, as strict as the real one.

Facts from google-genai 3.4.0 (types.py, errors.py) and what it was seen to send and to read; messages as users of the
API reported them.
"""

import base64
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from upstreams.drawing import draw64, repaint
from upstreams.faults import Fault, answers
from upstreams.gemini_checks import MODELS, Edit, check, refuse, wrong_key
from upstreams.server import Seen, Upstream

#: At 1K; 2.5 has edges of its own.
PIXELS = {
    "1:1": (1024, 1024), "2:3": (848, 1264), "3:2": (1264, 848), "3:4": (896, 1200), "4:3": (1200, 896),
    "4:5": (928, 1152), "5:4": (1152, 928), "9:16": (768, 1376), "16:9": (1376, 768), "21:9": (1584, 672),
    "1:4": (512, 2048), "4:1": (2048, 512), "1:8": (384, 3072), "8:1": (3072, 384),
}  # fmt: skip
PIXELS_2_5 = {
    "1:1": (1024, 1024), "2:3": (832, 1248), "3:2": (1248, 832), "3:4": (864, 1184), "4:3": (1184, 864),
    "4:5": (896, 1152), "5:4": (1152, 896), "9:16": (768, 1344), "16:9": (1344, 768), "21:9": (1536, 672),
}  # fmt: skip
TIERS = {"512": 0.5, None: 1, "1K": 1, "2K": 2, "4K": 4}


@dataclass
class GeminiUpstream(Upstream):
    """The stand-in; `edits` are the checked requests in order."""

    def __post_init__(self) -> None:
        self.edits: list[Edit] = []

    @property
    def base_url(self) -> str:
        """What an operator sets: the host alone."""
        return self.root

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """Check the edit as Google would, and draw it."""
        if (seen.method, seen.path) == ("GET", "/v1beta/models"):
            if seen.headers.get("x-goog-api-key") != self.key:
                raise wrong_key()
            return web.json_response({"models": [{"name": f"models/{name}"} for name in sorted(MODELS)]})
        edit = check(seen, self.key)
        self.edits.append(edit)
        images = 1 if fault.images is None else fault.images
        drawn = [self._drawn(edit, fault.size or pixels(edit), number) for number in range(images)]
        parts = [*_thoughts(edit.model), *(drawn or [{"text": "Which of the two dogs do you mean?"}])]
        return web.json_response(_whole(edit, parts), dumps=lambda body: orjson.dumps(body).decode())

    def _drawn(self, edit: Edit, size: tuple[int, int], number: int) -> dict[str, Any]:
        kind = "jpeg" if edit.model.startswith("gemini-3.1") else "png"
        if not self.repaints:
            return _inline(draw64(size, kind, seed=number), kind)
        # Another call gives another picture: the model takes no seed.
        data = repaint(edit.images[0][1], edit.prompt, size, kind, seed=len(self.edits) + number)
        return _inline(base64.b64encode(data).decode(), kind)


def pixels(edit: Edit) -> tuple[int, int]:
    """What Google draws: the ratio asked for, else the one nearest to the first image."""
    table = PIXELS_2_5 if edit.model.startswith("gemini-2.5") else PIXELS
    width, height = edit.sizes[0]
    nearest = min(table, key=lambda ratio: abs(table[ratio][0] / table[ratio][1] - width / height))
    edges = table[edit.ratio or nearest]
    return int(edges[0] * TIERS[edit.image_size]), int(edges[1] * TIERS[edit.image_size])


def _inline(data: str, kind: str) -> dict[str, Any]:
    return {"inlineData": {"mimeType": f"image/{kind}", "data": data}, "thoughtSignature": "c2ln" * 20}


def _thoughts(model: str) -> list[dict[str, Any]]:
    """What the third generation thinks first: words and a draft, marked as thoughts."""
    if model.startswith("gemini-2.5"):
        return []
    draft = {"inlineData": {"mimeType": "image/png", "data": draw64((64, 64), seed=9)}, "thought": True}
    return [{"text": "Considering the hat.", "thought": True}, draft]


def _whole(edit: Edit, parts: list[dict[str, Any]]) -> dict[str, Any]:
    thoughts = 0 if edit.model.startswith("gemini-2.5") else 55
    into = 258 * len(edit.images)
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 9 + into,
            "candidatesTokenCount": 1120,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": 9 + into + 1120 + thoughts,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 9},
                {"modality": "IMAGE", "tokenCount": into},
            ],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
        },
        "modelVersion": edit.model,
        "responseId": "r-1",
    }


def finishes(reason: str, message: str | None = None) -> Fault:
    """A candidate without content, HTTP 200."""
    said = {} if message is None else {"finishMessage": message}
    candidate = {"finishReason": reason, "index": 0, **said}
    return answers(200, {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 267}})


def blocks(reason: str, message: str | None = None) -> Fault:
    """A prompt that is refused: no candidates, HTTP 200."""
    feedback = {"blockReason": reason} | ({} if message is None else {"blockReasonMessage": message})
    return answers(200, {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 267}})


def exhausted(delay: str | None) -> Fault:
    """429, with the delay where Google puts it: in the body."""
    quota = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerMinute"}]}
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    details: list[dict[str, Any]] = [quota, *([retry] if delay else [])]
    error = refuse("You exceeded your current quota.", "RESOURCE_EXHAUSTED", 429, details)
    return answers(429, error.body)


def fails_with(code: int, status: str, message: str = "An internal error has occurred at /secret/path") -> Fault:
    """Any other error of Google's."""
    return answers(code, refuse(message, status, code).body)


def expired_key() -> Fault:
    """The key is no longer good."""
    return answers(400, wrong_key().body)
