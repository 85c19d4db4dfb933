"""The story of one edit.

Read and check what was asked for, find who can do it, accept and charge, make the images, settle, answer. `begin`
tells all of it to a client that waits; in `later` it stops once it is charged, and goes on from there in whatever
process has the time. The synchronous answer, the stream and the project listen to the same events.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace

from retouch.admission.credits import refusal
from retouch.admission.keys import Caller
from retouch.admission.ledger import Also, Ledger
from retouch.admission.running import RunningEdits
from retouch.domain.edit import EditRequest
from retouch.domain.ledger import Admission, EditRecord, Outcome, Rate, Verdict
from retouch.domain.moderation import Moderator
from retouch.editing.answer import Answer, Live, Stored
from retouch.editing.candidates import Candidates
from retouch.editing.events import Edit, EditEvent, RunningEdit
from retouch.editing.identity import earlier, identify
from retouch.editing.later import Later
from retouch.editing.leases import Leases
from retouch.editing.making import CutOut
from retouch.editing.outputs import Outputs
from retouch.editing.performing import Performing
from retouch.editing.planning import Planned, Planning, admission_of, admitted
from retouch.fetch import Fetcher, Reserve
from retouch.pixels import Bounds
from retouch.routing.attempts import Attempts
from retouch.routing.choose import Chooser
from retouch.routing.health import Health
from retouch.routing.jobs import Jobs, Keep, KeptJob
from retouch.stores.objects import Objects

#: What requests of POST /v1/images/edits are told apart from others by, for retries and idempotency keys.
ROUTE = "edits"


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
        ledger: Ledger,
        moderator: Moderator | None = None,
        told: Also | None = None,
    ) -> None:
        """`told` runs in the transaction that ends an edit which was accepted for later."""
        self.chooser = chooser
        self.health = health
        self.leases = Leases(ledger)
        self.running: RunningEdits[Edit, EditEvent] = RunningEdits()
        candidates = Candidates(chooser, health, cut_out)
        self._planning = Planning(chooser, candidates, fetcher, bounds, patience.seconds)
        self._outputs = Outputs(objects)
        self._patience = patience
        self._ledger = ledger
        self._performing = Performing(
            ledger, self.leases, self._outputs, seconds=patience.seconds, moderator=moderator, told=told
        )
        self.later = Later(self._planning, ledger, self.leases, self._outputs, start=self._start_later, told=told)

    async def begin(
        self,
        request: EditRequest,
        caller: Caller,
        attempt: int | None = None,
        *,
        idempotency_key: str | None = None,
        reserve: Reserve | None = None,
        wanted: AbstractAsyncContextManager[object] | None = None,
    ) -> Answer:
        """Accept, charge and start an edit, or find the one that this request asks for again.

        A retry (`attempt` above 0) joins the edit that an earlier attempt started; None is a client that does not
        count its attempts, so that no retry of it is ever told from a new edit. An idempotency key replays its first
        answer. `reserve` counts the bytes of fetched pictures against the memory that the caller may use. `wanted` is
        entered while pictures are fetched, and before the edit is charged: it raises once nobody wants it any more.
        Raises RetouchError for everything that can be known before the engine is called: nothing is charged then.
        """
        identity = await identify(ROUTE, request, attempt, idempotency_key)
        if known := await earlier(self._ledger, caller, identity):
            return await self._known(known)
        planned = await self._planning.plan(request, caller, reserve, wanted)
        async with wanted or nullcontext():
            admission = admission_of(planned, caller, identity, queued=False)
        give_back = planned.candidates[0].slots.enter()
        try:
            verdict = await self._ledger.admit(admission)
        except BaseException:
            give_back()
            raise
        if verdict.outcome is Outcome.ACCEPTED:
            return self._start(self._edit(planned, admission, 1, time.time()), give_back, verdict.rate)
        give_back()
        if verdict.outcome in {Outcome.REPLAY, Outcome.JOINED}:
            return await self._known(verdict)
        raise refusal(verdict, admission.total)

    async def _known(self, verdict: Verdict) -> Answer:
        """An edit that was accepted before: as it runs here, or as it is kept."""
        edit_id = verdict.edit_id or ""
        joined, replayed = verdict.outcome is Outcome.JOINED, verdict.outcome is Outcome.REPLAY
        if running := self.running.find(edit_id):
            running.join()
            return Live(running, self.leases, joined=joined, replayed=replayed)
        record = await self._ledger.find(edit_id)
        assert record is not None, "the ledger has just named it"  # noqa: S101
        seconds = self._patience.seconds
        return Stored(record, self._ledger, self._outputs, self.leases, seconds, joined=joined, replayed=replayed)

    def _start(self, edit: Edit, give_back: Callable[[], None], rate: Rate | None) -> Live:
        """Run an edit that is accepted, on the place in line that `give_back` frees."""
        running = self.running.start(
            edit.id,
            edit,
            self._performing.run,
            detached=lambda: edit.admission.detached and edit.attempts.began,
            withdraw=self._withdraw,
            on_end=give_back,
        )
        return Live(running, self.leases, rate=rate)

    def _start_later(
        self, planned: Planned, record: EditRecord, attempt: int, earlier: Sequence[KeptJob], keep: Keep | None
    ) -> Live:
        """Run an edit that was accepted before."""
        give_back = planned.candidates[0].slots.enter()
        edit = self._edit(planned, admitted(record), attempt, record.created_at.timestamp())
        edit.attempts.jobs = Jobs(earlier, keep)
        return self._start(replace(edit, earlier=tuple(record.outputs)), give_back, None)

    def _edit(self, planned: Planned, admission: Admission, attempt: int, created: float) -> Edit:
        attempts = Attempts(planned.candidates, planned.deadline, self._patience.reroute_after_send)
        return Edit(
            admission=admission,
            attempt=attempt,
            created=int(created),
            attempts=attempts,
            mask=planned.mask,
            subject=planned.subject,
        )

    async def _withdraw(self, running: RunningEdit) -> None:
        """No retry has come to any process for an edit whose client has left: give up what costs nothing."""
        record = await self._ledger.find(running.about.id)
        if record is None or len(record.joined) <= running.joins:
            running.about.attempts.withdrawn.set()
