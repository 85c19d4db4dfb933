"""What runs beside requests, in the server's processes and in those of `retouch worker`: paying back what was
abandoned, and the jobs of the queue, projects above all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from retouch.domain.errors import DatabaseAway
from retouch.projects import Runner, Tidying
from retouch.stores.ledger import Ledger
from retouch.stores.objects import Objects
from retouch.stores.outage import Outage
from retouch.stores.queue import CHORES, EDITS, TICKET, Queue, Task

_log = logging.getLogger("retouch.worker")

#: Jobs at a time that are not edits.
CHORES_AT_A_TIME = 4
#: Seconds before another try after the database went away, and between looks for what the dead have left.
PAUSE, WATCH_SECONDS = 0.5, 2.0


async def refund_abandoned(ledger: Ledger, objects: Objects, *, every_seconds: float = 5) -> None:
    """Pay back the edits of processes that have died, and forget old idempotency keys, until cancelled.

    Every process does; each edit is paid back once.
    """
    while True:
        try:
            for edit_id, day in await ledger.refund_abandoned():
                _log.warning("%s was abandoned by its process, and is paid back", edit_id)
                async for left in objects.list(f"outputs/{day.isoformat()}/{edit_id}"):
                    await objects.delete(left.key)
            await ledger.forget_idempotency()
        except DatabaseAway:
            pass  # the log was told where it was noticed; what is due is paid back once it answers
        except Exception:
            _log.exception("abandoned edits could not be paid back; trying again in %.0f s", every_seconds)
        await asyncio.sleep(every_seconds)


class Worker:
    """Runs the jobs of the queue in this process, whatever happens to the database meanwhile.

    Of several processes each takes what it has places for; what one leaves behind when it dies, the others take up.
    """

    def __init__(self, queue: Queue, runner: Runner, tidying: Tidying, *, places: int) -> None:
        self._queue = queue
        self._runner = runner
        self._places = places
        self._outage = Outage("the queue", _log)
        queue.task(TICKET, runner.run_next)
        queue.task("tidy", tidying.tidy, tries=8)
        queue.task("expire", _periodic(tidying.expire), cron="*/10 * * * *")

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                async with self._queue.open(), asyncio.TaskGroup() as group:
                    group.create_task(self._line(EDITS, self._places))
                    group.create_task(self._line(CHORES, CHORES_AT_A_TIME))
                    group.create_task(self._watch())
            except Exception as error:
                # The database has gone away, most likely: what runs goes on, and is settled when it is back.
                self._outage.lost(error)
            await asyncio.sleep(PAUSE)

    async def _line(self, line: str, jobs: int) -> None:
        await self._queue.run(line, jobs)
        raise ConnectionError(f"the line {line} has ended")  # it ends by itself only when something is wrong

    async def _watch(self) -> None:
        while True:
            await self._queue.watch()
            self._outage.back()
            await asyncio.sleep(WATCH_SECONDS)


def _periodic(do: Callable[[], Awaitable[None]]) -> Task:
    async def job(timestamp: int) -> None:
        del timestamp
        await do()

    return job
