"""The routes that can serve an edit: each with its plan, in the order of the catalogue."""

import secrets
from collections.abc import Sequence

from retouch.domain.edit import EditRequest, MaskSource
from retouch.domain.engine import Engine, MaskKind, Offer, Wish
from retouch.domain.errors import RetouchError
from retouch.domain.model import Model, Route
from retouch.domain.picture import Picture
from retouch.editing.brief import in_place_or_thread
from retouch.editing.making import CutOut, Making
from retouch.finishing import GUIDE_SENTENCE, Finished, MaskReading, check_area, read_mask
from retouch.routing.attempts import Candidate
from retouch.routing.choose import Chooser
from retouch.routing.health import Health
from retouch.routing.plan import Plan, make_plan


class Candidates:
    """Finds the routes for an edit."""

    def __init__(self, chooser: Chooser, health: Health, cut_out: CutOut) -> None:
        self._chooser = chooser
        self._health = health
        self._cut_out = cut_out

    async def of(
        self, request: EditRequest, model: Model, pictures: Sequence[Picture], mask: Picture | None, deadline: float
    ) -> tuple[list[Candidate[Finished]], MaskKind]:
        """Every working route of the model whose engine takes this edit, and how the area to edit was read.

        Raises what the first route refuses with, where none takes it; INVALID_MASK.
        """
        reading = await in_place_or_thread(
            lambda: read_mask(
                pictures[0],
                mask,
                request.mask_source,
                alpha_as_mask=model.alpha_as_mask,
                image_param=request.images[0].field,
            ),
            in_place=mask is None and not pictures[0].has_alpha,  # nothing to decode
        )
        seed = secrets.randbits(31)
        found: list[tuple[Candidate[Finished], MaskKind]] = []
        refusal: RetouchError | None = None
        for route in self._chooser.routes(model):
            engine = self._chooser.engine(route)
            try:
                offer, area = _offer(engine, route, request, pictures, reading)
                size, kind = pictures[0].size, area.kind
                plan = make_plan(request, model, route, offer, source=size, mask=kind, seed=seed, guide=GUIDE_SENTENCE)
                await _check_area(area, plan, request)
            except RetouchError as error:
                refusal = refusal or error
                continue
            making = Making(request, plan, pictures, area, cut_out=self._cut_out, deadline=deadline)
            slots, circuit = self._health.of(route)
            found.append((Candidate(plan, engine, slots, circuit, making), area.kind))
        if not found:
            assert refusal is not None, "a model is chosen only if it has a working route"  # noqa: S101
            raise refusal
        return [candidate for candidate, _ in found], found[0][1]


async def _check_area(area: MaskReading, plan: Plan, request: EditRequest) -> None:
    read_from = request.images[0] if request.mask is None or area.kind is MaskKind.IMAGE_ALPHA else request.mask
    as_it_is = area.weights is None or plan.frame in (None, area.size)
    await in_place_or_thread(
        lambda: check_area(area, plan.frame, fit=request.fit, param=read_from.field), in_place=as_it_is
    )


def _offer(
    engine: Engine, route: Route, request: EditRequest, pictures: Sequence[Picture], reading: MaskReading
) -> tuple[Offer, MaskReading]:
    offer = engine.offer(_wish(route, request, pictures, reading))
    by_rule = request.mask_source is not MaskSource.ALPHA
    if reading.kind is MaskKind.IMAGE_ALPHA and by_rule and not offer.reads_image_alpha:
        # The contract reads transparency as the mask, but for this edit it is just transparency.
        reading = MaskReading.whole(reading.size, clear=reading.clear, pixels=reading.pixels)
        offer = engine.offer(_wish(route, request, pictures, reading))
    return offer, reading


def _wish(route: Route, request: EditRequest, pictures: Sequence[Picture], reading: MaskReading) -> Wish:
    named = reading.kind is MaskKind.IMAGE_ALPHA and request.mask_source is MaskSource.ALPHA
    return Wish(
        model=route.model,
        prompt=request.prompt,
        images=tuple(picture.size for picture in pictures),
        # Transparency that the caller names as the mask is one, for every edit.
        mask=MaskKind.ALPHA if named else reading.kind,
        coverage=reading.coverage,
        clear=reading.clear,
        negative_prompt=request.negative_prompt,
        background=request.background,
        partial_images=request.partial_images,
    )
