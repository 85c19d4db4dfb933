"""Edits that are accepted and charged now, and run later by whatever process has the time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from retouch.admission.credits import refusal
from retouch.admission.keys import Caller
from retouch.admission.ledger import Also, Ledger
from retouch.domain.edit import EditRequest
from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import EditRecord, EditState, Outcome, Rate, Settlement, Started, Verdict
from retouch.editing.answer import Live
from retouch.editing.failures import INTERNAL, kept, known
from retouch.editing.identity import earlier, identify
from retouch.editing.leases import Leases
from retouch.editing.outputs import Outputs
from retouch.editing.planning import Planned, Planning, admission_of
from retouch.fetch import Reserve
from retouch.routing.jobs import Keep, KeptJob

#: An edit with which so many processes have died is given up: it may be what kills them.
MOST_DEATHS = 5


@dataclass(frozen=True, slots=True)
class Accepted:
    """An edit that was accepted and charged for later, now or before: `joined` by a retry, `replayed` by its key."""

    edit_id: str
    rate: Rate | None
    joined: bool
    replayed: bool


class Start(Protocol):
    """Runs a planned edit as one of this process."""

    def __call__(
        self, planned: Planned, record: EditRecord, attempt: int, earlier: Sequence[KeptJob], keep: Keep | None, /
    ) -> Live:
        """Raises OVERLOADED when the line is full."""
        ...


class Later:
    """Accepts edits for later, and runs them."""

    def __init__(
        self,
        planning: Planning,
        ledger: Ledger,
        leases: Leases,
        outputs: Outputs,
        *,
        start: Start,
        told: Also | None,
    ) -> None:
        """`told` runs in the transaction that ends an edit."""
        self._planning = planning
        self._ledger = ledger
        self._leases = leases
        self._outputs = outputs
        self._start = start
        self._told = told

    async def accept(
        self,
        request: EditRequest,
        caller: Caller,
        route: str,
        *,
        keep: Callable[[EditRequest], Awaitable[None]],
        also: Also,
        attempt: int | None = None,
        idempotency_key: str | None = None,
        reserve: Reserve | None = None,
    ) -> Accepted:
        """Accept and charge an edit, or find the one that this request asks for again, as `Editing.begin` does.

        `keep` is given the request with its model and resolution settled and its pictures read, before it is charged:
        what `resume` is to be given. `also(connection, edit_id)` runs in the transaction that charges, so that what it
        adds (a job on a queue, a project's row) is there exactly if the charge is. Raises RetouchError for everything
        that can be known before an engine is called: nothing is charged then.
        """
        identity = await identify(route, request, attempt, idempotency_key)
        if before := await earlier(self._ledger, caller, identity):
            return _accepted(before)
        planned = await self._planning.plan(request, caller, reserve)
        admission = admission_of(planned, caller, identity, queued=True)
        await keep(replace(planned.request, model=planned.model.id))
        verdict = await self._ledger.admit(admission, also)
        if verdict.outcome not in {Outcome.ACCEPTED, Outcome.REPLAY, Outcome.JOINED}:
            raise refusal(verdict, admission.total)
        return _accepted(verdict)

    async def resume(
        self, started: Started, request: EditRequest, *, jobs: Sequence[KeptJob] = (), keep: Keep | None = None
    ) -> Live:
        """Run an edit that the ledger has started.

        `request` is what was accepted, pictures included. It is planned anew, because routes come and go; if it can no
        longer be done it is paid back, and the reason raised. `jobs` are those that providers have of it, `keep` keeps
        those to come. Raises OVERLOADED, with the edit put back, when the line is full.
        """
        record = await self._ledger.find(started.edit_id)
        assert record is not None, "the ledger has started it"  # noqa: S101
        try:
            if started.deaths >= MOST_DEATHS:
                raise RetouchError(Code.INTERNAL_SERVER_ERROR, INTERNAL, retryable=False)
            planned = await self._planning.plan(request, None, None)
        except BaseException as error:
            await asyncio.shield(self.give_up(started, error))
            raise
        try:
            return self._start(planned, record, started.attempt, jobs, keep)
        except BaseException:
            await asyncio.shield(self.put_back(started))
            raise

    async def put_back(self, started: Started) -> None:
        """Let an edit wait for another process."""
        self._leases.release(started.edit_id)
        await self._ledger.requeue(started.edit_id, started.attempt)

    async def give_up(self, started: Started, error: BaseException) -> None:
        """End an edit that cannot be run, and pay back; put it back if only this process stops."""
        if isinstance(error, asyncio.CancelledError):
            await self.put_back(started)
            return
        self._leases.release(started.edit_id)
        record = await self._ledger.find(started.edit_id)
        assert record is not None, "the ledger has started it"  # noqa: S101
        failure = known(error, 0)
        settlement = Settlement(
            edit_id=record.id,
            attempt=started.attempt,
            state=EditState.FAILED,
            made=0,
            due=record.images_asked,
            error=kept(failure),
            note=failure.code.value,
        )
        if await self._ledger.settle(settlement, self._told):
            await self._outputs.delete([output.key for output in record.outputs])

    async def cancel(self, record: EditRecord) -> bool:
        """End an edit that waits for its turn and pay back what is not made; False where it does not wait."""
        if record.state is not EditState.QUEUED:
            return False
        made = len(record.outputs)
        settlement = Settlement(
            edit_id=record.id,
            attempt=record.attempt,
            state=EditState.CANCELED,
            made=made,
            due=record.images_asked - made,
            outputs=record.outputs,
            note="canceled",
        )
        return await self._ledger.settle(settlement, self._told)


def _accepted(verdict: Verdict) -> Accepted:
    joined, replayed = verdict.outcome is Outcome.JOINED, verdict.outcome is Outcome.REPLAY
    return Accepted(verdict.edit_id or "", verdict.rate, joined, replayed)
