"""Self-hosted servers that call themselves OpenAI-compatible, one stand-in for all kinds.

Facts from the sources of vllm-project/vllm-omni, sgl-project/sglang, mudler/LocalAI, leejet/stable-diffusion.cpp,
xorbitsai/inference and Aquiles-ai/Aquiles-Image. Most of them ignore a field they do not know; the stand-in refuses
it, because a field that is ignored is a promise that is broken.
"""

import base64
import itertools
import time
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from upstreams.compatible_specs import SPECS, Spec, check
from upstreams.drawing import draw
from upstreams.faults import Fault
from upstreams.server import RefusedError, Seen, Upstream


@dataclass
class CompatibleUpstream(Upstream):
    """A server of one kind. `host`: put before the paths of results (by default they are as the kind gives them)."""

    kind: str = "plain"
    host: str | None = None

    def __post_init__(self) -> None:
        self.results: dict[str, bytes] = {}
        self._numbers = itertools.count()

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """Check the edit as this kind of server would, and draw it; or give a result."""
        if seen.method == "GET" and seen.path in self.results:
            return web.Response(body=self.results[seen.path], content_type="image/png")
        if (seen.method, seen.path) == ("GET", "/v1/models"):
            if seen.headers.get("authorization") != f"Bearer {self.key}":
                raise RefusedError(401, {"detail": "Unauthorized"})
            return web.json_response({"object": "list", "data": [{"id": "served", "object": "model"}]})
        spec = SPECS[self.kind].get(f"{seen.method} {seen.path}")
        if spec is None:
            raise RefusedError(404, {"detail": "Not Found"})
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            raise spec.refuse(401, "wrong key")
        edit = check(seen, spec)
        if edit.get("stream") == "true":
            return await self._stream(request, edit, spec)
        images = int(edit.get("n", 1)) if fault.images is None else fault.images
        data = [self._entry(edit, spec, fault, index) for index in range(images)]
        extra = {"id": "gen-1", "file_path": "/srv/outputs/x.png", "peak_memory_mb": 1.5} if spec.leaks else {}
        return web.json_response({"created": int(time.time()), "data": data, **extra}, dumps=_dumps)

    def _entry(self, edit: dict[str, Any], spec: Spec, fault: Fault, index: int) -> dict[str, object]:
        picture = draw(fault.size or spec.size(edit), edit.get("output_format", "png"), seed=index)
        extra = {"revised_prompt": edit["prompt"], "file_path": "/srv/x.png"} if spec.leaks else {}
        if spec.answers(edit) == "b64_json":
            return {"b64_json": base64.b64encode(picture).decode(), **extra}
        path = spec.result.format(number=next(self._numbers))
        self.results[path] = picture
        return {"url": (spec.host if self.host is None else self.host) + path, **extra}

    async def _stream(self, request: web.Request, edit: dict[str, Any], spec: Spec) -> web.StreamResponse:
        """As Retouch streams: OpenAI's events, with `image_index`."""
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        steps, images = int(edit.get("partial_images", 0)), int(edit.get("n", 1))
        for step, index in itertools.product(range(steps + 1), range(images)):
            kind = "completed" if step == steps else "partial_image"
            text = base64.b64encode(draw(spec.size(edit), edit["output_format"], seed=index)).decode()
            event = {"type": f"image_edit.{kind}", "b64_json": text, "image_index": index, "partial_image_index": step}
            await response.write(b": waiting\n\nevent: image_edit\ndata: " + orjson.dumps(event) + b"\n\n")
        return response


def _dumps(body: object) -> str:
    return orjson.dumps(body).decode()
