"""What the calls of one edit share: the prepared source, and the finishing of what they make."""

import asyncio
from collections.abc import Sequence

from retouch.domain.edit import EditRequest
from retouch.domain.engine import EngineCall
from retouch.domain.picture import Picture
from retouch.finishing import Finish, Finished, MaskReading, Prepared, finish, prepare, readable
from retouch.routing.plan import Plan


class Making:
    """Makes calls and finishes answers. Nothing is decoded before the first call has its slot."""

    def __init__(
        self, request: EditRequest, plan: Plan, pictures: Sequence[Picture], reading: MaskReading, *, deadline: float
    ) -> None:
        self._request = request
        self._plan = plan
        self._pictures = pictures
        self._reading = reading
        self.deadline = deadline
        self._sources: asyncio.Task[tuple[Prepared, list[Picture]]] | None = None

    async def call(self, seeds: tuple[int, ...]) -> EngineCall:
        """The call for these seeds; its slot is free now."""
        request, plan = self._request, self._plan
        prepared, others = await self._prepared()
        return EngineCall(
            model=plan.route.model,
            prompt=plan.prompt,
            negative_prompt=request.negative_prompt,
            images=(prepared.picture, *others),
            mask=prepared.mask,
            seeds=seeds,
            size=plan.ask,
            quality=plan.tier,
            background=request.background,
            output_format=plan.format,
            output_compression=plan.compression,
            input_fidelity=request.input_fidelity,
            partial_images=plan.partial_images,
            user=request.safety_identifier or request.user,
            deadline=self.deadline,
        )

    async def finish(self, picture: Picture) -> Finished:
        """An engine's picture, made to keep every promise of the answer."""
        plan, (prepared, _) = self._plan, await self._prepared()
        wanted = Finish(
            size=plan.size,
            fit=self._request.fit,
            format=plan.format,
            compression=plan.compression,
            background=self._request.background,
            prepared=prepared,
            passthrough=True,
        )
        return await asyncio.to_thread(finish, picture, wanted)

    async def _prepared(self) -> tuple[Prepared, list[Picture]]:
        if self._sources is None:
            self._sources = asyncio.ensure_future(asyncio.to_thread(self._prepare))
        # Shielded: one call that is stopped must not take the sources from the others.
        return await asyncio.shield(self._sources)

    def _prepare(self) -> tuple[Prepared, list[Picture]]:
        request, formats = self._request, self._plan.offer.input_formats
        first = prepare(
            self._pictures[0],
            self._reading,
            size=self._plan.frame,
            fit=request.fit,
            background=request.background,
            formats=formats,
            image_param=request.images[0].field,
        )
        others = zip(self._pictures[1:], request.images[1:], strict=True)
        return first, [readable(picture, formats, param=source.field) for picture, source in others]
