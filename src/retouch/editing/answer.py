"""An edit as its answer is given: from the work under way here, or from what was kept of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from retouch.admission.ledger import Ledger
from retouch.domain.errors import Code, RetouchError
from retouch.domain.ledger import EditRecord, EditState, Rate
from retouch.editing.events import Completed, EditEvent, Facts, RunningEdit
from retouch.editing.failures import again
from retouch.editing.leases import Leases
from retouch.editing.outputs import Outputs

#: The pauses between looks at an edit that runs in another process, seconds: they double from one to the other.
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0


class Answer(Protocol):
    """What is told of an edit, however it came to be; `joined` by a retry, `replayed` by its idempotency key."""

    @property
    def joined(self) -> bool: ...
    @property
    def replayed(self) -> bool: ...
    @property
    def rate(self) -> Rate | None: ...

    @property
    def facts(self) -> Facts:
        """What is known now; the Completed event has the rest."""
        ...

    def events(self, *, bytes_too: bool) -> AsyncIterator[EditEvent]:
        """What happens, from the beginning; raises what ended it. Images may lack their bytes unless `bytes_too`."""
        ...

    def when_ended(self, call: Callable[[], object]) -> None:
        """Call once nothing that the request brought is held in memory for this edit any more."""
        ...

    async def leave(self) -> None:
        """The client has gone."""
        ...

    def delivered(self) -> None:
        """The client has got all of it."""
        ...


@dataclass(frozen=True)
class Live:
    """An edit that runs in this process."""

    running: RunningEdit
    leases: Leases
    joined: bool = False
    replayed: bool = False
    rate: Rate | None = None

    @property
    def facts(self) -> Facts:
        """What is known now."""
        return self.running.about.facts()

    def events(self, *, bytes_too: bool = True) -> AsyncIterator[EditEvent]:
        """What happens; bytes are always there."""
        del bytes_too
        return self.running.listen()

    def when_ended(self, call: Callable[[], object]) -> None:
        """Call at the edit's end, whatever that is."""
        self.running.task.add_done_callback(lambda _: call())

    async def leave(self) -> None:
        """Stops the work, unless it runs on."""
        await self.running.leave()

    def delivered(self) -> None:
        """No retry joins it any more."""
        self.leases.delivered(self.running.about.id)


@dataclass(frozen=True)
class Stored:
    """An edit that was settled, or runs in another process: waited for, then read from the store."""

    record: EditRecord
    ledger: Ledger
    outputs: Outputs
    leases: Leases
    seconds: float
    joined: bool = False
    replayed: bool = False
    rate: Rate | None = None

    @property
    def facts(self) -> Facts:
        """What was known when the edit was looked up."""
        return _facts(self.record)

    async def events(self, *, bytes_too: bool = True) -> AsyncIterator[EditEvent]:
        """The final images, once they are there."""
        record = await self._ended()
        if record.error is not None:
            raise again(record.error)
        if record.state is EditState.CANCELED:
            message = "The edit was stopped because its client had left. Please try again."
            raise RetouchError(Code.OVERLOADED, message, retry_after=1)
        for image in await self.outputs.read(record, bytes_too=bytes_too):
            yield image
        yield Completed(_facts(record))

    async def _ended(self) -> EditRecord:
        if self.record.state.final:
            return self.record
        deadline, pause = time.monotonic() + self.seconds, FIRST_PAUSE
        while time.monotonic() < deadline:
            state = await self.ledger.state(self.record.id)
            if (state is None or state.final) and (found := await self.ledger.find(self.record.id)):
                return found
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise RetouchError(Code.UPSTREAM_TIMEOUT, f"The edit took longer than {self.seconds:.0f} s", retryable=False)

    def when_ended(self, call: Callable[[], object]) -> None:
        """Call now: its pictures are elsewhere, and those of this request are not needed."""
        call()

    async def leave(self) -> None:
        """It runs on for whoever has it."""

    def delivered(self) -> None:
        """No retry joins it any more."""
        self.leases.delivered(self.record.id)


def _facts(record: EditRecord) -> Facts:
    return Facts.of(record.answer, record.charged - record.refunded)
