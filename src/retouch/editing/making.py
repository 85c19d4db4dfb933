"""What the calls of one edit share: the prepared source, and the finishing of what they make."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from retouch.domain.edit import EditRequest
from retouch.domain.engine import EngineCall, Made, Partial
from retouch.domain.errors import Code, RetouchError
from retouch.domain.picture import Format, Picture
from retouch.editing.brief import brief
from retouch.finishing import (
    GUIDE_SENTENCE,
    Finish,
    Finished,
    Look,
    MaskReading,
    Prepared,
    as_they_are,
    finish,
    passed_through,
    prepare,
    readable,
    unreadable,
)
from retouch.pixels import opened
from retouch.routing.plan import Plan

#: Takes the plain backdrop from a picture within so many seconds; None where it is not plain enough.
CutOut = Callable[[Picture, float], Awaitable[Picture | None]]


class Making:
    """Makes calls and finishes answers. Nothing is decoded before the first call has its slot."""

    def __init__(
        self,
        request: EditRequest,
        plan: Plan,
        pictures: Sequence[Picture],
        reading: MaskReading,
        *,
        cut_out: CutOut,
        deadline: float,
    ) -> None:
        self._request = request
        self._plan = plan
        self._pictures = pictures
        self._reading = reading
        self._cut_out = cut_out
        self.deadline = deadline
        self._untouched: tuple[Prepared, list[Picture]] | None = None
        self._sources: asyncio.Task[tuple[Prepared, list[Picture]]] | None = None

    async def call(self, seeds: tuple[int, ...]) -> EngineCall:
        """The call for these seeds; its slot is free now."""
        request, plan = self._request, self._plan
        prepared, others = await self._prepared()
        guides = () if prepared.guide is None else (prepared.guide,)
        # What will be finished is asked for without loss: it is encoded once, by us.
        as_it_comes = prepared.kept is None and plan.ask in (None, plan.size)
        return EngineCall(
            model=plan.route.model,
            prompt="\n".join((plan.prompt, *(GUIDE_SENTENCE for _ in guides))),
            negative_prompt=request.negative_prompt,
            images=(prepared.picture, *others, *guides),
            mask=prepared.mask,
            seeds=seeds,
            size=plan.native(prepared.picture.size) if plan.mask_emulated else plan.ask,
            quality=plan.tier,
            background=request.background,
            output_format=plan.format if as_it_comes else Format.PNG,
            output_compression=plan.compression if as_it_comes else 100,
            input_fidelity=request.input_fidelity,
            partial_images=plan.partial_images,
            user=request.safety_identifier or request.user,
            deadline=self.deadline,
        )

    async def finish(self, event: Partial | Made) -> Finished | None:
        """An engine's picture, made to keep every promise of the answer; None if its backdrop could not be removed.

        Raises UPSTREAM_ERROR for one that cannot be read, or that is not the caller's picture outside the area.
        """
        plan, (prepared, _) = self._plan, await self._prepared()
        picture: Picture | None = event.picture
        if plan.cut_out:
            picture = await self._without_backdrop(event.picture)
        if picture is None:
            return None
        wanted = Finish(
            size=plan.size,
            fit=self._request.fit,
            format=plan.format,
            compression=plan.compression,
            background=self._request.background,
            prepared=prepared,
            passthrough=True,
        )
        untouched = passed_through(picture, wanted) if brief((picture.data,)) else None
        return untouched or await asyncio.to_thread(finish, picture, wanted)

    async def _without_backdrop(self, picture: Picture) -> Picture | None:
        try:
            return await self._cut_out(opened(picture), self.deadline - time.monotonic())
        except RetouchError as error:
            if error.code is Code.INVALID_IMAGE:  # the provider's picture, not the caller's
                raise unreadable() from error
            raise

    async def _prepared(self) -> tuple[Prepared, list[Picture]]:
        if self._untouched is None and self._sources is None:
            self._untouched = self._as_they_are()
        if self._untouched is not None:
            return self._untouched
        if self._sources is None:
            self._sources = asyncio.ensure_future(asyncio.to_thread(self._prepare))
        # Shielded: one call that is stopped must not take the sources from the others.
        return await asyncio.shield(self._sources)

    def _as_they_are(self) -> tuple[Prepared, list[Picture]] | None:
        """What `_prepare` would come to where nothing has to be decoded and looking takes no time."""
        whole = self._reading.weights is None and self._plan.frame in (None, self._pictures[0].size)
        if not whole or not brief(picture.data for picture in self._pictures):
            return None
        pictures = as_they_are(self._pictures, self._plan.offer.input_formats)
        return None if pictures is None else (Prepared(picture=pictures[0]), pictures[1:])

    def _prepare(self) -> tuple[Prepared, list[Picture]]:
        request, plan = self._request, self._plan
        formats = plan.offer.input_formats
        first = prepare(
            self._pictures[0],
            self._reading,
            size=plan.frame,
            fit=request.fit,
            background=request.background,
            formats=formats,
            look=Look(plan.offer.sizes, plan.native, plan.guided) if plan.mask_emulated else None,
            image_param=request.images[0].field,
        )
        others = zip(self._pictures[1:], request.images[1:], strict=True)
        return first, [readable(picture, formats, param=source.field) for picture, source in others]
