"""The story of one edit.

`begin` reads, checks and plans, and refuses whatever must be refused before anything is spent; the edit then runs as
a task of its own and tells what it makes as events. The synchronous answer, the stream and the project listen to the
same events.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from retouch.admission.fingerprint import fingerprint
from retouch.admission.keys import Caller
from retouch.admission.running import RunningEdits
from retouch.domain.edit import EditRequest, ImageInput, MaskSource
from retouch.domain.engine import MaskKind, Partial, Usage, Wish
from retouch.domain.errors import Code, RetouchError
from retouch.domain.model import Model
from retouch.domain.picture import Picture
from retouch.editing.events import Completed, Edit, EditEvent, FinalImage, PartialImage, RunningEdit
from retouch.editing.making import Making
from retouch.fetch import Fetcher, Reserve
from retouch.finishing import Finished, MaskReading, read_mask
from retouch.pixels import Bounds, inspect
from retouch.routing.calls import run_calls
from retouch.routing.choose import Chooser
from retouch.routing.contract import check_contract
from retouch.routing.plan import Plan, make_plan
from retouch.routing.slots import Slots
from retouch.stores.objects import Objects

#: Takes the plain backdrop from a picture within so many seconds; None where it is not plain enough.
CutOut = Callable[[Picture, float], Awaitable[Picture | None]]


class Editing:
    """Everything that an edit needs, and the edits under way."""

    def __init__(
        self,
        *,
        chooser: Chooser,
        slots: Mapping[str, Slots],
        fetcher: Fetcher,
        outputs: Objects | None,
        bounds: Bounds,
        seconds: float,
        cut_out: CutOut,
    ) -> None:
        self.chooser = chooser
        self._slots = slots
        self._fetcher = fetcher
        self._outputs = outputs
        self._bounds = bounds
        self._seconds = seconds
        self._cut_out = cut_out
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
        check_contract(model, request, pictures)
        plan, reading = await self._plan(request, model, pictures, mask)
        edit = Edit(
            id="edit_" + secrets.token_hex(12),
            created=int(time.time()),
            asked_model=request.model or model.id,
            plan=plan,
            mask=reading.kind,
        )
        release = self._slots[plan.route.engine].enter()
        events = self._perform(edit, request, pictures, reading)
        running = self.running.start(
            key, edit, events, detached=plan.offer.detached, seconds=self._seconds, on_end=release
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

    async def _plan(
        self, request: EditRequest, model: Model, pictures: Sequence[Picture], mask: Picture | None
    ) -> tuple[Plan, MaskReading]:
        """The plan on the model's first working route, and the area to edit."""
        reading = await asyncio.to_thread(
            read_mask,
            pictures[0],
            mask,
            request.mask_source,
            alpha_as_mask=model.alpha_as_mask,
            image_param=request.images[0].field,
        )
        route = self.chooser.routes(model)[0]
        engine = self.chooser.engine(route)
        offer = engine.offer(_wish(route.model, request, pictures, reading))
        by_rule = request.mask_source is not MaskSource.ALPHA
        if reading.kind is MaskKind.IMAGE_ALPHA and by_rule and not offer.reads_image_alpha:
            # The contract reads transparency as the mask, but for this edit it is just transparency.
            reading = MaskReading.whole(reading.size, clear=reading.clear, pixels=reading.pixels)
            offer = engine.offer(_wish(route.model, request, pictures, reading))
        seed = secrets.randbits(31)
        plan = make_plan(request, model, route, offer, source=pictures[0].size, mask=reading.kind, seed=seed)
        return plan, reading

    async def _perform(
        self, edit: Edit, request: EditRequest, pictures: Sequence[Picture], reading: MaskReading
    ) -> AsyncGenerator[EditEvent, None]:
        plan = edit.plan
        making = Making(request, plan, pictures, reading, deadline=time.monotonic() + self._seconds)
        engine, slots = self.chooser.engine(plan.route), self._slots[plan.route.engine]
        usage, made, stored = Usage(), 0, list[str]()
        try:
            async for number, event in run_calls(engine, slots, making.call, plan.calls):
                if isinstance(event, Usage):
                    usage += event
                    continue
                index = number * plan.offer.images_per_call + event.index
                picture: Picture | None = event.picture
                if plan.cut_out:
                    picture = await self._cut_out(event.picture, making.deadline - time.monotonic())
                if picture is None:
                    continue  # its backdrop was not plain: this image is missing
                image = await making.finish(picture)
                if isinstance(event, Partial):
                    yield PartialImage(index, event.step, image)
                    continue
                for copy in range(index, index + plan.copies):
                    key = await self._store(edit, copy, image, stored)
                    made += 1
                    yield FinalImage(copy, image, key, event.revised_prompt)
            if not made:
                raise _nothing_made(plan)
        except BaseException:
            # An edit that failed or was left leaves nothing behind.
            await asyncio.shield(self._delete(stored))
            raise
        yield Completed(usage)

    async def _store(self, edit: Edit, index: int, image: Finished, stored: list[str]) -> str | None:
        if self._outputs is None or edit.plan.delivery == "b64_json":
            return None
        day = datetime.fromtimestamp(edit.created, UTC).date().isoformat()
        key = f"outputs/{day}/{edit.id}/{index}.{image.format.value}"
        stored.append(key)  # before it is there: an upload that is cut off may have arrived all the same
        await self._outputs.put(key, image.data)
        return key

    async def _delete(self, keys: Sequence[str]) -> None:
        if self._outputs is not None:
            for key in keys:
                await self._outputs.delete(key)


def _nothing_made(plan: Plan) -> RetouchError:
    if plan.cut_out:
        message = f"{plan.model.id} draws no transparency, and the backdrop that it drew is not plain enough to remove"
        return RetouchError(Code.UPSTREAM_ERROR, message, param="background")
    return RetouchError(Code.UPSTREAM_ERROR, "The model returned no image. Please try again.")


def _wish(model: str, request: EditRequest, pictures: Sequence[Picture], reading: MaskReading) -> Wish:
    return Wish(
        model=model,
        prompt=request.prompt,
        images=tuple(picture.size for picture in pictures),
        mask=reading.kind,
        coverage=reading.coverage,
        clear=reading.clear,
        negative_prompt=request.negative_prompt,
        background=request.background,
        partial_images=request.partial_images,
    )
