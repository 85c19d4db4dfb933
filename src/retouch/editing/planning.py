"""From what was asked to what will be done and what it costs: everything that can be refused before it is charged."""

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace

from retouch.admission.keys import Caller
from retouch.domain.edit import EditRequest, ImageInput
from retouch.domain.engine import MaskKind
from retouch.domain.ledger import Admission, EditRecord
from retouch.domain.model import Model
from retouch.domain.moderation import Subject
from retouch.domain.picture import Picture
from retouch.domain.resolution import Resolution
from retouch.editing.candidates import Candidates
from retouch.editing.events import planned_facts
from retouch.editing.identity import Identity
from retouch.editing.record import parameters_kept
from retouch.fetch import Fetcher, Reserve
from retouch.finishing import Finished
from retouch.pixels import Bounds, inspect
from retouch.routing.attempts import Candidate
from retouch.routing.choose import Chooser
from retouch.routing.contract import check_contract
from retouch.routing.tiers import within_tier
from retouch.stores.ids import new_id


@dataclass(frozen=True, slots=True)
class Planned:
    """An edit that can be done, before it is accepted. `deadline` is on the clock of `time.monotonic`."""

    request: EditRequest
    model: Model
    candidates: Sequence[Candidate[Finished]]
    mask: MaskKind
    subject: Subject
    deadline: float


class Planning:
    """Reads, checks and plans. An edit may take `seconds` from here on."""

    def __init__(
        self, chooser: Chooser, candidates: Candidates, fetcher: Fetcher, bounds: Bounds, seconds: float
    ) -> None:
        self._chooser = chooser
        self._candidates = candidates
        self._fetcher = fetcher
        self._bounds = bounds
        self._seconds = seconds

    async def plan(
        self,
        request: EditRequest,
        caller: Caller | None,
        reserve: Reserve | None,
        wanted: AbstractAsyncContextManager[object] | None = None,
    ) -> Planned:
        """Find who can do it. `caller` None is an edit that was accepted before; `wanted` may stop the fetching.

        Raises RetouchError.
        """
        async with wanted or nullcontext():
            request = await self._with_inputs(request, reserve)
        pictures, mask = self._inspect(request)
        model = self._chooser.model(request, pictures)
        if caller is not None:
            caller.require_model(model.id)
            request = within_tier(request, model, caller.tier, pictures[0].size)
        check_contract(model, request, pictures)
        deadline = time.monotonic() + self._seconds
        candidates, kind = await self._candidates.of(request, model, pictures, mask, deadline)
        fields = [source.field for source in request.images]
        subject = Subject(request.prompt, tuple(zip(fields, pictures, strict=True)))
        return Planned(request, model, candidates, kind, subject, deadline)

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


def admission_of(planned: Planned, caller: Caller, identity: Identity, *, queued: bool) -> Admission:
    """What the ledger is asked: the edit with its price, which is known from here on."""
    request, plan = planned.request, planned.candidates[0].plan
    admission = Admission(
        edit_id=new_id("edit"),
        account_id=caller.account_id,
        key_id=caller.key_id,
        route=identity.route,
        fingerprint=identity.fingerprint,
        idempotency_key=identity.idempotency_key,
        images=plan.images * plan.copies,
        price=planned.model.price_of(plan.tier, _resolution(request)),
        queued=queued,
        detached=plan.offer.detached,
        asked_model=request.model or planned.model.id,
        model=planned.model.id,
        engine=plan.route.engine,
        engine_model=plan.route.model,
        prompt=request.prompt,
        parameters=parameters_kept(request),
        end_user=request.safety_identifier or request.user,
        answer={},
        retry=identity.retry,
    )
    facts = planned_facts(admission, plan, planned.mask, int(time.time()))
    return replace(admission, answer=facts.kept())


def _resolution(request: EditRequest) -> Resolution | None:
    return request.resolution if isinstance(request.resolution, Resolution) else None


def admitted(record: EditRecord) -> Admission:
    """What was admitted before, for an edit that is run later."""
    return Admission(
        edit_id=record.id,
        account_id=record.account_id,
        key_id=record.key_id,
        route=record.route,
        fingerprint=record.fingerprint,
        idempotency_key=None,
        images=record.images_asked,
        price=record.price,
        queued=True,
        detached=record.detached,
        asked_model=record.asked_model,
        model=record.model,
        engine=record.engine,
        engine_model=record.engine_model,
        prompt=record.prompt,
        parameters=record.parameters,
        end_user=record.end_user,
        answer=record.answer,
    )
