"""From accepted to settled: the images are made, kept and paid for, and only then told.

Whatever ends an edit, it is settled once: what the provider did not deliver is paid back (design.md, Money), and a
process that dies here leaves a lease that runs out, for the sweep to find.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from retouch.admission.ledger import Also, Ledger
from retouch.domain.engine import Partial, Usage
from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import EditState, Settlement
from retouch.domain.moderation import Moderator
from retouch.editing.events import Completed, Edit, EditEvent, Facts, FinalImage, PartialImage, RunningEdit
from retouch.editing.failures import kept, known
from retouch.editing.leases import Leases
from retouch.editing.outputs import Outputs, image_of, output_of
from retouch.editing.record import attempts_kept, left_behind, tell
from retouch.routing.plan import Plan

_log = logging.getLogger("retouch.edits")

#: Pauses between the tries to settle while the database is away, seconds; in all longer than a restart takes.
PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 8.0)


@dataclass(slots=True)
class _Done:
    """What there is of an edit so far. `given` are the images of which the client or we have got anything.

    `stored` are keys that nobody else knows of; `noted` those that another process may go on from.
    """

    finals: list[FinalImage] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    given: set[int] = field(default_factory=set)
    usage: Usage = field(default_factory=Usage)

    @property
    def ordered(self) -> list[FinalImage]:
        """The images in their order, whichever was finished first."""
        return sorted(self.finals, key=lambda final: final.index)


class Performing:
    """Runs accepted edits to their end. An edit may take `seconds` in all; a `moderator` may forbid it.

    `told` runs in the transaction that ends an edit which was accepted for later.
    """

    def __init__(
        self,
        ledger: Ledger,
        leases: Leases,
        outputs: Outputs,
        *,
        seconds: float,
        moderator: Moderator | None,
        told: Also | None,
    ) -> None:
        self._ledger = ledger
        self._leases = leases
        self._outputs = outputs
        self._seconds = seconds
        self._moderator = moderator
        self._told = told

    async def run(self, running: RunningEdit) -> None:
        """Make the images, settle, then tell of them. Raises what ended an edit that failed, after paying back."""
        edit, done = running.about, _done_before(running.about)
        self._leases.hold(edit.id, edit.attempt, running.task.cancel, partial(left_behind, edit))
        try:
            async with asyncio.timeout(max(0.0, edit.attempts.deadline - time.monotonic())):
                await self._make(edit, done, running.say)
        except BaseException as error:
            if edit.admission.queued and isinstance(error, asyncio.CancelledError) and not running.left:
                await asyncio.shield(self._put_back(edit, done))
                raise
            await asyncio.shield(self._give_up(edit, done, error, left=running.left))
            if isinstance(error, TimeoutError):
                raise known(error, self._seconds) from error
            raise
        finally:
            tell(edit)
        facts = await asyncio.shield(self._complete(edit, done))
        for final in done.ordered:
            running.say(final)
        running.say(Completed(facts))

    async def _make(self, edit: Edit, done: _Done, say: Callable[[EditEvent], None]) -> None:
        if self._moderator:
            await self._moderator.judge(edit.subject, edit.attempts.deadline)
        copies = edit.plan.copies
        numbers = range(edit.plan.images)
        missing = [index for index in numbers if not done.given.issuperset(range(index, index + copies))]
        async with aclosing(edit.attempts.run(missing)) as news:
            async for _, index, event, image in news:
                if isinstance(event, Usage):
                    done.usage += event
                    continue
                if any(final.index == index for final in done.finals):
                    continue
                if isinstance(event, Partial):
                    if image is not None:
                        done.given.update(range(index, index + copies))
                        say(PartialImage(index, event.step, image))
                    continue
                done.given.update(range(index, index + copies))
                if image is None:
                    done.given.difference_update(range(index, index + copies))
                    continue  # nothing could be made of it: this image is missing
                for copy in range(index, index + copies):
                    key = await self._outputs.put(edit, copy, image, done.stored)
                    # Kept now, and told as the base64 that it came as: the file is held in memory no longer.
                    told = replace(image, data=b"") if key and image.base64 is not None else image
                    done.finals.append(FinalImage(copy, told, key, event.revised_prompt))
                await self._note(edit, done)
        if not done.finals:
            raise _nothing_made(edit.plan)

    async def _note(self, edit: Edit, done: _Done) -> None:
        """Let another process go on from what is finished, if this one dies."""
        if not edit.admission.queued:
            return
        finished = [output_of(final) for final in done.finals if final.key]
        try:
            ours = await self._ledger.note(edit.id, edit.attempt, finished)
        except RetouchError as error:
            _log.warning("%s: what is finished could not be noted: %s", edit.id, error.message)
            return
        if ours:
            done.noted += done.stored
            done.stored.clear()

    async def _put_back(self, edit: Edit, done: _Done) -> None:
        """Let another process run an edit that this one stops."""
        self._leases.release(edit.id)
        try:
            await self._ledger.requeue(edit.id, edit.attempt, left_behind(edit))
        except RetouchError as error:
            # Its lease runs out.
            _log.warning("%s could not be put back: %s", edit.id, error.message)
        await self._outputs.delete(done.stored)

    async def _complete(self, edit: Edit, done: _Done) -> Facts:
        admission, made = edit.admission, len(done.finals)
        due = admission.images - made
        facts = edit.facts(charged=admission.total - due * admission.price, usage=done.usage)
        await self._settle(edit, done, EditState.COMPLETE, made=made, due=due, facts=facts)
        return facts

    async def _give_up(self, edit: Edit, done: _Done, error: BaseException, *, left: bool) -> None:
        """Settle an edit that failed, or whose client `left`: then what was given is not paid back."""
        images = edit.admission.images
        left = left and isinstance(error, asyncio.CancelledError)
        due = images - len(done.given) if left else images
        left = left or (edit.attempts.withdrawn.is_set() and not done.given)
        state = EditState.CANCELED if left else EditState.FAILED
        if due == images:
            done.finals.clear()
        failure = None if left else known(error, self._seconds)
        try:
            await self._settle(edit, done, state, made=len(done.finals), due=due, facts=None, failure=failure)
        except RetouchError as unsettled:
            # The client is told of its own error; the sweep will pay back.
            _log.warning("%s: %s", edit.id, unsettled.message)
            return
        if not done.finals:
            await self._outputs.delete([*done.stored, *done.noted])

    async def _settle(
        self,
        edit: Edit,
        done: _Done,
        state: EditState,
        *,
        made: int,
        due: int,
        facts: Facts | None,
        failure: RetouchError | None = None,
    ) -> None:
        """Write the end down. Raises OVERLOADED when another has ended the edit, or the database stays away."""
        # A renewal that comes after the end would look like a lost lease.
        self._leases.release(edit.id)
        tried, cost = attempts_kept(edit)
        settlement = Settlement(
            edit_id=edit.id,
            attempt=edit.attempt,
            state=state,
            made=made,
            due=due,
            outputs=[output_of(final) for final in done.ordered if final.key],
            attempts=tried,
            cost=cost,
            answer=None if facts is None else facts.kept(),
            error=None if failure is None else kept(failure),
            note="" if failure is None else failure.code.value,
        )
        if not await self._written(settlement, self._told if edit.admission.queued else None):
            await self._outputs.delete(done.stored)
            message = "The edit was given up while it ran, and paid back. Please try again."
            raise RetouchError(Code.OVERLOADED, message, retry_after=1)

    async def _written(self, settlement: Settlement, also: Also | None) -> bool:
        for number, pause in enumerate((*PAUSES, None)):
            try:
                if await self._ledger.settle(settlement, also):
                    return True
                # An earlier try may have been written although its answer was lost.
                return number > 0 and await self._is_ours(settlement)
            except RetouchError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def _is_ours(self, settlement: Settlement) -> bool:
        found = await self._ledger.find(settlement.edit_id)
        return found is not None and (found.state, found.attempt) == (settlement.state, settlement.attempt)


def _done_before(edit: Edit) -> _Done:
    """What another process had finished."""
    finals = [image_of(output) for output in edit.earlier]
    return _Done(finals, noted=[output.key for output in edit.earlier], given={output.index for output in edit.earlier})


def _nothing_made(plan: Plan) -> RetouchError:
    if plan.cut_out:
        message = f"{plan.model.id} draws no transparency, and the backdrop that it drew is not plain enough to remove"
        return RetouchError(Code.UPSTREAM_ERROR, message, param="background")
    return RetouchError(Code.UPSTREAM_ERROR, "The model returned no image. Please try again.")
