"""fal's queue, its storage and its files on one host, as strict as the real ones.

Facts from fal-client 1.0.3 (client.py), @fal-ai/client 1.10.1 and fal's pages "Queue", "Model errors" and "Request
errors". The queue takes any JSON for an endpoint that exists: what is wrong with an input is told by the result.
"""

import asyncio
import io
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import web

from upstreams.drawing import draw, repaint
from upstreams.fal_checks import ENDPOINTS, Edit, check
from upstreams.fal_endings import Ending
from upstreams.faults import Fault
from upstreams.server import RefusedError, Seen, Upstream

TOKEN = "upload-token-0123456789"


@dataclass
class _Job:
    endpoint: str
    input: Any
    statuses: deque[str]
    ending: Ending
    last: str = "IN_QUEUE"

    @property
    def done(self) -> bool:
        return self.last == "COMPLETED"


@dataclass
class FalUpstream(Upstream):
    """The stand-in.

    edits: the inputs that passed. endings: how the next jobs end. statuses: what each job says before COMPLETED.
    stuck: jobs that never complete. uploads: files by address. cancelled: ids; polled, cancel_asked: once it was so.
    """

    key: str = "fal-key-id:fal-key-secret-0123456789"
    statuses: tuple[str, ...] = ("IN_QUEUE", "IN_PROGRESS")
    stuck: bool = False

    def __post_init__(self) -> None:
        self.edits: list[Edit] = []
        self.endings: deque[Ending] = deque()
        self.uploads: dict[str, bytes] = {}
        self.upload_headers: list[dict[str, str]] = []
        self.cancelled: list[str] = []
        self.polled, self.cancel_asked = asyncio.Event(), asyncio.Event()
        self._jobs: dict[str, _Job] = {}
        self._media: dict[str, bytes] = {}
        self._faults_at: dict[str, deque[Fault | None]] = {}

    @property
    def base_url(self) -> str:
        """What an operator sets: the queue's root."""
        return self.root

    @property
    def settings(self) -> dict[str, Any]:
        """An engine's settings for it, with polls that do not wait."""
        return {"base_url": self.root, "rest_url": self.root, "poll_seconds": 0.001}

    def at(self, step: str, *faults: Fault | None) -> None:
        """What to do with the next requests of one step: submit, status, result, cancel, media, token or upload."""
        self._faults_at.setdefault(step, deque()).extend(faults)

    def steps(self) -> list[str]:
        """The steps of the requests so far."""
        return [_step(seen.method, seen.path) for seen in self.seen]

    async def _obey(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        queue = self._faults_at.get(_step(request.method, request.path))
        return await super()._obey(request, (queue.popleft() if queue else None) or fault)

    async def answer(self, request: web.Request, seen: Seen, fault: Fault) -> web.StreamResponse:
        """Send the request to its step."""
        step = _step(seen.method, seen.path)
        if step == "media":
            return self._file(seen.path)
        if step == "upload":
            return self._upload(seen, await request.read())
        if seen.headers.get("authorization") != f"Key {self.key}":
            raise RefusedError(401, {"detail": "Cannot access application: invalid credentials."})
        if step == "token":
            return self._token(request)
        if step == "submit":
            return self._submit(seen)
        parts = seen.path.removesuffix("/status").removesuffix("/cancel").rsplit("/", 1)
        job = self._jobs.get(parts[-1])
        if job is None or parts[0] != f"/{'/'.join(job.endpoint.split('/')[:2])}/requests":
            raise RefusedError(404, {"detail": "Request not found"})
        if step == "cancel":
            return self._cancel(parts[-1], job)
        return self._status(parts[-1], job) if step == "status" else self._result(job, fault)

    def _submit(self, seen: Seen) -> web.Response:
        endpoint = seen.path.removeprefix("/")
        if endpoint not in ENDPOINTS:
            raise RefusedError(404, {"detail": f"Application {endpoint!r} not found"})
        if (wait := seen.headers.get("x-fal-request-timeout")) and not float(wait) > 1:
            raise RefusedError(400, {"detail": "Invalid X-Fal-Request-Timeout"})
        name = f"job-{len(self._jobs)}"
        ending = self.endings.popleft() if self.endings else Ending()
        self._jobs[name] = _Job(endpoint, seen.json, deque(self.statuses), ending)
        base = f"{self.root}/{'/'.join(endpoint.split('/')[:2])}/requests/{name}"
        urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
        return _json({"status": "IN_QUEUE", "queue_position": 0, "request_id": name, **urls})

    def _status(self, name: str, job: _Job) -> web.Response:
        self.polled.set()
        status = job.statuses.popleft() if job.statuses else "IN_PROGRESS" if self.stuck else "COMPLETED"
        job.last = status
        more: dict[str, Any] = {"queue_position": 0} if status == "IN_QUEUE" else {"logs": None}
        if job.done:
            more |= {"metrics": {"inference_time": 1.5}, **job.ending.told}
        return _json({"status": status, "request_id": name, **more}, 200 if job.done else 202)

    def _cancel(self, name: str, job: _Job) -> web.Response:
        self.cancelled.append(name)
        self.cancel_asked.set()
        if job.done:
            return _json({"status": "ALREADY_COMPLETED"}, 400)
        if job.last == "IN_QUEUE":
            del self._jobs[name]
            return _json({"status": "OK"})
        return _json({"status": "CANCELLATION_REQUESTED"}, 202)

    def _result(self, job: _Job, fault: Fault) -> web.Response:
        if not job.done:
            raise RefusedError(400, {"detail": "Request is still in progress"})
        ending = job.ending
        if ending.status != 200:
            return web.Response(
                status=ending.status,
                body=orjson.dumps(ending.body),
                headers={"content-type": "application/json", "x-fal-request-id": "r", **ending.headers},
            )
        edit = check(job.endpoint, job.input, self.uploads)
        self.edits.append(edit)
        count = edit.values.get("num_images", 1)
        count = next((images for images in (fault.images, ending.images) if images is not None), count)
        size, kind = fault.size or ending.size or pixels(edit), edit.values.get("output_format", "png")
        images = [self._draw(edit, size, kind, seed, black=seed in ending.black) for seed in range(count)]
        if ending.urls is not None:
            images = [{"url": url} for url in ending.urls]
        flags = {} if "seedream" in job.endpoint else {"has_nsfw_concepts": [at in ending.black for at in range(count)]}
        return _json({"images": images, "seed": 42, "prompt": edit.values["prompt"], **flags})

    def _draw(self, edit: Edit, size: tuple[int, int], kind: str, seed: int, *, black: bool) -> dict[str, Any]:
        path = f"/media/{len(self._media)}.{kind}"
        if self.repaints and not black:
            first = io.BytesIO()
            edit.images[0].save(first, "png")
            self._media[path] = repaint(first.getvalue(), edit.values["prompt"], size, kind, seed=seed)
        else:
            self._media[path] = draw((8, 8) if black else size, kind, seed=seed)
        return {"url": self.root + path, "content_type": f"image/{kind}", "width": size[0], "height": size[1]}

    def _file(self, path: str) -> web.Response:
        if path not in self._media:
            raise RefusedError(404, {"detail": "Not Found"})
        return web.Response(body=self._media[path], content_type=f"image/{path.rpartition('.')[2]}")

    def _token(self, request: web.Request) -> web.Response:
        if request.query.get("storage_type") != "fal-cdn-v3":
            raise RefusedError(422, {"detail": "Unknown storage type"})
        expires = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return _json({"token": TOKEN, "token_type": "Bearer", "base_url": self.root, "expires_at": expires})

    def _upload(self, seen: Seen, data: bytes) -> web.Response:
        if seen.headers.get("authorization") != f"Bearer {TOKEN}" or not seen.headers.get("content-type"):
            raise RefusedError(401, {"detail": "Unauthorized"})
        url = f"{self.root}/files/{len(self.uploads)}/{seen.headers.get('x-fal-file-name', 'file')}"
        self.uploads[url] = data
        self.upload_headers.append(dict(seen.headers))
        return _json({"access_url": url})


def pixels(edit: Edit) -> tuple[int, int]:
    """What is drawn: the size asked for in pixels, else something of the first image's shape."""
    size = edit.values.get("image_size")
    return (size["width"], size["height"]) if isinstance(size, dict) else edit.images[0].size


def _step(method: str, path: str) -> str:
    if path == "/storage/auth/token":
        return "token"
    if path == "/files/upload":
        return "upload"
    if path.startswith("/media/"):
        return "media"
    kinds = {"POST": "submit", "PUT": "cancel", "GET": "status" if path.endswith("/status") else "result"}
    return kinds.get(method, "unknown")


def _json(value: object, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=lambda body: orjson.dumps(body).decode())
