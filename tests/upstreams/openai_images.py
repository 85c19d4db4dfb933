"""OpenAI's POST /v1/images/edits, as strict as the real one.

Facts from the Python SDK 3.52.0 (types/image_edit_params.py, images_response.py, image_edit_*_event.py) and from
errors that users of the real API reported. `steps` paces a stream: each event takes one permit, if it is set.
"""

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from upstreams.drawing import draw64, repaint
from upstreams.faults import Fault
from upstreams.openai_checks import Edit, check, refuse
from upstreams.server import Seen, Upstream


@dataclass
class OpenAIUpstream(Upstream):
    """The stand-in; `edits` are the checked requests in order, `models` what it lists."""

    steps: asyncio.Semaphore | None = None

    def __post_init__(self) -> None:
        self.edits: list[Edit] = []
        names = ("2", "2.5-sunburst", "2.5-flare", "2.6-sunburst", "2.6-flare")
        self.models = {"gpt-5", *(f"gpt-image-{name}" for name in names)}

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """Check the edit as OpenAI would, and draw it."""
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            raise refuse("Incorrect API key provided: sk-st...", "invalid_api_key", status=401)
        if (seen.method, seen.path) == ("GET", "/v1/models"):
            rows = [{"id": name, "object": "model", "created": 1, "owned_by": "openai"} for name in sorted(self.models)]
            return web.json_response({"object": "list", "data": rows})
        if (seen.method, seen.path) != ("POST", "/v1/images/edits"):
            raise refuse(f"Invalid URL ({seen.method} {seen.path})", "unknown_url", status=404)
        edit = check(seen)
        self.edits.append(edit)
        if "BLOCKED" in edit.prompt:
            raise refuse(
                "Your request was rejected by the safety system.",
                "moderation_blocked",
                kind="image_generation_user_error",
                moderation_details={"moderation_stage": "input", "categories": ["violence"]},
            )
        if edit.stream:
            return await self._stream(request, edit, fault, seen)
        return web.json_response(self._whole(edit, fault, seen), dumps=lambda body: orjson.dumps(body).decode())

    def _whole(self, edit: Edit, fault: Fault, seen: Seen) -> dict[str, Any]:
        images = edit.n if fault.images is None else fault.images
        data = [{"b64_json": self._draw(edit, fault, seen, index)} for index in range(images)]
        return {"created": int(time.time()), **edit.resolved, "data": data, "usage": usage(images)}

    async def _stream(self, request: web.Request, edit: Edit, fault: Fault, seen: Seen) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        kinds = ["partial_image"] * edit.partial_images + ["completed"] * (fault.images is None)
        for step, kind in enumerate(kinds):
            if self.steps is not None:
                await self.steps.acquire()
            name = f"image_edit.{kind}"
            last = {"usage": usage(1)} if kind == "completed" else {"partial_image_index": step}
            text = self._draw(edit, fault, seen, step if kind == "partial_image" else 0)
            event = {"type": name, "b64_json": text, "created_at": int(time.time()), **edit.resolved, **last}
            if "BREAKS" in edit.prompt:
                error = {"message": "boom", "type": "server_error", "code": None, "param": None}
                event, name = {"type": "error", "error": error}, "error"
            await response.write(f"event: {name}\ndata: ".encode() + orjson.dumps(event) + b"\n\n")
            if fault.cut_after is not None and request.transport is not None:
                request.transport.abort()
        return response

    def _draw(self, edit: Edit, fault: Fault, seen: Seen, seed: int) -> str:
        size = fault.size or edit.pixels
        if self.repaints and edit.background != "transparent":
            first = seen.files("image", "image[]")[0].data
            return base64.b64encode(repaint(first, edit.prompt, size, edit.output_format, seed=seed)).decode()
        return draw64(size, edit.output_format, seed=seed, alpha=edit.background == "transparent")


def usage(images: int) -> dict[str, Any]:
    """Token counts as the API gives them."""
    into = {"text_tokens": 12, "image_tokens": 323}
    out = {"text_tokens": 3, "image_tokens": 196 * images}
    return {
        "total_tokens": 335 + 3 + 196 * images,
        "input_tokens": 335,
        "input_tokens_details": into,
        "output_tokens": 3 + 196 * images,
        "output_tokens_details": out,
    }
