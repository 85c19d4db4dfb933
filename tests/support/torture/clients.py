"""What is asked for, and by clients that retry as the official SDKs do."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp

from support.images import encoded, photo
from support.money import Customer

Kind = Literal["edit", "stream", "leaves", "later", "project", "canceled", "deleted"]

#: Retries of a client, of whom openai-python makes two unless told otherwise; and its pauses (_constants.py, 3.52.0).
RETRIES, FIRST_PAUSE, LONGEST_PAUSE = 6, 0.5, 8.0
#: Seconds that an answer and that a project may take before a client gives up waiting.
ANSWER_SECONDS, PROJECT_SECONDS = 90.0, 600.0
#: Seconds between two looks at a project, as Magic Hour's SDK has them.
LOOK_SECONDS = 0.5
#: Seconds after which a client that leaves has had enough.
PATIENCE = 1.0

PHOTO = encoded(photo())
_WEIGHTS: dict[Kind, int] = {"edit": 8, "stream": 2, "leaves": 1, "later": 4, "project": 6, "canceled": 1, "deleted": 1}
_MODELS = {"cloud": 4, "own": 4, "jobs": 3, "retouch-classic": 4}


@dataclass(frozen=True)
class Intent:
    """Something that a customer wants once."""

    name: str
    who: Customer
    kind: Kind
    model: str
    images: int

    @property
    def later(self) -> bool:
        """Whether it is asked for as a project."""
        return self.kind in {"later", "project", "canceled", "deleted"}

    @property
    def prompt(self) -> str:
        """Words that the built-in editor understands too."""
        return "make it sepia"


def intents(count: int, customers: Sequence[Customer], seed: int) -> Iterator[Intent]:
    """So many, of all kinds."""
    dice = random.Random(seed)  # noqa: S311 - repeatable
    for number in range(count):
        kind = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        model = dice.choices(list(_MODELS), list(_MODELS.values()))[0]
        images = dice.choice((1, 1, 1, 4) if kind == "project" else (1, 1, 2, 3))
        images = 1 if kind == "stream" else images
        yield Intent(f"intent-{number}", customers[number % len(customers)], kind, model, images)


@dataclass
class Told:
    """What clients were told. `complete`: ids of edits of which a client has got an image."""

    outcomes: Counter[str] = field(default_factory=Counter)
    complete: set[str] = field(default_factory=set)
    paid_back: set[str] = field(default_factory=set)
    retries: int = 0
    joined: int = 0
    replayed: int = 0
    longest: float = 0.0
    #: Why clients had to send again.
    troubles: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class GaveUpError(Exception):
    """A client has tried as often as it does."""


class Client:
    """All customers' client: each request goes to one of the servers, as a balancer would have it."""

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str], seed: int) -> None:
        self.told = Told()
        self._session = session
        self._urls = urls
        self._random = random.Random(seed)  # noqa: S311 - which server, and how long a pause

    async def want(self, intent: Intent) -> None:
        """Get it, or hear why not."""
        started = time.monotonic()
        try:
            outcome = await (self._project(intent) if intent.later else self._edit(intent))
        except GaveUpError:
            outcome = "gave up"
        self.told.outcomes[outcome] += 1
        self.told.longest = max(self.told.longest, time.monotonic() - started)

    async def _edit(self, intent: Intent) -> str:
        form = {**self._fields(intent), "response_format": "b64_json"}
        if intent.kind == "stream":
            form |= {"stream": "true", "partial_images": "1" if intent.model == "cloud" else "0"}
        try:
            async with asyncio.timeout(PATIENCE if intent.kind == "leaves" else None):
                status, headers, body = await self._send(intent.who, "/v1/images/edits", form)
        except TimeoutError:
            return "left"
        if intent.kind == "stream" and status == 200:
            return self._streamed(intent, headers, body)
        answer = json.loads(body)
        if status != 200:
            return str(answer["code"])
        if not 1 <= len(answer["data"]) <= intent.images or not all(one["b64_json"] for one in answer["data"]):
            self.told.wrong.append(f"{intent}: {len(answer['data'])} images")
        self.told.complete.add(headers["retouch-edit-id"])
        return "ok"

    def _streamed(self, intent: Intent, headers: Mapping[str, str], body: bytes) -> str:
        events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")]
        last = events[-1] if events else {}
        if last.get("type") == "image_edit.completed":
            self.told.complete.add(headers["retouch-edit-id"])
            return "ok"
        if "error" not in last:
            self.told.wrong.append(f"{intent}: a stream that ended with {str(last)[:100]}")
        return "error in a stream"

    async def _project(self, intent: Intent) -> str:
        again = {"idempotency-key": intent.name}
        if intent.kind == "later":
            form = {**self._fields(intent), "async": "true"}
            status, _, body = await self._send(intent.who, "/v1/images/edits", form, headers=again)
        else:
            path = await self._upload(intent.who)
            project = {
                "model": intent.model,
                "image_count": 4 if intent.images > 1 else 1,
                "style": {"prompt": intent.prompt},
                "assets": {"image_file_paths": [path]},
            }
            status, _, body = await self._send(intent.who, "/v1/ai-image-editor", json=project, headers=again)
        answer = json.loads(body)
        if status not in {200, 202}:
            return f"refused with {status}"
        place = f"/v1/image-projects/{answer['id']}"
        if intent.kind == "canceled":
            await self._send(intent.who, f"{place}/cancel")
        if intent.kind == "deleted":
            status, _, _ = await self._send(intent.who, place, method="DELETE")
            return "deleted" if status == 204 else f"not deleted: {status}"
        return await self._ended(intent, place)

    async def _ended(self, intent: Intent, place: str) -> str:
        """Look until it has ended; then read one of its images."""
        deadline = time.monotonic() + PROJECT_SECONDS
        while time.monotonic() < deadline:
            status, _, body = await self._send(intent.who, place, method="GET")
            project = json.loads(body)
            if status != 200:
                return f"not found: {status}"
            if project["status"] == "complete":
                await self._download(intent, project)
                return "complete"
            if project["status"] in {"error", "canceled"}:
                if project["credits_charged"] and project["status"] == "error":
                    self.told.wrong.append(f"{intent}: failed and cost {project['credits_charged']}")
                self.told.paid_back.add(project["id"])
                return str(project["status"])
            await asyncio.sleep(LOOK_SECONDS)
        self.told.wrong.append(f"{intent}: still {project['status']}")
        return "stuck"

    async def _download(self, intent: Intent, project: Mapping[str, Any]) -> None:
        self.told.complete.add(project["id"])
        if not project["downloads"]:
            self.told.wrong.append(f"{intent}: complete without downloads")
            return
        link = urlsplit(project["downloads"][0]["url"])
        status, _, body = await self._send(intent.who, f"{link.path}?{link.query}", method="GET")
        if status != 200 or not body.startswith(b"\x89PNG"):
            self.told.wrong.append(f"{intent}: its download answers {status}")

    async def _upload(self, who: Customer) -> str:
        """Hand a picture in. Where an address was used up by a server that died, ask for another; or GaveUpError."""
        for _ in range(RETRIES):
            asked = {"items": [{"type": "image", "extension": "png"}]}
            status, _, body = await self._send(who, "/v1/files/upload-urls", json=asked)
            if status != 200:
                continue
            [item] = json.loads(body)["items"]
            link = urlsplit(item["upload_url"])
            status, _, _ = await self._send(None, f"{link.path}?{link.query}", method="PUT", data=PHOTO)
            if status == 200:
                return str(item["file_path"])
        raise GaveUpError

    def _fields(self, intent: Intent) -> dict[str, str]:
        fields = {"model": intent.model, "prompt": intent.prompt, "n": str(intent.images), "user": intent.name}
        return {**fields, "size": "1024x1024"} if intent.model == "cloud" else fields

    async def _send(
        self,
        who: Customer | None,
        target: str,
        form: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send it, again after failures that a client takes for passing. Raises GaveUpError."""
        given = {**(headers or {}), **({"authorization": f"Bearer {who.key}"} if who else {})}
        for attempt in range(RETRIES + 1):
            self.told.retries += attempt > 0
            sent = {**given, "x-stainless-retry-count": str(attempt)}
            pause = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE) * self._random.uniform(0.75, 1)
            url = self._random.choice(self._urls) + target
            try:
                async with self._session.request(
                    method, url, data=_multipart(form) if form is not None else data, json=json, headers=sent
                ) as answer:
                    body = await answer.read()
                    final = not (answer.status in {408, 409, 429} or answer.status >= 500)
                    if final or answer.headers.get("x-should-retry") == "false" or attempt == RETRIES:
                        self.told.joined += "retouch-joined" in answer.headers
                        self.told.replayed += "idempotent-replayed" in answer.headers
                        return answer.status, answer.headers, body
                    pause = float(answer.headers.get("retry-after", pause))
                    self.told.troubles[str(answer.status)] += 1
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.told.troubles[type(error).__name__] += 1
            await asyncio.sleep(pause)
        raise GaveUpError


def _multipart(form: Mapping[str, str]) -> aiohttp.FormData:
    data = aiohttp.FormData(form, default_to_multipart=True)
    if form:
        data.add_field("image", PHOTO, filename="a.png", content_type="image/png")
    return data
