"""fal's hosted models as an engine."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

import orjson

from retouch.domain.engine import EngineCall, EngineEvent, MaskKind, Offer, Reached, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.errors import withdrawn as withdrawn_edit
from retouch.domain.units import MB
from retouch.engines.fal.endpoints import ENDPOINTS, Endpoint
from retouch.engines.fal.files import Files
from retouch.engines.fal.output import failure_in, fetch_images
from retouch.engines.fal.own_endpoints import own_endpoints
from retouch.engines.fal.problem import PROVIDER
from retouch.engines.fal.queue import Job, Queue
from retouch.engines.fal.request import edit_input, mask_picture
from retouch.engines.upstream import Body, Client, MediaHosts, base64_json, find_key, reach

BASE_URL = "https://queue.fal.run"
REST_URL = "https://rest.fal.ai"
#: Where a job may lie, and its files: fal's own hosts and the backups of its client 1.0.3.
QUEUE_HOSTS = ("queue.fal.run", "queue.falrun.com", "fal.run", "falrun.com")
MEDIA_HOSTS = ("fal.media", "*.fal.media", "rest.fal.ai")

#: Seconds that fal keeps a result's files: long enough for a job that is resumed, not for ever as by default.
KEPT_SECONDS = 24 * 3600

_KEY, _QUEUE, _REST = "FAL_KEY", "RETOUCH_ENGINES__FAL__BASE_URL", "RETOUCH_ENGINES__FAL__REST_URL"


class Fal:
    """Settings: `api_key` (else FAL_KEY, else FAL_KEY_ID and FAL_KEY_SECRET), `base_url` (the queue's root),
    `rest_url` (where files are handed in), `media_hosts` (more hosts that results may lie on), `inline_mb` (how much
    of pictures a request carries before they are uploaded: fal documents no bound and advises uploads for what is
    large), `poll_seconds` (the first wait between two polls), `endpoints` (tables of the operator's own, see
    own_endpoints.py).

    Raises ValueError for a bad setting.
    """

    name = PROVIDER

    def __init__(self, settings: Mapping[str, Any], client: Client, environ: Mapping[str, str]) -> None:
        self._client = client
        self._key = _key(settings, environ)
        self._endpoints = {**ENDPOINTS, **own_endpoints(settings.get("endpoints", {}))}
        base_url, rest_url = str(settings.get("base_url") or BASE_URL), str(settings.get("rest_url") or REST_URL)
        self._media = MediaHosts(base_url, (*MEDIA_HOSTS, *_names(settings.get("media_hosts", ()))))
        auth = {"authorization": f"Key {self._key}"}
        pause = _number(settings, "poll_seconds", 0.25)
        self._queue = Queue(client, base_url, auth, MediaHosts(base_url, QUEUE_HOSTS), pause)
        inline = int(_number(settings, "inline_mb", 4) * MB)
        self._files = Files(client, rest_url, auth, MediaHosts(rest_url, self._media.others), inline)

    def missing(self) -> str | None:
        """The key, where there is none."""
        return None if self._key else "set FAL_KEY"

    def offer(self, wish: Wish) -> Offer:
        """What the endpoint's row says. Raises INVALID_MODEL for no endpoint of ours, MASK_REQUIRED."""
        endpoint = self._endpoint(wish.model)
        if endpoint.needs_mask and wish.mask is MaskKind.NONE:
            raise RetouchError(Code.MASK_REQUIRED, "This model fills a mask: send one.", param="mask")
        sizing = endpoint.sizing
        return Offer(
            images_per_call=endpoint.results_for(len(wish.images)),
            sizes=None if sizing is None else sizing.sizes,
            fits=sizing.fits if sizing and sizing.sizes is None else None,
            keeps_size=sizing is None,
            mask=endpoint.mask is not None,
            seed=endpoint.seed,
            negative_prompt=endpoint.negative_prompt,
            max_images=endpoint.images,
            input_formats=frozenset({"png", "jpeg", "webp"}),
            hints=frozenset({"quality"} if endpoint.quality else ()),
            detached=True,
        )

    async def run(self, call: EngineCall) -> AsyncGenerator[EngineEvent, None]:
        """Submit, wait, fetch; or go on with the call's `job`. Raises UpstreamFailure.

        Leaving before the job is completed asks fal to cancel it, unless it was stored.
        """
        job = Job(**call.job) if call.job else await self._submit(call)
        images = len(call.seeds)
        making = self.resume(
            job, images=images, deadline=call.deadline, withdrawn=call.withdrawn, stored=call.submitted is not None
        )
        async with aclosing(making) as events:
            async for event in events:
                yield event

    async def _submit(self, call: EngineCall) -> Job:
        body = await self._body(call, self._endpoint(call.model))
        job = await self._queue.submit(call.model, body, call.deadline, _headers(call.deadline))
        del body
        try:
            if call.submitted is not None:
                await call.submitted(asdict(job))
        except BaseException:
            await self._queue.cancel(job)
            raise
        return job

    async def resume(
        self,
        job: Job,
        *,
        images: int,
        deadline: float,
        withdrawn: asyncio.Event | None = None,
        stored: bool = False,
    ) -> AsyncGenerator[EngineEvent, None]:
        """What a submitted job makes, at most `images`; `deadline` is on the clock of `time.monotonic`.

        `withdrawn` as in EngineCall. A `stored` job is not cancelled by whoever stops waiting for it: another may wait.
        """
        try:
            status = await self._queue.wait(job, deadline, withdrawn)
        except BaseException as error:
            if not (stored and isinstance(error, asyncio.CancelledError | GeneratorExit)):
                await self._queue.cancel(job)
            raise
        if status is None:
            raise withdrawn_edit(f"{PROVIDER}: taken out of its queue, because nobody waited any more")
        output = await self._queue.result(job, deadline)
        if not output.get("images") and (failure := failure_in(status)):
            raise failure
        for made in await fetch_images(self._client, output, images, self._media, deadline):
            yield made

    async def reach(self, deadline: float) -> Reached:
        """Ask the storage for an upload token, which needs a valid key, and the queue for a job that there is not.

        Both cost nothing (fal-client 1.0.3, client.py). Only the first says that the key is taken.
        """
        token = reach(self._client, PROVIDER, self._files.question(_KEY, _REST), deadline=deadline)
        queue = reach(self._client, PROVIDER, self._queue.question(_KEY, _QUEUE), deadline=deadline)
        found = await asyncio.gather(token, queue)
        return next((one for one in found if not one.ok), found[0])

    async def close(self) -> None:
        """Nothing of its own: the client is the application's."""

    def _endpoint(self, name: str) -> Endpoint:
        found = self._endpoints.get(name)
        if found is None:
            message = f"{name!r} is no endpoint of fal that is known here; engines.fal.endpoints can describe it."
            raise RetouchError(Code.INVALID_MODEL, message, param="model")
        return found

    async def _body(self, call: EngineCall, endpoint: Endpoint) -> Body:
        pictures = list(call.images[: endpoint.images])
        mask = endpoint.mask and call.mask
        if mask and endpoint.mask:
            pictures.append(await asyncio.to_thread(mask_picture, mask, endpoint.mask))
        addresses = await self._files.addresses(pictures, call.deadline)
        spot = addresses.pop() if mask else None
        return base64_json(edit_input(call, endpoint, addresses, spot))


def _key(settings: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    parts = environ.get("FAL_KEY_ID", ""), environ.get("FAL_KEY_SECRET", "")
    pair = ":".join(parts) if all(parts) else ""
    return find_key(settings, {"FAL_KEY": environ.get("FAL_KEY") or pair}, "FAL_KEY")


def _number(settings: Mapping[str, Any], name: str, default: float) -> float:
    try:
        value = float(settings.get(name, default))
    except (TypeError, ValueError):
        value = -1
    if not 0 <= value < float("inf"):
        raise ValueError(f"engines.fal.{name} is no number that makes sense")
    return value


def _names(value: object) -> tuple[str, ...]:
    """Hosts as a list, or as the comma list of an environment variable."""
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(str(name).strip() for name in names)


def _headers(deadline: float) -> dict[str, str]:
    """How long the job may wait for its start, and its files last.

    fal takes a timeout above one second only (fal-client 1.0.3, _headers.py); a job that we have given up must not
    start later.
    """
    seconds = deadline - time.monotonic()
    kept = orjson.dumps({"expiration_duration_seconds": KEPT_SECONDS}).decode()
    start = {"x-fal-request-timeout": f"{seconds:.1f}"} if seconds > 1.1 else {}
    return {"x-fal-object-lifecycle-preference": kept, **start}
