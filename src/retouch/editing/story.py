"""The story of one edit.

Read and check what was asked for, find who can do it, accept and charge, make the images, settle, answer. `begin`
tells all of it to a client that waits; `accept` stops once it is charged, and `resume` goes on from there in whatever
process has the time. The synchronous answer, the stream and the project listen to the same events.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from retouch.admission.credits import refusal
from retouch.admission.fingerprint import fingerprint
from retouch.admission.keys import Caller
from retouch.admission.ledger import Also, Ledger
from retouch.admission.running import RunningEdits
from retouch.domain.edit import EditRequest
from retouch.domain.ledger import Admission, EditRecord, EditState, Outcome, Rate, Settlement
from retouch.domain.moderation import Moderator
from retouch.editing.answer import Answer, Live, Stored
from retouch.editing.brief import fingerprint_of
from retouch.editing.candidates import Candidates
from retouch.editing.events import Edit, EditEvent, RunningEdit
from retouch.editing.failures import kept, known
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
from retouch.stores.objects import Objects

#: What requests of POST /v1/images/edits are told apart from others by, for retries and idempotency keys.
ROUTE = "edits"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that an edit may take in all, and whether a route that fell silent may be replaced by the next."""

    seconds: float = 600
    reroute_after_send: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """An edit that was accepted and charged for later; `replayed` if its idempotency key stands for an earlier one."""

    edit_id: str
    charged: int
    rate: Rate | None
    replayed: bool


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
    ) -> None:
        self.chooser = chooser
        self.leases = Leases(ledger)
        self.running: RunningEdits[Edit, EditEvent] = RunningEdits()
        candidates = Candidates(chooser, health, cut_out)
        self._planning = Planning(chooser, candidates, fetcher, bounds, patience.seconds)
        self._outputs = Outputs(objects)
        self._patience = patience
        self._ledger = ledger
        self._performing = Performing(ledger, self.leases, self._outputs, patience.seconds, moderator)

    async def begin(
        self,
        request: EditRequest,
        caller: Caller,
        attempt: int = 0,
        *,
        idempotency_key: str | None = None,
        reserve: Reserve | None = None,
    ) -> Answer:
        """Accept, charge and start an edit, or find the one that this request asks for again.

        A retry (`attempt` above 0) joins the edit that an earlier attempt started; an idempotency key replays its
        first answer. `reserve` counts the bytes of fetched pictures against the memory that the caller may use.
        Raises RetouchError for everything that can be known before the engine is called: nothing is charged then.
        """
        print_ = await fingerprint_of(ROUTE, request)
        if earlier := await self._earlier(caller, ROUTE, print_, attempt, idempotency_key):
            return earlier
        planned = await self._planning.plan(request, caller, reserve)
        admission = admission_of(planned, caller, ROUTE, print_, idempotency_key, queued=False)
        give_back = planned.candidates[0].slots.enter()
        try:
            verdict = await self._ledger.admit(admission)
        except BaseException:
            give_back()
            raise
        if verdict.outcome is Outcome.ACCEPTED:
            return self._start(self._edit(planned, admission, 1, time.time()), give_back, verdict.rate)
        give_back()
        if verdict.outcome is Outcome.REPLAY:
            return await self._known(verdict.edit_id or "", replayed=True)
        raise refusal(verdict, admission.total)

    async def accept(
        self,
        request: EditRequest,
        caller: Caller,
        route: str,
        *,
        also: Also,
        idempotency_key: str | None = None,
        reserve: Reserve | None = None,
    ) -> Accepted:
        """Accept and charge an edit that is run later, by `resume` in any process.

        `also(connection, edit_id)` runs in the transaction that charges, so that what it adds (a job on a queue, a
        project's row) is there exactly if the charge is. Raises RetouchError as `begin` does.
        """
        print_ = await asyncio.to_thread(fingerprint, route, request)
        if idempotency_key and (found := await self._recalled(caller, route, print_, idempotency_key)):
            return _accepted_before(found, None)
        planned = await self._planning.plan(request, caller, reserve)
        admission = admission_of(planned, caller, route, print_, idempotency_key, queued=True)
        verdict = await self._ledger.admit(admission, also)
        if verdict.outcome is Outcome.REPLAY and (record := await self._ledger.find(verdict.edit_id or "")):
            return _accepted_before(record, verdict.rate)
        if verdict.outcome is not Outcome.ACCEPTED:
            raise refusal(verdict, admission.total)
        return Accepted(admission.edit_id, admission.total, verdict.rate, replayed=False)

    async def resume(self, edit_id: str, request: EditRequest, *, reserve: Reserve | None = None) -> Live | None:
        """Run an edit that was accepted before; None where it has ended or another process has it.

        `request` is what was accepted, pictures included. It is planned anew, because routes come and go; if it can no
        longer be done it is paid back, and the reason raised. Raises OVERLOADED, with nothing changed, when the line
        is full.
        """
        record = await self._ledger.find(edit_id)
        attempt = None if record is None else await self._ledger.start(edit_id)
        if record is None or attempt is None:
            return None
        self.leases.hold(edit_id, attempt, lambda: None)
        try:
            planned = await self._planning.plan(request, None, reserve)
        except BaseException as error:
            self.leases.release(edit_id)
            await asyncio.shield(self._pay_back(record, attempt, error))
            raise
        try:
            give_back = planned.candidates[0].slots.enter()
        except BaseException:
            self.leases.release(edit_id)
            await asyncio.shield(self._ledger.requeue(edit_id, attempt))
            raise
        edit = self._edit(planned, admitted(record), attempt, record.created_at.timestamp())
        return self._start(edit, give_back, None)

    async def _pay_back(self, record: EditRecord, attempt: int, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            await self._ledger.requeue(record.id, attempt)
            return
        failure = known(error, self._patience.seconds)
        await self._ledger.settle(
            Settlement(
                edit_id=record.id,
                attempt=attempt,
                state=EditState.FAILED,
                made=0,
                due=record.images_asked,
                error=kept(failure),
                note=failure.code.value,
            )
        )

    async def _earlier(
        self, caller: Caller, route: str, print_: str, attempt: int, idempotency_key: str | None
    ) -> Answer | None:
        """The edit that was started for this very request before, if it was."""
        if idempotency_key:
            found = await self._recalled(caller, route, print_, idempotency_key)
            return await self._known(found.id, replayed=True) if found else None
        if attempt > 0 and (edit_id := await self._ledger.join(caller.key_id, route, print_, attempt)):
            return await self._known(edit_id, joined=True)
        return None

    async def _recalled(self, caller: Caller, route: str, print_: str, key: str) -> EditRecord | None:
        """The edit that an idempotency key stands for. Raises IDEMPOTENCY_CONFLICT."""
        verdict = await self._ledger.recall(caller.account_id, route, key, print_)
        if verdict and verdict.outcome is Outcome.CONFLICT:
            raise refusal(verdict, 0)
        return await self._ledger.find(verdict.edit_id or "") if verdict else None

    async def _known(self, edit_id: str, *, joined: bool = False, replayed: bool = False) -> Answer:
        """An edit that was accepted before: as it runs here, or as it is kept."""
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


def _accepted_before(record: EditRecord, rate: Rate | None) -> Accepted:
    return Accepted(record.id, record.charged - record.refunded, rate, replayed=True)
