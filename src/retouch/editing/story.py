"""The story of one edit.

`begin` reads, checks and plans, and refuses whatever must be refused before anything is spent; the edit then runs as
a task of its own and tells what it makes as events. The synchronous answer, the stream and the project listen to the
same events.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from retouch.admission.fingerprint import fingerprint
from retouch.admission.keys import Caller
from retouch.admission.running import RunningEdits
from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.engine import Partial, Usage
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Picture
from retouch.editing.candidates import Candidates
from retouch.editing.events import Completed, Edit, EditEvent, FinalImage, PartialImage, RunningEdit
from retouch.editing.making import CutOut
from retouch.editing.outputs import Outputs
from retouch.fetch import Fetcher, Reserve
from retouch.pixels import Bounds, inspect
from retouch.routing.attempts import Attempts
from retouch.routing.choose import Chooser
from retouch.routing.contract import check_contract
from retouch.routing.health import Health
from retouch.routing.plan import Plan
from retouch.stores.objects import Objects

_log = logging.getLogger("retouch.edits")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that an edit may take in all, and whether a route that fell silent may be replaced by the next."""

    seconds: float = 600
    reroute_after_send: bool = False


class Editing:
    """Everything that an edit needs, and the edits under way."""

    def __init__(
        self,
        *,
        chooser: Chooser,
        health: Health,
        fetcher: Fetcher,
        objects: Objects | None,
        bounds: Bounds,
        patience: Patience,
        cut_out: CutOut,
    ) -> None:
        self.chooser = chooser
        self._candidates = Candidates(chooser, health, cut_out)
        self._fetcher = fetcher
        self._outputs = Outputs(objects)
        self._bounds = bounds
        self._patience = patience
        self.running: RunningEdits[Edit, EditEvent] = RunningEdits()

    async def begin(
        self, request: EditRequest, caller: Caller, attempt: int = 0, *, reserve: Reserve | None = None
    ) -> tuple[RunningEdit, bool]:
        """Accept an edit and start it; the flag says whether a retry (`attempt` above 0) joined one under way.

        `reserve` counts the bytes of fetched pictures against the memory that the caller may use. Raises RetouchError
        for everything that can be known before the engine is called.
        """
        key = (caller.key_id, await asyncio.to_thread(fingerprint, "edits", request))
        if joined := self.running.join(key, attempt):
            return joined, True
        request = await self._with_inputs(request, reserve)
        pictures, mask = self._inspect(request)
        model = self.chooser.model(request, pictures)
        caller.require_model(model.id)
        check_contract(model, request, pictures)
        deadline = time.monotonic() + self._patience.seconds
        candidates, kind = await self._candidates.of(request, model, pictures, mask, deadline)
        attempts = Attempts(candidates, deadline, self._patience.reroute_after_send)
        edit = Edit(
            id="edit_" + secrets.token_hex(12),
            created=int(time.time()),
            asked_model=request.model or model.id,
            attempts=attempts,
            mask=kind,
        )
        release = candidates[0].slots.enter()
        running = self.running.start(
            key,
            edit,
            self._perform(edit),
            detached=edit.plan.offer.detached,
            seconds=self._patience.seconds,
            on_end=release,
        )
        return running, False

    async def _with_inputs(self, request: EditRequest, reserve: Reserve | None) -> EditRequest:
        """The request with every address read."""
        inputs = [*request.images, *([request.mask] if request.mask else [])]
        if not any(source.url for source in inputs):
            return request
        read = await self._fetcher.fetch_all(inputs, reserve=reserve)
        return replace(request, images=read[: len(request.images)], mask=read[-1] if request.mask else None)

    def _inspect(self, request: EditRequest) -> tuple[list[Picture], Picture | None]:
        def look(source: ImageInput) -> Picture:
            assert source.data is not None, "addresses were read before"  # noqa: S101
            return inspect(source.data, param=source.field, bounds=self._bounds)

        return [look(source) for source in request.images], look(request.mask) if request.mask else None

    async def _perform(self, edit: Edit) -> AsyncGenerator[EditEvent, None]:
        usage, made, stored = Usage(), 0, list[str]()
        try:
            async with aclosing(edit.attempts.run(edit.plan.images)) as events:
                async for _, index, event, image in events:
                    if isinstance(event, Usage):
                        usage += event
                        continue
                    if image is None:
                        continue  # nothing could be made of it: this image is missing
                    if isinstance(event, Partial):
                        yield PartialImage(index, event.step, image)
                        continue
                    for copy in range(index, index + edit.plan.copies):
                        key = await self._outputs.put(edit, copy, image, stored)
                        made += 1
                        yield FinalImage(copy, image, key, event.revised_prompt)
            if not made:
                raise _nothing_made(edit.plan)
        except BaseException:
            # An edit that failed or was left leaves nothing behind.
            await asyncio.shield(self._outputs.delete(stored))
            raise
        finally:
            _tell(edit)
        yield Completed(usage)


def _nothing_made(plan: Plan) -> RetouchError:
    if plan.cut_out:
        message = f"{plan.model.id} draws no transparency, and the backdrop that it drew is not plain enough to remove"
        return RetouchError(Code.UPSTREAM_ERROR, message, param="background")
    return RetouchError(Code.UPSTREAM_ERROR, "The model returned no image. Please try again.")


def _tell(edit: Edit) -> None:
    for attempt in edit.attempts.record:
        _log.info(
            "%s %s:%s images %s %.1f s %s",
            edit.id,
            attempt.route.engine,
            attempt.route.model,
            attempt.images,
            attempt.seconds,
            attempt.cause or "ok",
        )
